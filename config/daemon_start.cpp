#include "config/daemon_start.h"

#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "config/files.h"
#include "config/version.h"

namespace yizhan {

namespace {

constexpr std::size_t kMaxConfigBytes = 1024 * 1024;
constexpr int kExitUsage = 2;
constexpr int kExitIo = 74;  // EX_IOERR of sysexits.h: a supervisor tries again

passwd* user_entry(std::vector<char>& buffer, passwd& entry) {
  buffer.resize(16 * 1024);
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0) return nullptr;
  return found;
}

void print_help(std::FILE* to, const char* program, const char* summary) {
  std::fprintf(to,
               "%s\n\nUsage: %s --config FILE\n\n"
               "  --config FILE  its configuration; `yizhan config sample` writes one\n"
               "  --version      prints the version\n"
               "  --help         prints this\n\n"
               "TERM or INT: a clean stop. HUP: opens the log file anew.\n",
               summary, program);
}

}  // namespace

DaemonArguments parse_daemon_arguments(int argc, const char* const* argv, const char* program,
                                       const char* summary) {
  DaemonArguments result;
  const auto finish = [&](int code) {
    result.finished = true;
    result.exit_code = code;
    return result;
  };
  constexpr std::string_view kConfigIs = "--config=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      print_help(stdout, program, summary);
      return finish(0);
    }
    if (word == "--version") {
      std::printf("%s %s\n", program, kProgramVersion);
      return finish(0);
    }
    if (word == "--config" && i + 1 < argc) {
      result.config = argv[++i];
    } else if (word.substr(0, kConfigIs.size()) == kConfigIs) {
      result.config = word.substr(kConfigIs.size());
    } else {
      std::fprintf(stderr, "%s: unexpected argument \"%s\"\n", program, argv[i]);
      print_help(stderr, program, summary);
      return finish(kExitUsage);
    }
  }
  if (!result.config.empty()) return result;
  std::fprintf(stderr, "%s: --config FILE is missing\n", program);
  print_help(stderr, program, summary);
  return finish(kExitUsage);
}

Result<ConfigText> read_config_text(const std::string& path) {
  std::error_code failure;
  ConfigText config{std::filesystem::absolute(path, failure).string(), ""};
  if (failure) config.path = path;
  Result<std::string> text = read_file(config.path, kMaxConfigBytes);
  if (!text.ok() && text.error().code == Code::kNotFound) {
    return Error{Code::kNotFound, text.error().message +
                                      "; `yizhan config sample agent` (or broker) writes a sample"};
  }
  if (!text.ok()) return text.error();
  config.text = std::move(text).value();
  return config;
}

std::string home_folder() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return home;
  std::vector<char> buffer;
  passwd entry{};
  const passwd* user = user_entry(buffer, entry);
  return user == nullptr ? "/" : user->pw_dir;
}

std::string login_name() {
  std::vector<char> buffer;
  passwd entry{};
  const passwd* user = user_entry(buffer, entry);
  return user == nullptr ? std::to_string(geteuid()) : user->pw_name;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (limit.rlim_cur < limit.rlim_max && setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

int report_start_failure(const char* program, const Error& error) {
  const std::string text = std::string(program) + " cannot start: " + error.message;
  std::fprintf(stderr, "%s\n", text.c_str());
  const bool later =
      error.code == Code::kIo || error.code == Code::kCorrupt || error.code == Code::kUnavailable;
  return later ? kExitIo : 1;
}

}  // namespace yizhan
