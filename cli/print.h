#pragma once
// Text for a terminal: columns that stay aligned with Chinese in them, and nothing in it that could
// drive the terminal.

#include <string>
#include <string_view>
#include <vector>

namespace yizhan::cli {

/// Cells that `text` takes on a terminal: two for wide characters (CJK, emoji), none for combining
/// and formatting ones. Bytes that are not UTF-8 count one each.
std::size_t display_width(std::string_view text);

/// `text` on one line, with control characters escaped, cut to `cells` with "…" at the end.
std::string one_line(std::string_view text, std::size_t cells);

/// Rows of cells below titles; every column but the last is as wide as its widest cell, at most
/// kMaxColumnCells. Columns that are empty in every row are left out. Ends with a newline; empty if
/// there are no rows.
std::string format_table(const std::vector<std::string>& titles,
                         const std::vector<std::vector<std::string>>& rows);

inline constexpr std::size_t kMaxColumnCells = 60;

/// Writes to standard output at once. False when nobody reads it any more (closed pipe) or it
/// cannot be written: the caller ends, without words.
bool print(std::string_view text);

/// "yizhan: TEXT" on standard error; `text` may have several lines.
void print_error(std::string_view text);

}  // namespace yizhan::cli
