#pragma once
#include <string_view>

#include "config/result.h"
#include "rules/table.h"

namespace yizhan::rules {

/// Reads `VERB key=value key="value with blanks"`: splits it, checks verb and keys against the
/// table of known commands, and reads the `${…}` of each value. `line` is kept in the command.
/// kInvalid with what is wrong and what would be right.
Result<Command> parse_command(std::string_view text, int line);

}  // namespace yizhan::rules
