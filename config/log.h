#pragma once
// The program's log: lines of text for operations people. Any thread may log.
//
// Only this header is included elsewhere; the library behind it stays in log.cpp.

#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Sends the lines of `level` and above to `file` (appended; created 0600), or to standard error if
/// `file` is empty. `program` stands in every line. Before, only warnings and errors are logged, to
/// standard error. Fails with kIo; then the log stays where it was.
Status start_log(LogLevel level, const std::string& file, std::string_view program);

/// Closes the log's file and opens its name again, after a log rotation has moved it away. Does
/// nothing for standard error. Same thread as start_log. Fails with kIo; then the log goes on into
/// the old file.
Status reopen_log();

/// One line each: control characters of `text` are escaped, and it is cut at 2 KiB. Never fails and
/// never throws; a full disk costs lines, not the program. Secrets must not be passed.
void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

/// What a core wants logged; its shell does it.
struct LogLine {
  enum Level { kInfo, kWarning, kError } level;
  std::string text;
};
void log_line(const LogLine& line);

}  // namespace yizhan
