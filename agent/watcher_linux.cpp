#include "agent/watcher_linux.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <utility>

namespace yizhan::agent {

namespace {

/// A file is there when its last writer closed it or it was renamed here. A hard link, and a file
/// made without a name, give IN_CREATE only.
constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF;

/// One read, and how many of them in one drain: a flood of events must not stop the loop.
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsInOneDrain = 16;

/// File systems where others change files behind this machine's back: no event tells of that.
struct SilentFileSystem {
  std::uint32_t magic;
  const char* name;
};
constexpr std::array<SilentFileSystem, 10> kSilent = {{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFE534D42, "SMB"},
    {0xFF534D42, "CIFS"},
    {0x65735546, "FUSE"},
    {0x01021997, "9p"},
    {0x5346414F, "AFS"},
    {0x73757245, "Coda"},
    {0x00C36400, "Ceph"},
    {0x786F4256, "a VirtualBox shared folder"},
}};

std::string why_silent(const std::string& path) {
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return {};
  const auto magic = static_cast<std::uint32_t>(status.f_type);
  for (const SilentFileSystem& one : kSilent) {
    if (one.magic == magic) {
      return std::string("it is on ") + one.name +
             ", which does not tell of changes made elsewhere";
    }
  }
  return {};
}

std::string why_not_watched(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return "the folder is not there";
    case ENOSPC:
      return "the limit of watches is reached (sysctl fs.inotify.max_user_watches)";
    case EACCES:
      return "the folder may not be read";
    default:
      return std::string("inotify: ") + std::strerror(number);
  }
}

Status add_to(const Descriptor& events, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(events.get(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return Error{Code::kIo, std::string("watch folders: epoll: ") + std::strerror(errno)};
}

}  // namespace

/// Changed names in the order of their first event, each once a watch.
class Watcher::Names {
 public:
  void add(std::size_t watch, std::string_view name) {
    if (known_.emplace(watch, name).second) ordered_.emplace_back(watch, name);
  }
  const std::vector<std::pair<std::size_t, std::string>>& all() const { return ordered_; }

 private:
  std::set<std::pair<std::size_t, std::string>> known_;
  std::vector<std::pair<std::size_t, std::string>> ordered_;
};

Result<Watcher> Watcher::open(Micros poll_interval) {
  Descriptor events(::epoll_create1(EPOLL_CLOEXEC));
  Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!events.open() || !timer.open()) {
    return Error{Code::kIo, std::string("watch folders: ") + std::strerror(errno)};
  }
  Descriptor inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  TRY(add_to(events, timer.get()));
  if (inotify.open()) TRY(add_to(events, inotify.get()));
  return Watcher(std::move(events), std::move(inotify), std::move(timer), poll_interval);
}

Status Watcher::add(const std::string& name, const std::string& path) {
  for (const Watch& watch : watches_) {
    if (watch.name == name) {
      return Error{Code::kConflict, "watch " + name + ": there is a watch of that name already"};
    }
  }
  watches_.push_back({name, path, -1, {}, false, false});
  arm(watches_.back());
  set_timer();
  return {};
}

void Watcher::arm(Watch& watch) {
  if (!inotify_.open()) {
    watch.polling =
        "the limit of inotify instances is reached (sysctl "
        "fs.inotify.max_user_instances)";
    return;
  }
  watch.number =
      ::inotify_add_watch(inotify_.get(), watch.path.c_str(), kChanges | kFolderGone | IN_ONLYDIR);
  watch.missing = watch.number < 0 && (errno == ENOENT || errno == ENOTDIR);
  watch.polling = watch.number < 0 ? why_not_watched(errno) : why_silent(watch.path);
}

void Watcher::disarm(Watch& watch) {
  const int number = std::exchange(watch.number, -1);
  if (number < 0) return;
  const bool shared = std::any_of(watches_.begin(), watches_.end(),
                                  [&](const Watch& other) { return other.number == number; });
  if (!shared) ::inotify_rm_watch(inotify_.get(), number);
}

void Watcher::set_timer() {
  const bool needed = std::any_of(watches_.begin(), watches_.end(),
                                  [](const Watch& watch) { return !watch.polling.empty(); });
  if (needed == timer_runs_) return;
  timer_runs_ = needed;
  itimerspec when{};
  if (needed) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(poll_interval_);
    when.it_interval.tv_sec = seconds.count();
    when.it_interval.tv_nsec = std::chrono::nanoseconds(poll_interval_ - seconds).count();
    when.it_value = when.it_interval;
  }
  ::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

std::vector<FolderHint> Watcher::drain() {
  Names names;
  if (inotify_.open()) read_events(names);
  std::uint64_t ticks = 0;
  if (::read(timer_.get(), &ticks, sizeof ticks) == sizeof ticks) tick();
  set_timer();
  std::vector<FolderHint> hints;
  for (const auto& [index, name] : names.all()) {
    if (!watches_[index].rescan) hints.push_back({watches_[index].name, name});
  }
  for (Watch& watch : watches_) {
    if (std::exchange(watch.rescan, false)) hints.push_back({watch.name, {}});
  }
  return hints;
}

void Watcher::read_events(Names& names) {
  alignas(inotify_event) std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsInOneDrain; ++i) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    const auto size = static_cast<std::size_t>(got);
    for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      take_event(event.wd, event.mask, {name, ::strnlen(name, event.len)}, names);
      at += sizeof event + event.len;
    }
  }
}

void Watcher::take_event(int number, unsigned mask, std::string_view file, Names& names) {
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    Watch& watch = watches_[i];
    if ((mask & IN_Q_OVERFLOW) != 0) {
      watch.rescan = true;
    } else if (watch.number == number && (mask & (kFolderGone | IN_IGNORED)) != 0) {
      // Perhaps something else has its name by now; if not, the timer goes on looking.
      disarm(watch);
      arm(watch);
      watch.rescan = true;
    } else if (watch.number == number && !file.empty() && file.front() != '.') {
      names.add(i, file);
    }
  }
}

void Watcher::tick() {
  for (Watch& watch : watches_) {
    if (watch.polling.empty()) continue;
    if (watch.number < 0) arm(watch);
    watch.rescan = watch.rescan || !watch.missing;
  }
}

std::string Watcher::mode(std::string_view name) const {
  for (const Watch& watch : watches_) {
    if (watch.name == name) return watch.polling.empty() ? "events" : "polling: " + watch.polling;
  }
  return {};
}

}  // namespace yizhan::agent
