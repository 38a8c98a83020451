#pragma once
// Where messages and history data meet. What people ask and answer about a project becomes part of
// its history; what contradicts in history becomes a question to whoever lost, and the reply
// resolves it; what changes in history is a data state for the rules.

#include <optional>
#include <set>
#include <string>

#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/history.h"
#include "broker/instructions.h"
#include "broker/step.h"
#include "config/result.h"
#include "store/server_store.h"

namespace yizhan::broker {

/// How long an answer waits for its question before it becomes part of history without it.
inline constexpr Micros kHeldAnswers = std::chrono::hours{24 * 30};
/// Of those that have waited so long, so many at once.
inline constexpr int kReleasedAtOnce = 100;

class Collaboration final : public SettledListener {
 public:
  Collaboration(store::ServerStore& store, Directory& directory, Delivery& delivery,
                Instructions& instructions, History& history, const std::string& language)
      : store_(store),
        directory_(directory),
        delivery_(delivery),
        instructions_(instructions),
        history_(history),
        chinese_(language.starts_with("zh")) {}

  // -- history to messages
  bool wants(wire::RecordKind kind) const override;
  Status on_settled(Step& step, const Settled& settled) override;

  // -- messages to history. `message` is stored and checked, its body in `body`. An item becomes
  // part of its project's threads; participants who may not read those, and those of messages that
  // are of no project, have it in a slice of their own. An answer to what has not come yet is held.
  Status on_message(Step& step, const store::Client& sender, const wire::Message& message,
                    const std::string& body);
  /// Answers that have waited for kHeldAnswers become part of history as they are. True if more
  /// wait.
  Result<bool> release_old(Step& step);

 private:
  Status tell(Step& step, const Settled& settled);
  Status tell_rules(Step& step, const Settled& settled);
  Status keep_item(Step& step, const store::Client& sender, const wire::Message& message,
                   const wire::Body& body);
  Status keep_for_participants(Step& step, const store::Client& sender,
                               const wire::Message& message, const std::string& slice,
                               const wire::Record& record);
  Result<wire::Record> item_of(const store::Client& sender, const wire::Message& message,
                               const wire::Body& body);
  Result<std::optional<store::StoredRecord>> item_before(const store::Client& sender,
                                                         const std::string& id);
  Status write_item(Step& step, const store::Client& sender, const std::string& slice,
                    const wire::Record& record);
  Result<bool> is_early(const wire::Message& message);
  Status release(Step& step, const store::HeldAnswer& answer);
  Status release_for(Step& step, const std::string& question);
  Status keep_operation(Step& step, const store::Client& sender, const wire::Message& message,
                        const wire::Body& body);
  Status resolve(Step& step, const store::Client& sender, const wire::Message& reply,
                 const wire::Body& body);
  Status dispute(Step& step, const store::Client& sender, const wire::Body& challenge);
  Result<std::string> threads_of(const store::Client& sender, const wire::Message& message,
                                 const wire::Body& body);

  store::ServerStore& store_;
  Directory& directory_;
  Delivery& delivery_;
  Instructions& instructions_;
  History& history_;
  const bool chinese_;
};

/// The client as an author of history data.
Author author_of(const store::Client& client);

}  // namespace yizhan::broker
