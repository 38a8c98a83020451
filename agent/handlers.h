#pragma once
// Local programs for delivered messages. Started at most once per message: the start is committed
// before the program is; what the agent's death interrupts is said, and never rerun silently.

#include <deque>
#include <map>
#include <string>

#include "agent/context.h"
#include "config/runner.h"
#include "config/ids.h"
#include "config/options.h"
#include "config/result.h"
#include "store/client_store.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

class Handlers {
 public:
  explicit Handlers(Context& context) : context_(context) {}

  /// At start-up: what ran when the last agent ended is `interrupted`, what waited waits again.
  Status recover();

  /// A message is complete: writes its files and chooses and starts its handler. Fills in state,
  /// handler, file and reason of `row`, which the caller then stores in the same transaction. The
  /// program itself starts after the commit.
  Status take(store::Incoming& row, const wire::Message& message);

  /// A program ended. An unknown run is ignored.
  Status on_exit(const Exit& exit);

  /// Starts what waited for a free place.
  Status start_waiting();

  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  Status start(store::Incoming& row, const wire::Message& message, const wire::Body& body,
               const HandlerOptions& handler);
  void make_project(const wire::Message& message, const wire::Body& body);
  Status fail(store::Incoming& row, const wire::Message& message, const std::string& reason);
  Status interrupt(store::Incoming& row);
  Status go_on(store::Incoming& row, const wire::Message& message, const Details& more);

  Context& context_;
  std::map<RunId, MessageId> running_;
  std::deque<MessageId> waiting_;  // in kReady with a handler chosen, oldest first
  RunId last_run_ = 0;
};

}  // namespace yizhan::agent
