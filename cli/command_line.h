#pragma once
#include <string>
#include <variant>

#include "cli/invocation.h"

namespace yizhan::cli {

/// Arguments to a call, as the command table says; or the exit code when help or the version was
/// printed, or wrong usage was told (kUsage). `default_config` is used without --config.
std::variant<Invocation, int> parse_command_line(int argc, const char* const* argv,
                                                 const std::string& default_config);

}  // namespace yizhan::cli
