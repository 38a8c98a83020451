#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "agent/watcher_linux.h"
#include "tests/store/temp_folder.h"

namespace yizhan::agent {

namespace {

namespace fs = std::filesystem;
using store::TempFolder;

Watcher open_watcher(Micros poll_interval = Watcher::kPollInterval) {
  auto watcher = Watcher::open(poll_interval);
  REQUIRE(watcher.ok());
  return std::move(*watcher);
}

bool is_readable(const Watcher& watcher, int timeout_ms = 0) {
  pollfd item{watcher.fd(), POLLIN, 0};
  return ::poll(&item, 1, timeout_ms) == 1;
}

/// "in/a in/b all:in ", in the order of the hints.
std::string hints(Watcher& watcher) {
  std::string text;
  for (const FolderHint& hint : watcher.drain()) {
    text += hint.name.empty() ? "all:" + hint.watch + " " : hint.watch + "/" + hint.name + " ";
  }
  return text;
}

/// The next hints, waiting for them; "" if none come.
std::string next_hints(Watcher& watcher) {
  return is_readable(watcher, 10'000) ? hints(watcher) : "";
}

void write_file(const fs::path& path) {
  std::ofstream(path) << "x";
}

}  // namespace

TEST_CASE("a file that was written, renamed or linked into a folder is hinted at once") {
  const TempFolder folder;
  fs::create_directory(folder.path() / "in");
  Watcher watcher = open_watcher();
  REQUIRE(watcher.add("in", folder.path() / "in").ok());
  CHECK(watcher.mode("in") == "events");
  CHECK_FALSE(is_readable(watcher));

  write_file(folder.path() / "in" / "written.ini");
  CHECK(is_readable(watcher));
  CHECK(hints(watcher) == "in/written.ini ");
  CHECK_FALSE(is_readable(watcher));

  write_file(folder.path() / "outside");
  fs::create_hard_link(folder.path() / "outside", folder.path() / "in" / "linked.ini");
  fs::rename(folder.path() / "outside", folder.path() / "in" / "moved.ini");
  CHECK(hints(watcher) == "in/linked.ini in/moved.ini ");

  fs::create_directory(folder.path() / "entry");  // as `yizhan open` fills the spool
  fs::rename(folder.path() / "entry", folder.path() / "in" / "entry");
  CHECK(hints(watcher) == "in/entry ");
}

TEST_CASE("temporary files of ours and deletions are no hints") {
  const TempFolder folder;
  Watcher watcher = open_watcher();
  REQUIRE(watcher.add("in", folder.path()).ok());
  write_file(folder.path() / ".yizhan-1-1.tmp");
  CHECK(hints(watcher).empty());
  write_file(folder.path() / "a");
  CHECK(hints(watcher) == "in/a ");
  fs::remove(folder.path() / "a");
  CHECK(hints(watcher).empty());
}

TEST_CASE("two watches tell their folders apart, and may share one") {
  const TempFolder folder;
  fs::create_directory(folder.path() / "a");
  fs::create_directory(folder.path() / "b");
  Watcher watcher = open_watcher();
  REQUIRE(watcher.add("a", folder.path() / "a").ok());
  REQUIRE(watcher.add("b", folder.path() / "b").ok());
  REQUIRE(watcher.add("also-b", folder.path() / "b").ok());
  const Status twice = watcher.add("b", folder.path());
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.error().code == Code::kConflict);
  write_file(folder.path() / "b" / "x");
  write_file(folder.path() / "a" / "x");
  CHECK(hints(watcher) == "b/x also-b/x a/x ");
  CHECK(watcher.mode("none").empty());
}

TEST_CASE("a folder that comes later is found, and then watched") {
  const TempFolder folder;
  Watcher watcher = open_watcher(std::chrono::milliseconds(5));
  REQUIRE(watcher.add("in", folder.path() / "in").ok());
  CHECK(watcher.mode("in") == "polling: the folder is not there");
  CHECK(next_hints(watcher).empty());  // a tick, and nothing to look at
  fs::create_directory(folder.path() / "in");
  write_file(folder.path() / "in" / "before.ini");
  CHECK(next_hints(watcher) == "all:in ");
  CHECK(watcher.mode("in") == "events");
  write_file(folder.path() / "in" / "after.ini");
  CHECK(next_hints(watcher) == "in/after.ini ");
  CHECK_FALSE(is_readable(watcher, 50));  // the timer stands still again
}

TEST_CASE("a folder that is deleted and made again is watched again") {
  const TempFolder folder;
  const fs::path in = folder.path() / "in";
  fs::create_directory(in);
  Watcher watcher = open_watcher(std::chrono::milliseconds(5));
  REQUIRE(watcher.add("in", in).ok());
  SECTION("at once") {
    fs::remove(in);
    fs::create_directory(in);
    CHECK(hints(watcher) == "all:in ");
  }
  SECTION("later") {
    fs::remove(in);
    CHECK(hints(watcher) == "all:in ");
    CHECK(watcher.mode("in") == "polling: the folder is not there");
    fs::create_directory(in);
    CHECK(next_hints(watcher) == "all:in ");
  }
  SECTION("it was renamed, and another took its place") {
    fs::rename(in, folder.path() / "old");
    fs::create_directory(in);
    CHECK(hints(watcher) == "all:in ");
    write_file(folder.path() / "old" / "x");
    CHECK(hints(watcher).empty());
  }
  CHECK(watcher.mode("in") == "events");
  write_file(in / "x");
  CHECK(next_hints(watcher) == "in/x ");
}

TEST_CASE("more events than the kernel keeps become one look at everything") {
  const TempFolder folder;
  std::size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  REQUIRE(most > 0);
  if (most > 200'000) return;  // as set on some servers; it would take too long
  fs::create_directory(folder.path() / "a");
  fs::create_directory(folder.path() / "b");
  Watcher watcher = open_watcher();
  REQUIRE(watcher.add("a", folder.path() / "a").ok());
  REQUIRE(watcher.add("b", folder.path() / "b").ok());
  const std::string one = folder.path() / "a" / "1";
  const std::string two = folder.path() / "a" / "2";
  for (std::size_t i = 0; i <= most / 4 + 1;
       ++i) {  // two events a file, and never equal neighbours
    ::close(::open(one.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ::close(::open(two.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ::unlink(one.c_str());
    ::unlink(two.c_str());
  }
  std::string seen;
  while (is_readable(watcher)) seen = hints(watcher);
  CHECK(seen.find("all:a all:b ") != std::string::npos);
}

// Run by CTest under strace, which makes inotify_add_watch fail: see CMakeLists.txt.
TEST_CASE("a folder that the kernel will not watch is polled and says why", "[.][watch-limit]") {
  const TempFolder folder;
  Watcher watcher = open_watcher(std::chrono::milliseconds(5));
  REQUIRE(watcher.add("in", folder.path()).ok());
  CHECK(watcher.mode("in") ==
        "polling: the limit of watches is reached (sysctl fs.inotify.max_user_watches)");
  write_file(folder.path() / "x");
  CHECK(next_hints(watcher) == "all:in ");
  CHECK(next_hints(watcher) == "all:in ");
}

}  // namespace yizhan::agent
