#pragma once
// What rules do with history: terms that were decided in a message and the units that a decision
// touches (upsert_terms, find_affected), answers that were given before (answer_if_known,
// known_answers.cpp), and who may see a project (share_project, shared_projects.cpp).

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/commands.h"
#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/history.h"
#include "config/result.h"
#include "store/server_store.h"

namespace yizhan::broker {

/// Units of one language pair of a project that one command looks at.
inline constexpr int kMaxAffected = 500;

/// Questions and replies of one client that one command looks through, the oldest first.
inline constexpr int kMaxItemsLookedAt = 5000;

class Terms final : public TermDesk {
 public:
  Terms(store::ServerStore& store, Directory& directory, Delivery& delivery, History& history)
      : store_(store), directory_(directory), delivery_(delivery), history_(history) {}

  Result<std::string> upsert(Step& step, const Subject& subject) override;
  Result<std::string> find_affected(Step& step, const Subject& subject,
                                    const Order& order) override;
  Result<std::string> answer_if_known(Step& step, const Subject& subject,
                                      const Order& order) override;
  Result<std::string> share_project(Step& step, const Subject& subject,
                                    const std::vector<store::ClientId>& with,
                                    store::Access access) override;

 private:
  struct Decision {
    std::string source;
    std::string target;
    std::string status;
    std::string note;
    std::string source_ref;
    std::string domain;
  };
  struct Decided {
    std::string project;  ///< path of the slices
    std::string source_lang;
    std::string target_lang;
    std::vector<Decision> terms;
  };
  Result<Decided> read(const Subject& subject);
  Status read_languages(const Subject& subject, const wire::Body& body, Decided* decided);
  Status write(Step& step, const Decided& decided, const Decision& decision,
               const Author& author);
  Status tell(Step& step, const Subject& subject, const Order& order, const std::string& owner,
              const std::string& text);
  Status post(Step& step, wire::Message message, const wire::Body& body, const Order& order);
  /// A question as it is compared.
  struct Asked {
    MessageId id;
    std::string key;
    std::string text;  ///< its words, as keys compare them
  };
  struct Answer {
    std::string question;  ///< id of the message that it answered
    std::string asked;     ///< in these words
    std::string text;
    std::string by;
    std::string at;
    int weight = 0;
  };
  Status look_for_answer(const store::Slice& slice, const Asked& asked, int* left,
                         std::optional<Answer>* best);
  Status give_answer(Step& step, const Subject& subject, const Order& order, const Answer& answer);

  store::ServerStore& store_;
  Directory& directory_;
  Delivery& delivery_;
  History& history_;
};

}  // namespace yizhan::broker
