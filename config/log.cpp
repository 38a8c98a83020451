#include "config/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include "config/printable.h"

namespace yizhan {

namespace {

constexpr std::size_t kMaxLineBytes = 2 * 1024;

/// The one logger: the only global of the house.
struct Log {
  /// Its one sink can be exchanged while other threads write.
  std::shared_ptr<spdlog::sinks::dist_sink_mt> output;
  std::shared_ptr<spdlog::logger> logger;
  std::string file;  ///< empty: standard error
  std::string program;
};

void send_to(Log& log, const spdlog::sink_ptr& sink) {
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%fZ " + log.program + "[%P] %l: %v", spdlog::pattern_time_type::utc));
  log.output->set_sinks({sink});
}

Log& the_log() {
  static Log log = [] {
    Log early;
    early.program = "yizhan";
    early.output = std::make_shared<spdlog::sinks::dist_sink_mt>();
    early.logger = std::make_shared<spdlog::logger>("", early.output);
    early.logger->set_level(spdlog::level::warn);
    early.logger->flush_on(spdlog::level::info);
    send_to(early, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return early;
  }();
  return log;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

Result<spdlog::sink_ptr> open_sink(const std::string& file) {
  if (file.empty()) return spdlog::sink_ptr(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  // Made with our mode before the library opens it with the umask's.
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) return Error{Code::kIo, "opening log " + file + ": " + std::strerror(errno)};
  close(fd);
  try {
    return spdlog::sink_ptr(std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
  } catch (const spdlog::spdlog_ex& failure) {
    return Error{Code::kIo, "opening log " + file + ": " + failure.what()};
  }
}

void log_line(LogLevel level, std::string_view text) {
  spdlog::logger& target = *the_log().logger;
  if (!target.should_log(level_of(level))) return;
  // A string_view overload, so that braces in the text are not taken for a format.
  target.log(level_of(level), spdlog::string_view_t(printable(text, kMaxLineBytes)));
}

}  // namespace

Status start_log(LogLevel level, const std::string& file, std::string_view program) {
  TRY_ASSIGN(const spdlog::sink_ptr sink, open_sink(file));
  Log& log = the_log();
  log.file = file;
  log.program = program;
  send_to(log, sink);
  log.logger->set_level(level_of(level));
  return {};
}

Status reopen_log() {
  Log& log = the_log();
  TRY_ASSIGN(const spdlog::sink_ptr sink, open_sink(log.file));
  send_to(log, sink);
  return {};
}

void log_debug(std::string_view text) {
  log_line(LogLevel::kDebug, text);
}
void log_info(std::string_view text) {
  log_line(LogLevel::kInfo, text);
}
void log_warning(std::string_view text) {
  log_line(LogLevel::kWarning, text);
}
void log_error(std::string_view text) {
  log_line(LogLevel::kError, text);
}

void log_line(const LogLine& line) {
  switch (line.level) {
    case LogLine::kInfo:
      return log_info(line.text);
    case LogLine::kWarning:
      return log_warning(line.text);
    case LogLine::kError:
      return log_error(line.text);
  }
}

}  // namespace yizhan
