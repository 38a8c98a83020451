#include "exchange/omegat_stats.h"

#include <charconv>
#include <vector>

#include "exchange/omegat_text.h"

namespace yizhan::exchange {

namespace {

constexpr std::size_t kColumns = 4;  // segments, words, characters without and with blanks
constexpr std::size_t kRows = 4;     // all, left, unique, unique left

using Row = std::vector<std::uint64_t>;

/// The cells behind the label if all of them are numbers; else nothing.
Row numbers_in(std::string_view line) {
  Row row;
  std::size_t tab = line.find('\t');
  while (tab != std::string_view::npos) {
    line.remove_prefix(tab + 1);
    tab = line.find('\t');
    const std::string_view cell = trimmed(line.substr(0, tab));
    if (cell.empty() && tab == std::string_view::npos) break;  // lines end with a tab
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
    if (error != std::errc() || end != cell.data() + cell.size()) return {};
    row.push_back(number);
  }
  return row;
}

}  // namespace

int OmegatProgress::percent() const {
  if (segments_left == 0) return 100;
  return static_cast<int>((segments - segments_left) * 100 / segments);
}

Result<OmegatProgress> parse_omegat_stats(std::string_view text) {
  std::vector<Row> rows;
  while (!text.empty() && rows.size() < kRows) {
    Row row = numbers_in(take_line(&text));
    if (row.size() >= kColumns) {
      rows.push_back(std::move(row));
    } else if (!rows.empty()) {
      break;
    }
  }
  if (rows.size() < kRows || rows[1][0] > rows[0][0] || rows[3][0] > rows[2][0]) {
    return Error{Code::kInvalid, "project_stats.txt has no table of four rows of numbers"};
  }
  OmegatProgress progress;
  progress.segments = rows[0][0];
  progress.words = rows[0][1];
  progress.characters = rows[0][2];
  progress.segments_left = rows[1][0];
  progress.words_left = rows[1][1];
  progress.characters_left = rows[1][2];
  progress.unique_segments = rows[2][0];
  progress.unique_segments_left = rows[3][0];
  return progress;
}

}  // namespace yizhan::exchange
