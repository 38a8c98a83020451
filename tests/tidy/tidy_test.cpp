// The house rules that a compiler does not hold: who may include whom, where a clock or a shell may
// be used, how long a file may be, that every test is built.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

const fs::path kTop = YIZHAN_SOURCE_DIR;
const std::vector<std::string> kParts = {"config",   "wire",  "rules",  "store",
                                         "exchange", "agent", "broker", "cli"};

// The include table of ARCHITECTURE.md. A new edge is a design change.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"config", {}},
    {"wire", {"config"}},
    {"rules", {"config"}},
    {"store", {"config", "wire"}},
    {"exchange", {"config", "wire"}},
    {"agent", {"config", "wire", "store", "exchange"}},
    {"broker", {"config", "wire", "store", "rules", "exchange"}},
    {"cli", {"config", "wire", "store", "rules", "exchange", "agent"}},
};

// Files that own the world: loops, mains and the few that ask the system for something.
bool is_shell(const std::string& name) {
  static const std::regex kShell(
      "(main|loop|clock|log|daemon.*|.*_(posix|linux|zmq|beast|socket|address)|remote|client|"
      "desktop|agent_start.*|open|local|invocation|rules|spool|print|command.*)\\.(cpp|h)");
  return std::regex_match(name, kShell);
}

std::vector<fs::path> sources(const std::string& part) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kTop / part)) {
    const std::string extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".h") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// As an editor shows it: Chinese, Japanese and full-width signs take two columns.
std::size_t columns(const std::string& line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    if ((byte & 0xC0) == 0x80) continue;  // goes on with the sign before
    // The first byte of U+2E80 … U+9FFF, U+AC00 … U+D7FF, and U+FF00 … U+FF60.
    const bool wide =
        (byte >= 0xE3 && byte <= 0xE9) || (byte >= 0xEA && byte <= 0xED) ||
        (byte == 0xEF && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) == 0xBC);
    count += wide ? 2 : 1;
  }
  return count;
}

std::string without_comment(const std::string& line) { return line.substr(0, line.find("//")); }

std::string where(const fs::path& file, std::size_t line) {
  return fs::relative(file, kTop).string() + ":" + std::to_string(line + 1);
}

}  // namespace

TEST_CASE("includes go one way, as the table in ARCHITECTURE.md says") {
  const std::regex include("#include \"([a-z]+)/.*\"");
  for (const std::string& part : kParts) {
    for (const fs::path& file : sources(part)) {
      const auto lines = lines_of(file);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        std::smatch match;
        if (!std::regex_search(lines[i], match, include)) continue;
        const std::string other = match[1];
        INFO(where(file, i) << ": " << lines[i]);
        CHECK((other == part || kMayInclude.at(part).contains(other)));
      }
    }
  }
}

TEST_CASE("the agent never sees the server half of the store") {
  for (const fs::path& file : sources("agent")) {
    for (const std::string& line : lines_of(file)) {
      INFO(file << ": " << line);
      CHECK(line.find("store/server_") == std::string::npos);
      CHECK(line.find("store/mysql_") == std::string::npos);
    }
  }
}

TEST_CASE("cores have no clock, chance, sleep or environment") {
  const std::regex banned(
      "(_clock::now|\\btime\\(nullptr|\\brand\\(|random_device|sleep_for|usleep|\\bsleep\\(|"
      "std::thread|std::async|\\bgetenv\\(|_distribution<|read_clock\\()");
  for (const char* part : {"wire", "rules", "store", "exchange", "agent", "broker"}) {
    for (const fs::path& file : sources(part)) {
      if (is_shell(file.filename())) continue;
      const auto lines = lines_of(file);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        INFO(where(file, i) << ": " << lines[i]);
        CHECK_FALSE(std::regex_search(without_comment(lines[i]), banned));
      }
    }
  }
}

TEST_CASE("nobody starts a shell") {
  const std::regex shell("\\b(system|popen)\\s*\\(|\"sh\"|/bin/sh");
  for (const std::string& part : kParts) {
    for (const fs::path& file : sources(part)) {
      const auto lines = lines_of(file);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        INFO(where(file, i) << ": " << lines[i]);
        CHECK_FALSE(std::regex_search(without_comment(lines[i]), shell));
      }
    }
  }
}

TEST_CASE("no file grows past what one can hold in the head") {
  constexpr std::size_t kMaxLines = 400;
  for (const std::string& part : kParts) {
    for (const fs::path& file : sources(part)) {
      INFO(file);
      CHECK(lines_of(file).size() <= kMaxLines);
    }
  }
}

TEST_CASE("no line is wider than a window") {
  constexpr std::size_t kMaxColumns = 100;
  for (const std::string& part : kParts) {
    for (const fs::path& file : sources(part)) {
      const auto lines = lines_of(file);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        INFO(where(file, i) << ": " << lines[i]);
        CHECK(columns(lines[i]) <= kMaxColumns);
      }
    }
  }
}

TEST_CASE("a column is a place on the screen, not a byte") {
  CHECK(columns("") == 0);
  CHECK(columns("abc") == 3);
  CHECK(columns("a…b → c") == 7);
  CHECK(columns("无人打开") == 8);
  CHECK(columns("“ä”") == 3);
}

TEST_CASE("every test is built") {
  for (const auto& entry : fs::recursive_directory_iterator(kTop / "tests")) {
    const std::string name = entry.path().filename();
    if (!name.ends_with("_test.cpp")) continue;
    std::ifstream cmake(entry.path().parent_path() / "CMakeLists.txt");
    std::stringstream text;
    text << cmake.rdbuf();
    INFO(entry.path());
    CHECK(text.str().find(name) != std::string::npos);
  }
}
