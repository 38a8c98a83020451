#pragma once
// The seam to local programs, of the agent's handlers and the broker's rules. A core starts one
// only after the step that recorded the start has been committed. Real: runner_posix.cpp; the
// cores' tests and the simulator play it.

#include <cstdint>
#include <string>
#include <vector>

#include "config/time.h"

namespace yizhan {

/// A program to start, already expanded and allowed. There is no shell anywhere.
struct Command {
  std::vector<std::string> argv;  ///< argv[0] is an absolute path
  std::vector<std::string> environment;  ///< "NAME=value"; all the child gets
  std::string folder;             ///< its working directory
  Micros timeout{};  ///< then TERM, after kKillGrace KILL, to its process group; 0: never
  std::size_t output_limit = 0;   ///< the last so many bytes of stdout and stderr are kept
};

using RunId = std::int64_t;  ///< chosen by the core

struct Exit {
  RunId run = 0;
  int status = 0;         ///< exit code; 128 + n when ended by signal n
  bool timed_out = false;
  std::string output;     ///< stdout and stderr, interleaved, its last output_limit bytes
  bool truncated = false; ///< more was written than kept
  std::string error;      ///< not empty: it could not be started, and why
};

class Runner {
 public:
  virtual ~Runner() = default;
  /// Starts `command` in a process group of its own. Never fails here: whatever happens, exactly
  /// one Exit with this id is delivered later, unless the daemon itself dies first.
  virtual void start(RunId run, const Command& command) = 0;
  /// Ends everything that still runs (the daemon stops).
  virtual void stop_all() = 0;
};

inline constexpr Micros kKillGrace = std::chrono::seconds(5);

}  // namespace yizhan
