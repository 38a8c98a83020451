#pragma once
// Starting one program, without waiting for it. Inside of agent/runner_posix and agent/desktop.

#include <sys/types.h>

#include "config/runner.h"
#include "config/daemon.h"
#include "config/result.h"

namespace yizhan {

struct Spawned {
  pid_t pid = 0;      ///< to be waited for by the caller; leader of a process group of its own
  Descriptor output;  ///< stdout and stderr; reading does not block
};

/// See Runner and PosixRunner::start(); timeout and output_limit are the caller's business.
/// kNotFound, kDenied, kUnavailable or kIo, naming the program.
Result<Spawned> spawn(const Command& command);

}  // namespace yizhan
