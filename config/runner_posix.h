#pragma once
// Local programs by posix_spawn (which is vfork underneath: starting one costs the same however
// large the agent is), watched through pidfds. One thread.

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/runner.h"
#include "config/daemon.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan {

class PosixRunner final : public Runner {
 public:
  /// Sets SIGCHLD to its default, since a parent may have left it ignored and exit codes would then
  /// be lost. Fails with kIo.
  static Result<std::unique_ptr<PosixRunner>> open();

  /// The program gets /dev/null as its input, one pipe for stdout and stderr, no other descriptor
  /// of ours, the default signal handling, and its folder and environment from `command`. Its time
  /// counts from the last drain(). Programs that it leaves behind in the background live on, and
  /// may go on writing into the pipe, but what they write after its end is not kept.
  void start(RunId run, const Command& command) override;

  /// Sends TERM to every group, waits up to kKillGrace, then KILL. Blocks. The exits are lost.
  void stop_all() override;

  /// Readable when drain() has something to do. Owned by the runner.
  int fd() const { return events_.get(); }

  /// Reads output, enforces timeouts at time `now`, and returns what ended, each run once. Never
  /// blocks; what it reads of one program in one call is bounded.
  std::vector<Exit> drain(Steady now);

  /// When drain() must be called even if fd() is not readable; Steady::max() if never.
  Steady next_deadline() const;

 private:
  struct Child {
    RunId run = 0;
    pid_t pid = 0;       ///< also the id of its process group
    Descriptor process;  ///< pidfd; closed once it has ended and only its pipe is still read
    Descriptor output;
    std::size_t output_limit = 0;
    std::string kept;
    bool truncated = false;
    std::optional<Micros> timeout;    ///< until its deadline is known
    Steady deadline = Steady::max();  ///< of TERM, then of KILL
    bool timed_out = false;
  };
  using Children = std::map<std::uint64_t, Child>;

  explicit PosixRunner(Descriptor events) : events_(std::move(events)) {}
  Status try_start(RunId run, const Command& command);
  Status watch(int fd, std::uint64_t key, bool is_output);
  void handle_events(int timeout_ms);
  void read_output(std::uint64_t key);
  void finish(std::uint64_t key);
  void enforce(Child& child, Steady now);
  void limit_left_behind(std::uint64_t newest);

  Descriptor events_;  ///< epoll
  Children children_;  ///< by their number, which is never used again
  std::uint64_t last_key_ = 0;
  std::deque<std::uint64_t> left_behind_;  ///< ended, but somebody still holds the pipe
  std::optional<Steady> last_drain_;
  std::vector<Exit> ended_;
};

}  // namespace yizhan
