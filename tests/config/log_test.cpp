#include "config/log.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "config/files.h"
#include "tests/config/temp_folder.h"

namespace yizhan {
namespace {

std::vector<std::string> lines_of(const std::string& path) {
  const auto content = read_file(path, 1'000'000);
  REQUIRE(content.ok());
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = 0; (end = content->find('\n', start)) != std::string::npos;) {
    lines.push_back(content->substr(start, end - start));
    start = end + 1;
  }
  CHECK(start == content->size());
  return lines;
}

/// The log is one for the process: each test leaves it on standard error again.
struct LogGuard {
  ~LogGuard() { (void)start_log(LogLevel::kWarning, "", "yizhan"); }
};

TEST_CASE("a log line has time, program, level and text, and what is below the level is left out") {
  const TempFolder folder;
  const LogGuard guard;
  const std::string path = folder.path() + "/log";
  REQUIRE(start_log(LogLevel::kInfo, path, "agent").ok());
  log_debug("not this");
  log_info("braces {} are text");
  log_error("驿站");
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0], Catch::Matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z "
                                      "agent\\[\\d+\\] info: braces \\{\\} are text"));
  CHECK_THAT(lines[1], Catch::EndsWith("error: 驿站"));
}

TEST_CASE("foreign text cannot forge a log line") {
  const TempFolder folder;
  const LogGuard guard;
  const std::string path = folder.path() + "/log";
  REQUIRE(start_log(LogLevel::kDebug, path, "agent").ok());
  log_warning("name\n2026-01-01T00:00:00Z agent[1] info: all is well\x1b[2J");
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::Contains("name\\n2026") && Catch::EndsWith("\\x1b[2J"));
}

TEST_CASE("a log line is cut at 2 KiB") {
  const TempFolder folder;
  const LogGuard guard;
  const std::string path = folder.path() + "/log";
  REQUIRE(start_log(LogLevel::kInfo, path, "agent").ok());
  log_info(std::string(1'000'000, 'x'));
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() < 2 * 1024 + 100);
  CHECK_THAT(lines[0], Catch::EndsWith("x…"));
}

TEST_CASE("the log file is private, is appended to, and is opened anew after a rotation") {
  const TempFolder folder;
  const LogGuard guard;
  const std::string path = folder.path() + "/log";
  REQUIRE(start_log(LogLevel::kInfo, path, "agent").ok());
  log_info("first");
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);

  REQUIRE(start_log(LogLevel::kInfo, path, "agent").ok());
  log_info("second");
  CHECK(lines_of(path).size() == 2);

  REQUIRE(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
  log_info("third, still into the moved file");
  REQUIRE(reopen_log().ok());
  log_info("fourth");
  CHECK(lines_of(path + ".1").size() == 3);
  CHECK(lines_of(path).size() == 1);
}

TEST_CASE("a log file that cannot be opened is an error, and the old log goes on") {
  const TempFolder folder;
  const LogGuard guard;
  const std::string path = folder.path() + "/log";
  REQUIRE(start_log(LogLevel::kInfo, path, "agent").ok());
  const Status status = start_log(LogLevel::kInfo, folder.path() + "/none/log", "agent");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Code::kIo);
  log_info("goes on");
  CHECK(lines_of(path).size() == 1);
}

}  // namespace
}  // namespace yizhan
