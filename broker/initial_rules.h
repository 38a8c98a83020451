#pragma once
#include <string>
#include <vector>

#include "config/result.h"
#include "rules/parse.h"

namespace yizhan::broker {

/// The instruction tables that a new database starts with: the file at `path`, or all *.ini of the
/// folder at `path` in the order of their names. None for an empty `path`. kNotFound, kLimit, kIo,
/// naming the file.
Result<std::vector<rules::RuleFile>> read_initial_rules(const std::string& path);

}  // namespace yizhan::broker
