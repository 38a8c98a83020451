#pragma once
// Hints that a watched folder changed, from inotify where it works and by the clock where it does
// not: a file system that tells nothing, a limit of the kernel, a folder that is not there (yet).
// Hints only: the core's rescans find everything without any. One thread.

#include <string>
#include <string_view>
#include <vector>

#include "agent/core.h"
#include "config/daemon.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::agent {

class Watcher {
 public:
  /// How often folders without events are hinted at, and folders that are gone looked for.
  static constexpr Micros kPollInterval = std::chrono::seconds(2);

  /// Fails with kIo or kUnavailable if the kernel gives no descriptors. A kernel without inotify
  /// instances left is no failure: every folder is polled then.
  static Result<Watcher> open(Micros poll_interval = kPollInterval);

  /// Watches `path` under `name`. A folder that cannot be watched, or is not there, is polled and
  /// tried again. kConflict if the name is taken. Two names may watch one folder.
  Status add(const std::string& name, const std::string& path);

  /// Readable when drain() has something to return. Owned by the watcher.
  int fd() const { return events_.get(); }

  /// What changed since the last call, each name once; never blocks, and reads a bounded number of
  /// events. Of a folder that changed in a way that names cannot tell (too many events, it was
  /// replaced, it is polled), one hint without name. Hidden names are left out.
  std::vector<FolderHint> drain();

  /// How `name` is watched, for people: "events" or "polling: WHY"; empty for an unknown name.
  std::string mode(std::string_view name) const;

 private:
  struct Watch {
    std::string name;
    std::string path;
    int number = -1;       ///< inotify's; -1: none
    std::string polling;   ///< why it is polled; empty: it is not
    bool missing = false;  ///< the folder is not there: nothing to look at
    bool rescan = false;   ///< to be hinted at as a whole
  };
  class Names;

  Watcher(Descriptor events, Descriptor inotify, Descriptor timer, Micros poll_interval)
      : events_(std::move(events)),
        inotify_(std::move(inotify)),
        timer_(std::move(timer)),
        poll_interval_(poll_interval) {}
  void arm(Watch& watch);
  void disarm(Watch& watch);
  void set_timer();
  void read_events(Names& names);
  void take_event(int number, unsigned mask, std::string_view file, Names& names);
  void tick();

  Descriptor events_;   ///< epoll: the two below
  Descriptor inotify_;  ///< not open if the kernel has no instance left
  Descriptor timer_;    ///< runs while any watch is polled
  Micros poll_interval_;
  bool timer_runs_ = false;
  std::vector<Watch> watches_;
};

}  // namespace yizhan::agent
