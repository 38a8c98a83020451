#include "config/runner_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot it in this header
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "config/spawn_posix.h"

namespace yizhan {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsInOneDrain = 8;
/// Programs that ended but whose pipe a program in the background still holds. The oldest pipes are
/// closed then; writing into one of those ends such a program or gives it an error.
constexpr std::size_t kMostLeftBehind = 64;

int exit_status(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

/// Keeps the last `limit` bytes of `kept` + `more`. Trims only when twice that is there, so that a
/// flood costs little.
void keep_tail(std::string& kept, std::string_view more, std::size_t limit, bool& truncated) {
  if (kept.size() + more.size() > limit) truncated = true;
  if (more.size() >= limit) {
    kept.assign(more.substr(more.size() - limit));
    return;
  }
  kept += more;
  if (kept.size() > 2 * limit) kept.erase(0, kept.size() - limit);
}

}  // namespace

Result<std::unique_ptr<PosixRunner>> PosixRunner::open() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  Descriptor events(::epoll_create1(EPOLL_CLOEXEC));
  if (!events.open() || ::sigaction(SIGCHLD, &action, nullptr) != 0) {
    return Error{Code::kIo, std::string("prepare to start programs: ") + std::strerror(errno)};
  }
  return std::unique_ptr<PosixRunner>(new PosixRunner(std::move(events)));
}

void PosixRunner::start(RunId run, const Command& command) {
  const Status started = try_start(run, command);
  if (started.ok()) return;
  Exit exit;
  exit.run = run;
  exit.status = 127;  // what a shell says of a program that it cannot start
  exit.error = started.error().message;
  ended_.push_back(std::move(exit));
}

Status PosixRunner::try_start(RunId run, const Command& command) {
  Child child;
  child.run = run;
  child.output_limit = command.output_limit;
  TRY_ASSIGN(Spawned spawned, spawn(command));
  child.pid = spawned.pid;
  child.output = std::move(spawned.output);
  child.process = Descriptor(::pidfd_open(child.pid, 0));
  const std::uint64_t key = ++last_key_;
  Status watched;
  if (!child.process.open()) {
    watched = Error{Code::kUnavailable, std::string("pidfd_open: ") + std::strerror(errno)};
  }
  if (watched.ok()) watched = watch(child.process.get(), key, false);
  if (watched.ok()) watched = watch(child.output.get(), key, true);
  if (!watched.ok()) {  // no descriptors left: one that cannot be watched must not run
    ::kill(-child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return in_context("start " + command.argv.front(), watched.error());
  }
  if (command.timeout > Micros::zero()) {
    child.timeout = command.timeout;
    if (last_drain_) child.deadline = *last_drain_ + *std::exchange(child.timeout, std::nullopt);
  }
  children_.emplace(key, std::move(child));
  return {};
}

Status PosixRunner::watch(int fd, std::uint64_t key, bool is_output) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key * 2 + (is_output ? 1 : 0);
  if (::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return Error{Code::kUnavailable, std::string("epoll: ") + std::strerror(errno)};
}

std::vector<Exit> PosixRunner::drain(Steady now) {
  last_drain_ = now;
  if (!children_.empty()) handle_events(0);
  for (auto& [key, child] : children_) enforce(child, now);
  return std::exchange(ended_, {});
}

Steady PosixRunner::next_deadline() const {
  if (!ended_.empty()) return Steady::min();
  Steady next = Steady::max();
  for (const auto& [key, child] : children_) {
    if (child.timeout) return Steady::min();  // its time has not begun to count
    next = std::min(next, child.deadline);
  }
  return next;
}

void PosixRunner::handle_events(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(events_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  // Output first: what a program wrote before its end belongs to its exit.
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    if (data % 2 == 1) read_output(data / 2);
  }
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    if (data % 2 == 0) finish(data / 2);
  }
}

void PosixRunner::read_output(std::uint64_t key) {
  const auto found = children_.find(key);
  if (found == children_.end()) return;
  Child& child = found->second;
  std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsInOneDrain && child.output.open(); ++i) {
    const ssize_t got = ::read(child.output.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      child.output = Descriptor();  // the last writer closed it
    } else if (child.process.open()) {
      keep_tail(child.kept, {buffer.data(), static_cast<std::size_t>(got)}, child.output_limit,
                child.truncated);
    }
  }
  if (!child.output.open() && !child.process.open()) {
    children_.erase(found);
    std::erase(left_behind_, key);
  }
}

void PosixRunner::finish(std::uint64_t key) {
  const auto found = children_.find(key);
  if (found == children_.end() || !found->second.process.open()) return;
  read_output(key);
  Child& child = found->second;
  // The dead leader still holds the group's number here, so that this can hit nobody else.
  if (child.timed_out) ::kill(-child.pid, SIGKILL);
  siginfo_t info{};
  Exit exit;
  exit.run = child.run;
  if (::waitid(P_PIDFD, static_cast<id_t>(child.process.get()), &info, WEXITED) == 0) {
    exit.status = exit_status(info);
  } else {
    exit.status = 255;
    exit.error = std::string("its exit code is lost: ") + std::strerror(errno);
  }
  exit.timed_out = child.timed_out;
  if (child.kept.size() > child.output_limit) {
    child.kept.erase(0, child.kept.size() - child.output_limit);
  }
  exit.output = std::exchange(child.kept, {});
  exit.truncated = child.truncated;
  ended_.push_back(std::move(exit));
  child.process = Descriptor();
  child.deadline = Steady::max();
  child.timeout.reset();
  if (child.output.open()) {
    limit_left_behind(key);
  } else {
    children_.erase(found);
  }
}

void PosixRunner::limit_left_behind(std::uint64_t newest) {
  left_behind_.push_back(newest);
  while (left_behind_.size() > kMostLeftBehind) {
    children_.erase(left_behind_.front());
    left_behind_.pop_front();
  }
}

void PosixRunner::enforce(Child& child, Steady now) {
  if (child.timeout) child.deadline = now + *std::exchange(child.timeout, std::nullopt);
  if (now < child.deadline || !child.process.open()) return;
  ::kill(-child.pid, child.timed_out ? SIGKILL : SIGTERM);
  child.deadline = child.timed_out ? Steady::max() : now + kKillGrace;
  child.timed_out = true;
}

void PosixRunner::stop_all() {
  for (auto& [key, child] : children_) {
    child.timed_out = true;
    if (child.process.open()) ::kill(-child.pid, SIGTERM);
  }
  const auto is_running = [](const auto& entry) { return entry.second.process.open(); };
  constexpr Micros kStep = std::chrono::milliseconds(50);
  for (Micros waited{}; waited < kKillGrace; waited += kStep) {
    if (std::none_of(children_.begin(), children_.end(), is_running)) break;
    handle_events(static_cast<int>(kStep / std::chrono::milliseconds(1)));
  }
  for (auto& [key, child] : children_) {
    if (!child.process.open()) continue;
    ::kill(-child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
  }
  children_.clear();
  left_behind_.clear();
  ended_.clear();
}

}  // namespace yizhan
