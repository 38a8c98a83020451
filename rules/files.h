#pragma once
// The tables as files, and several files as the one text that a database keeps: each begins with a
// comment that names it, so that an error is said with the file and line that its writer knows.
// read_rule_files() is the only function in rules/ that looks at a disk.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "rules/parse.h"

namespace yizhan::rules {

inline constexpr std::size_t kMaxRuleFileBytes = 16 * 1024 * 1024;

/// The file at `path`, or all *.ini of the folder at `path` in the order of their names, maybe
/// none. kNotFound, kLimit, kInvalid (no regular file), kIo; the message names the file.
Result<std::vector<RuleFile>> read_rule_files(const std::string& path);

/// One text of all, in UTF-8. kInvalid if one is in no encoding of config/ini.h.
Result<std::string> join_files(std::span<const RuleFile> files);

/// The files of a text that join_files() made, line for line. What no comment names is
/// `nameless`.
std::vector<RuleFile> split_files(std::string_view text, const std::string& nameless);

}  // namespace yizhan::rules
