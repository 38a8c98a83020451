#pragma once
// The first lines of a daemon's main: its arguments, its configuration text, and how a start that
// failed is told. Not for cores: this looks at the environment.

#include <cstddef>
#include <string>

#include "config/result.h"

namespace yizhan {

/// What the arguments of a daemon ask for.
struct DaemonArguments {
  std::string config;     ///< path as given
  bool finished = false;  ///< help, version or wrong usage was printed: leave with `exit_code`
  int exit_code = 0;
};

/// `PROGRAM --config FILE`, `--help`, `--version`. Wrong usage is told on standard error, with what
/// would be right; its exit code is 2. `summary` is one line for --help.
DaemonArguments parse_daemon_arguments(int argc, const char* const* argv, const char* program,
                                       const char* summary);

struct ConfigText {
  std::string path;  ///< absolute
  std::string text;
};
/// The configuration file at `path`. kNotFound with how to get a sample; kLimit, kIo.
Result<ConfigText> read_config_text(const std::string& path);

/// The user's home folder: HOME, else what the user database says; "/" if neither knows.
std::string home_folder();
/// The login name of who runs this process; the user id as a number if it has none.
std::string login_name();

/// Lets the process hold as many descriptors as its hard limit allows. Returns how many.
std::size_t raise_descriptor_limit();

/// Says on standard error, in one line, why the start failed. Returns the exit code: 74 when the
/// system or a resource failed and the same start can work later, 1 when something must be changed.
int report_start_failure(const char* program, const Error& error);

}  // namespace yizhan
