#pragma once
// The broker's only loop: waits, reads the clock, lets the core take one step, and says what the
// step returned. One thread.

#include <functional>
#include <vector>

#include "broker/core.h"
#include "broker/http_server_beast.h"
#include "broker/router_zmq.h"
#include "broker/webhook_beast.h"
#include "config/daemon.h"
#include "config/result.h"
#include "config/runner_posix.h"

namespace yizhan::broker {

/// What one step takes at most: enough that one commit serves many frames, little enough that the
/// answers of the first do not wait long for the last.
inline constexpr std::size_t kStepFrames = 1'024;
inline constexpr std::size_t kStepBytes = 4 * 1024 * 1024;

class Loop {
 public:
  /// All of these outlive the loop.
  struct Parts {
    Core& core;
    Router& router;
    PosixRunner& runner;
    HttpServer* http;  ///< null: not served
    WebhookClient& webhooks;
    Signals& signals;
    WakeTimer& timer;
    Supervisor& supervisor;
    std::function<void()> reopen_log;
  };
  explicit Loop(Parts parts) : parts_(std::move(parts)) {}

  /// Runs until a signal says stop. Fails when the core's store fails: nothing of that step was
  /// said, and only a new process may go on, from what is on disk.
  Status run();

 private:
  Steady wait_until(Now last) const;
  Status step(Now now);
  void gather(Now now);
  void perform(std::vector<Output> outputs, Now now);
  void perform_one(Output& output, Now now);

  Parts parts_;
  std::vector<Input> inputs_;
};

}  // namespace yizhan::broker
