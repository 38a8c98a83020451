#pragma once
// Dates, statuses and numbers as other tools write them, and as records keep them.

#include <optional>
#include <string>
#include <string_view>

namespace yizhan::exchange {

/// "20240305T101500Z", "2024-03-05T10:15:00Z" (also with an offset or a fraction) and "2024-03-05"
/// as ISO 8601 UTC in whole seconds. Empty if it is none of these, or no real time.
std::optional<std::string> iso_time(std::string_view text);
/// ISO 8601 as TMX wants it: "20240305T101500Z". Empty if it is not ISO 8601.
std::optional<std::string> tmx_time(std::string_view iso);

/// Our status of a unit for that of another tool; empty if it has none.
std::string_view status_from_word(std::string_view word);  ///< our own, "approved"
std::string_view status_from_trados(std::string_view level);
std::string_view trados_from_status(std::string_view status);
std::string_view status_from_memoq(std::string_view status);
std::string_view status_from_xliff1(std::string_view state);
std::string_view status_from_xliff2(std::string_view state);
/// The higher, the more people have confirmed it; -1 for words that are no status.
int status_rank(std::string_view status);

/// Our status of a term: preferred, admitted, deprecated, forbidden, proposed. Empty if unknown.
std::string_view term_status_from(std::string_view word);
/// "preferredTerm-admn-sts", …; empty for those that TBX has no word for.
std::string_view tbx_from_term_status(std::string_view status);

}  // namespace yizhan::exchange
