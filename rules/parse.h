#pragma once
// INI text to tables. All errors of all files are found in one go; with any, there are none.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/tables.h"

namespace yizhan::rules {

/// Bounds of all tables together, so that nothing an operator applies can fill a broker.
inline constexpr std::size_t kMaxRows = 100'000;
inline constexpr std::size_t kMaxCommandsPerRow = 32;
inline constexpr std::size_t kMaxTemplates = 1'000;
inline constexpr std::size_t kMaxRegexes = 500;   ///< each may use kRegexMemory while it runs
inline constexpr std::size_t kMaxErrors = 1'000;  ///< listed; the rest is counted in a last line
inline constexpr std::size_t kMaxNameBytes = 100;

struct RuleFile {
  std::string name;  ///< as shown in errors
  std::string text;
};

struct ParseResult {
  std::optional<Tables> tables;     ///< empty if there is any error
  std::vector<std::string> errors;  ///< "FILE:LINE: what is wrong, and what would be right"
};

/// Reads the files as one set of tables, in their order. Sections are [data-state NAME],
/// [activation NAME], [preset NAME] and [template NAME]; names are unique in their kind over all
/// files. An empty list, or files without sections, are empty tables. What can only be said about
/// all rows together (names of nothing, rows that never match) is check()'s.
ParseResult parse_tables(std::span<const RuleFile> files);

/// The same for one file.
ParseResult parse_tables(std::string_view text, const std::string& file_name);

}  // namespace yizhan::rules
