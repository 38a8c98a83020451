#pragma once
#include <string>

#include "config/result.h"

namespace yizhan::broker {

/// The text of the instruction tables that a new database starts with: the file at `path`, or all
/// *.ini of the folder at `path` in the order of their names, one after the other. Empty for an
/// empty `path`. kNotFound, kLimit, kIo, naming the file.
Result<std::string> read_initial_rules(const std::string& path);

}  // namespace yizhan::broker
