#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "config/runner_posix.h"

extern "C" {  // glibc 2.36 forgot it in this header
#include <sys/pidfd.h>
}

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/store/temp_folder.h"

namespace yizhan {

namespace {

using std::chrono::seconds;

std::unique_ptr<PosixRunner> open_runner() {
  auto runner = PosixRunner::open();
  REQUIRE(runner.ok());
  return std::move(*runner);
}

/// A shell is one of the programs a person may configure; the runner itself has none.
Command script(const std::string& text) {
  Command command;
  command.argv = {"/bin/sh", "-c", text};
  command.environment = {"PATH=/usr/bin:/bin"};
  command.output_limit = 1000;
  return command;
}

/// What ends next, waiting for it at the unmoving time `now`.
std::vector<Exit> wait_for_exits(PosixRunner& runner, std::size_t count, Steady now = Steady{}) {
  std::vector<Exit> exits = runner.drain(now);
  while (exits.size() < count) {
    pollfd item{runner.fd(), POLLIN, 0};
    REQUIRE(::poll(&item, 1, 20'000) == 1);
    for (Exit& exit : runner.drain(now)) exits.push_back(std::move(exit));
  }
  return exits;
}

Exit run(const Command& command) {
  const auto runner = open_runner();
  runner->start(7, command);
  const Exit exit = wait_for_exits(*runner, 1).front();
  CHECK(exit.run == 7);
  CHECK(runner->next_deadline() == Steady::max());
  return exit;
}

/// Whether a process ends soon; `process` is its pidfd.
bool has_ended(int process) {
  pollfd item{process, POLLIN, 0};
  return ::poll(&item, 1, 20'000) == 1;
}
bool runs(int process) {
  pollfd item{process, POLLIN, 0};
  return ::poll(&item, 1, 0) == 0;
}

/// Drains at `now` until the first line of `path` is written; a program says so by its output.
std::string wait_for_line(PosixRunner& runner, const std::filesystem::path& path, Steady now) {
  while (true) {
    pollfd item{runner.fd(), POLLIN, 0};
    REQUIRE(::poll(&item, 1, 20'000) == 1);
    CHECK(runner.drain(now).empty());
    std::ifstream file(path);
    std::string line;
    if (std::getline(file, line)) return line;
  }
}

}  // namespace

TEST_CASE("a program's exit code, signal and output come back") {
  const Exit good = run(script("echo out; echo err >&2"));
  CHECK(good.status == 0);
  CHECK(good.output == "out\nerr\n");
  CHECK_FALSE(good.truncated);
  CHECK_FALSE(good.timed_out);
  CHECK(good.error.empty());
  CHECK(run(script("exit 3")).status == 3);
  CHECK(run(script("kill -SEGV $$")).status == 128 + SIGSEGV);
}

TEST_CASE("arguments reach the program byte for byte") {
  Command command;
  command.argv = {"/usr/bin/printf", "%s|", "$(id)", "`id`", "; rm -rf /", "a b", "", "图\n\"'\\"};
  command.output_limit = 1000;
  CHECK(run(command).output == "$(id)|`id`|; rm -rf /|a b||图\n\"'\\|");
}

TEST_CASE("a program gets its folder and environment, and nothing else of ours") {
  const store::TempFolder folder;
  const int leaked = ::dup(2);  // without close-on-exec, as a careless library would
  ::setenv("YIZHAN_SECRET", "x", 1);
  Command command =
      script("pwd; env | sort | grep -v '^_=\\|^PWD='; ls /proc/self/fd | wc -l; cat");
  command.folder = folder.path();
  command.environment = {"PATH=/usr/bin:/bin", "A=b c"};
  const Exit exit = run(command);
  ::close(leaked);
  // 0, 1, 2, and the one that `ls` has open on the folder itself.
  CHECK(exit.output == folder.path().string() + "\nA=b c\nPATH=/usr/bin:/bin\n4\n");
}

TEST_CASE("a program starts with the default signals, whatever the agent blocks or ignores") {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto old_pipe = ::signal(SIGPIPE, SIG_IGN);
  const Exit exit = run(script("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f 2"));
  ::signal(SIGPIPE, old_pipe);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  const std::uint64_t blocked_there = std::stoull(exit.output.substr(0, 16), nullptr, 16);
  const std::uint64_t ignored_there = std::stoull(exit.output.substr(17, 16), nullptr, 16);
  CHECK(blocked_there == 0);
  CHECK((ignored_there & 0x7FFFFFFF) == 0);  // above are two that glibc keeps for itself
}

TEST_CASE("a program that cannot be started gives one exit that says why") {
  const auto failing = [](const Command& command) {
    const Exit exit = run(command);
    CHECK(exit.status == 127);
    return exit.error;
  };
  Command command = script("");
  command.argv = {"/nonexistent/program"};
  CHECK(failing(command) == "start /nonexistent/program: No such file or directory");
  command.argv = {"/etc/passwd"};
  CHECK(failing(command) == "start /etc/passwd: Permission denied");
  command.argv = {"sh"};
  CHECK(failing(command) == "start a program: its path must be given, beginning with '/'");
  command.argv = {};
  CHECK(failing(command) == "start a program: its path must be given, beginning with '/'");
  command = script("true");
  command.folder = "/nonexistent";
  CHECK(failing(command) == "start /bin/sh in /nonexistent: No such file or directory");
}

TEST_CASE("of much output the last bytes are kept, and the program is not held up") {
  Command command = script("i=0; while [ $i -lt 20000 ]; do echo line$i; i=$((i+1)); done");
  command.output_limit = 30;
  const Exit exit = run(command);
  CHECK(exit.output == "line19997\nline19998\nline19999\n");
  CHECK(exit.truncated);
  command.output_limit = 0;
  CHECK(run(command).output.empty());
}

TEST_CASE("output of exactly the limit is whole") {
  Command command = script("printf 12345");
  command.output_limit = 5;
  const Exit exit = run(command);
  CHECK(exit.output == "12345");
  CHECK_FALSE(exit.truncated);
}

TEST_CASE("a flood of output neither stops the loop nor fills memory") {
  const auto runner = open_runner();
  Command command = script("exec cat /dev/zero");
  command.output_limit = 100;
  command.timeout = seconds(1);
  (void)runner->drain(Steady{});
  runner->start(1, command);
  for (int i = 0; i < 200; ++i) {  // there is always more, and yet each call returns
    pollfd item{runner->fd(), POLLIN, 0};
    REQUIRE(::poll(&item, 1, 20'000) == 1);
    CHECK(runner->drain(Steady{}).empty());
  }
  const Exit exit = wait_for_exits(*runner, 1, Steady{} + seconds(1)).front();
  CHECK(exit.timed_out);
  CHECK(exit.status == 128 + SIGTERM);
  CHECK(exit.output == std::string(100, '\0'));
  CHECK(exit.truncated);
}

TEST_CASE("a program that lasts too long is ended, first politely, with all it started") {
  const store::TempFolder folder;
  const auto runner = open_runner();
  const Steady start{seconds(1000)};
  (void)runner->drain(start);
  Command command =
      script("trap '' TERM; sleep 600 & echo $! > child; echo ready; wait; sleep 600");
  command.folder = folder.path();
  command.timeout = seconds(10);
  runner->start(1, command);
  CHECK(runner->next_deadline() == start + seconds(10));
  const std::string child = wait_for_line(*runner, folder.path() / "child", start + seconds(9));
  const Descriptor left(::pidfd_open(std::stoi(child), 0));
  REQUIRE(runs(left.get()));
  CHECK(runner->drain(start + seconds(10)).empty());  // TERM, which it ignores
  CHECK(runner->next_deadline() == start + seconds(10) + kKillGrace);
  const Exit exit = wait_for_exits(*runner, 1, start + seconds(10) + kKillGrace).front();
  CHECK(exit.timed_out);
  CHECK(exit.status == 128 + SIGKILL);
  CHECK(exit.output.find("ready") != std::string::npos);
  CHECK(has_ended(left.get()));
}

TEST_CASE("a time limit counts from the next drain if there was none before the start") {
  const auto runner = open_runner();
  Command command = script("sleep 600");
  command.timeout = seconds(3);
  runner->start(1, command);
  CHECK(runner->next_deadline() == Steady::min());
  CHECK(runner->drain(Steady{seconds(50)}).empty());
  CHECK(runner->next_deadline() == Steady{seconds(53)});
  runner->stop_all();
}

TEST_CASE("a program in the background outlives the one that started it and may go on writing") {
  const store::TempFolder folder;
  const auto runner = open_runner();
  Command command = script(
      "(while [ ! -e go ]; do sleep 0.01; done; echo more && echo wrote > done; echo end) & echo "
      "started");
  command.folder = folder.path();
  runner->start(1, command);
  const Exit exit = wait_for_exits(*runner, 1).front();
  CHECK(exit.status == 0);
  CHECK(exit.output == "started\n");
  std::ofstream(folder.path() / "go") << "x";
  CHECK(wait_for_line(*runner, folder.path() / "done", Steady{}) == "wrote");
}

TEST_CASE("many programs at once each give their own exit") {
  const auto runner = open_runner();
  for (RunId id = 1; id <= 50; ++id) {
    runner->start(id, script("echo " + std::to_string(id) + "; exit " + std::to_string(id)));
  }
  std::vector<bool> seen(51);
  for (const Exit& exit : wait_for_exits(*runner, 50)) {
    CHECK(exit.status == exit.run);
    CHECK(exit.output == std::to_string(exit.run) + "\n");
    CHECK_FALSE(seen[static_cast<std::size_t>(exit.run)]);
    seen[static_cast<std::size_t>(exit.run)] = true;
  }
}

TEST_CASE("stopping ends everything that runs") {
  const store::TempFolder folder;
  const auto runner = open_runner();
  Command command = script("echo $$ > pid; echo ready; sleep 600");
  command.folder = folder.path();
  runner->start(1, command);
  const std::string pid = wait_for_line(*runner, folder.path() / "pid", Steady{});
  const Descriptor process(::pidfd_open(std::stoi(pid), 0));
  REQUIRE(runs(process.get()));
  runner->stop_all();
  CHECK_FALSE(runs(process.get()));
  CHECK(runner->drain(Steady{}).empty());
}

TEST_CASE("no descriptors are left over") {
  const auto count = [] {
    std::size_t open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      (void)entry;
      ++open;
    }
    return open;
  };
  const auto runner = open_runner();
  const std::size_t before = count();
  for (RunId id = 0; id < 20; ++id) runner->start(id, script("true"));
  runner->start(21, {{"/nonexistent"}, {}, {}, {}, 0});
  (void)wait_for_exits(*runner, 21);
  CHECK(count() == before);
}

}  // namespace yizhan
