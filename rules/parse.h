#pragma once
// INI text to table. All errors of all files are found in one go; with any, there is no table.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/match.h"

namespace yizhan::rules {

/// Bounds of a table, so that nothing an operator applies can fill a broker.
inline constexpr std::size_t kMaxRows = 100'000;
inline constexpr std::size_t kMaxCommandsPerRow = 32;
inline constexpr std::size_t kMaxRegexes = 500;   ///< each may use kRegexMemory while it runs
inline constexpr std::size_t kMaxErrors = 1'000;  ///< listed; the rest is counted in a last line
inline constexpr std::size_t kMaxNameBytes = 100;

struct RuleFile {
  std::string name;  ///< as shown in errors
  std::string text;
};

struct ParseResult {
  std::optional<Table> table;       ///< empty if there is any error
  std::vector<std::string> errors;  ///< "FILE:LINE: what is wrong, and what would be right"
};

/// Reads the files as one table, in their order. Row names are unique over all of them. An empty
/// list, or files without rows, is an empty table.
ParseResult parse_table(std::span<const RuleFile> files);

/// The same for one file.
ParseResult parse_table(std::string_view text, const std::string& file_name);

}  // namespace yizhan::rules
