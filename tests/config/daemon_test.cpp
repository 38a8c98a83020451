#include "config/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "config/clock.h"
#include "tests/config/temp_folder.h"

namespace yizhan {
namespace {

TEST_CASE("a second instance is refused and told who is there") {
  const TempFolder folder;
  const std::string path = folder.path() + "/agent.lock";
  CHECK_FALSE(InstanceLock::is_held(path));
  {
    const auto first = InstanceLock::acquire(path);
    REQUIRE(first.ok());
    CHECK(InstanceLock::is_held(path));
    const auto second = InstanceLock::acquire(path);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code == Code::kConflict);
    CHECK(second.error().message.find(std::to_string(getpid())) != std::string::npos);
  }
  CHECK_FALSE(InstanceLock::is_held(path));
  CHECK(InstanceLock::acquire(path).ok());
}

TEST_CASE("a lock does not outlive its process, whatever ended it") {
  const TempFolder folder;
  const std::string path = folder.path() + "/agent.lock";
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = InstanceLock::acquire(path);
    _exit(lock.ok() && InstanceLock::is_held(path) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK_FALSE(InstanceLock::is_held(path));
}

TEST_CASE("a private folder is made with its parents, and one that others may write is refused") {
  const TempFolder folder;
  const std::string path = folder.path() + "/a/b/state";
  REQUIRE(make_private_folder(path).ok());
  REQUIRE(make_private_folder(path).ok());
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0700);
  REQUIRE(chmod(path.c_str(), 0777) == 0);
  const Status refused = make_private_folder(path);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::kDenied);
  CHECK(refused.error().message.find("chmod 700 " + path) != std::string::npos);
}

TEST_CASE("the timer wakes at its time, at once for the past, and never when disarmed") {
  auto timer = WakeTimer::open();
  REQUIRE(timer.ok());
  pollfd item{timer->fd(), POLLIN, 0};
  const auto fires_within = [&](int ms) {
    const bool fired = poll(&item, 1, ms) == 1;
    timer->drain();
    return fired;
  };
  CHECK_FALSE(fires_within(0));
  timer->set(Steady{});
  CHECK(fires_within(1'000));
  CHECK_FALSE(fires_within(0));
  timer->set(read_clock().steady + std::chrono::milliseconds(20));
  CHECK(fires_within(5'000));
  timer->set(read_clock().steady + std::chrono::milliseconds(20));
  timer->set(Steady::max());
  CHECK_FALSE(fires_within(60));
  timer->set(Steady{} + Micros{1});
  CHECK(fires_within(1'000));
  // The same time again, after it fired, wakes again.
  timer->set(Steady{} + Micros{1});
  CHECK(fires_within(1'000));
}

TEST_CASE(
    "a timer that is put off by a little wakes at its earlier time, and then at the new one") {
  auto timer = WakeTimer::open();
  REQUIRE(timer.ok());
  pollfd item{timer->fd(), POLLIN, 0};
  const Micros early = std::chrono::seconds(1);
  const Steady first = read_clock().steady + std::chrono::milliseconds(30);
  timer->set(first, early);
  timer->set(first + early, early);  // left as it is
  REQUIRE(poll(&item, 1, 5'000) == 1);
  CHECK(read_clock().steady < first + early);
  timer->drain();
  timer->set(first + Micros{1}, early);  // nothing is armed: not taken for the one that fired
  CHECK(poll(&item, 1, 5'000) == 1);
  timer->drain();

  const Steady next = read_clock().steady + std::chrono::milliseconds(20);
  timer->set(next, early);
  timer->set(next + early + Micros{1}, early);  // put off by more: armed anew
  CHECK(poll(&item, 1, 60) == 0);
  timer->set(next, early);  // earlier is always taken
  CHECK(poll(&item, 1, 1'000) == 1);
  timer->drain();
  timer->set(read_clock().steady + std::chrono::milliseconds(20), early);
  timer->set(Steady::max(), early);  // disarming too
  CHECK(poll(&item, 1, 60) == 0);
}

TEST_CASE("signals are read, not suffered") {
  // In a child, since the mask and SIGPIPE's handling belong to the whole process.
  const pid_t child = fork();
  if (child == 0) {
    auto signals = Signals::block();
    if (!signals.ok()) _exit(1);
    kill(getpid(), SIGHUP);
    const Signals::Seen first = signals->drain();
    kill(getpid(), SIGTERM);
    const Signals::Seen second = signals->drain();
    const Signals::Seen none = signals->drain();
    const bool right = first.reopen_log && !first.stop && second.stop && !second.reopen_log &&
                       !none.stop && !none.reopen_log;
    _exit(right ? 0 : 2);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace
}  // namespace yizhan
