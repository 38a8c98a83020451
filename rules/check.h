#pragma once
// What is wrong with tables that can be read: rows that can never match or are never asked, names
// of nothing, states that lead nowhere, commands that go round in circles.
//
// An error is certain and refuses the tables; a warning is likely to be a mistake. Neither is ever
// said about what only might be wrong because a value is not known yet (`${…}`, patterns).

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/tables.h"

namespace yizhan::rules {

/// Work is bounded, so that a table of kMaxRows is checked in seconds. What these leave out is not
/// reported, and is not an error either.
inline constexpr std::size_t kMaxHidingRows = 64;       ///< earlier rows compared with each row
inline constexpr std::size_t kMaxCycleSteps = 200'000;  ///< rows looked at in search of circles
inline constexpr std::size_t kMaxFindings = 1'000;      ///< the rest is counted in a last one

enum class Severity { kError, kWarning };

struct Finding {
  Severity severity = Severity::kError;
  std::string file;
  int line = 0;
  std::string text;        ///< what is wrong
  std::string suggestion;  ///< what would be right; may be empty
  bool operator==(const Finding&) const = default;
};

/// "FILE:LINE: TEXT; SUGGESTION", with "warning: " before the text of a warning.
std::string format_finding(const Finding& finding);

struct CheckOptions {
  using Names = std::set<std::string, std::less<>>;
  /// [program NAME] of the broker's configuration; empty optional: not known here, not checked.
  std::optional<Names> programs;
  /// Names of secrets for webhooks, in the same way.
  std::optional<Names> secrets;
  /// Data states that need no row: people or programs read them.
  Names states = standard_states();

  /// The states of a job and of a message that Yizhan ships.
  static Names standard_states();
};

/// All findings, by file and line.
std::vector<Finding> check(const Tables& tables, const CheckOptions& options = {});

/// Whether one of them is an error.
bool has_errors(std::span<const Finding> findings);

}  // namespace yizhan::rules
