#pragma once
// The agent's only loop: waits, reads the clock, lets the core take one step, and does what the
// step returned. One thread.

#include <functional>
#include <vector>

#include "agent/broker_link_zmq.h"
#include "agent/control_socket.h"
#include "agent/core.h"
#include "config/runner_posix.h"
#include "agent/watcher_linux.h"
#include "config/daemon.h"
#include "config/result.h"

namespace yizhan::agent {

/// What one step takes at most.
inline constexpr std::size_t kStepFrames = 1'024;
inline constexpr std::size_t kStepBytes = 4 * 1024 * 1024;

class Loop {
 public:
  /// All of these outlive the loop.
  struct Parts {
    Core& core;
    BrokerLink& link;
    ControlSocket& control;
    Watcher& watcher;
    PosixRunner& runner;
    Signals& signals;
    WakeTimer& timer;
    Supervisor& supervisor;
    std::function<void()> reopen_log;
  };
  explicit Loop(Parts parts) : parts_(std::move(parts)) {}

  /// Runs until a signal says stop. Fails when the core's store or disk fails: nothing of that step
  /// was said, and only a new process may go on, from what is on disk.
  Status run();

 private:
  Status wait(Now last);
  Steady wait_until(Now last) const;
  void gather(Now now);
  void perform(std::vector<Output> outputs, Now now);
  void perform_one(Output& output, Now now);

  Parts parts_;
  std::vector<Input> inputs_;  ///< of the next step
};

}  // namespace yizhan::agent
