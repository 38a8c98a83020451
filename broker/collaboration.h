#pragma once
// Where messages and history data meet. What people ask and answer about a project becomes part of
// its history; what contradicts in history becomes a question to whoever lost, and the reply
// resolves it; what changes in history is a data state for the rules.

#include <string>

#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/history.h"
#include "broker/instructions.h"
#include "broker/step.h"
#include "config/result.h"
#include "store/server_store.h"

namespace yizhan::broker {

class Collaboration final : public SettledListener {
 public:
  Collaboration(store::ServerStore& store, Directory& directory, Delivery& delivery,
                Instructions& instructions, History& history, std::string language)
      : store_(store),
        directory_(directory),
        delivery_(delivery),
        instructions_(instructions),
        history_(history),
        chinese_(language.starts_with("zh")) {}

  // -- history to messages
  bool wants(wire::RecordKind kind) const override;
  Status on_settled(Step& step, const Settled& settled) override;

  // -- messages to history. `message` is stored and checked, its body in `body`.
  Status on_message(Step& step, const store::Client& sender, const wire::Message& message,
                    const std::string& body);

 private:
  Status tell(Step& step, const Settled& settled);
  Status tell_rules(Step& step, const Settled& settled);
  Status keep_item(Step& step, const store::Client& sender, const wire::Message& message,
                   const wire::Body& body);
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

/// "CLIENT/PROJECT" of a message's [project]; empty if it names no project.
std::string project_path(const wire::Body& body);

}  // namespace yizhan::broker
