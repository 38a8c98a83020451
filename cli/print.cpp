#include "cli/print.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "config/printable.h"

namespace yizhan::cli {

namespace {

constexpr std::size_t kGap = 2;
/// More bytes than any line needs; what is longer is cut by its cells anyway.
constexpr std::size_t kMaxLineBytes = 64 * 1024;

std::size_t width_of(UChar32 character) {
  if (character < 0) return 1;
  switch (u_charType(character)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
    case U_CONTROL_CHAR:
      return 0;
    default:
      break;
  }
  const auto width =
      static_cast<UEastAsianWidth>(u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH));
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

/// Calls `visit` with the end and the width of each character, until it returns false.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    UChar32 character = 0;
    U8_NEXT(bytes, at, text.size(), character);
    if (!visit(at, width_of(character))) return;
  }
}

std::string padded(const std::string& text, std::size_t cells) {
  const std::size_t width = display_width(text);
  return width < cells ? text + std::string(cells - width, ' ') : text;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t cells = 0;
  each_character(text, [&](std::size_t, std::size_t width) {
    cells += width;
    return true;
  });
  return cells;
}

std::string one_line(std::string_view text, std::size_t cells) {
  std::string line = printable(text, kMaxLineBytes);
  if (display_width(line) <= cells) return line;
  std::size_t used = 0;
  std::size_t end = 0;
  each_character(line, [&](std::size_t next, std::size_t width) {
    if (used + width + 1 > cells) return false;
    used += width;
    end = next;
    return true;
  });
  line.resize(end);
  return line + "…";
}

std::string format_table(const std::vector<std::string>& titles,
                         const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  std::vector<std::size_t> shown;
  std::vector<std::size_t> widths(titles.size());
  std::vector<std::vector<std::string>> lines = {titles};
  for (const auto& row : rows) {
    lines.emplace_back();
    for (std::size_t i = 0; i < titles.size(); ++i) {
      lines.back().push_back(i < row.size() ? one_line(row[i], kMaxColumnCells) : "");
    }
  }
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const bool any = std::any_of(lines.begin() + 1, lines.end(),
                                 [&](const auto& line) { return !line[i].empty(); });
    if (any) shown.push_back(i);
    for (const auto& line : lines) widths[i] = std::max(widths[i], display_width(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    std::string out;
    for (const std::size_t i : shown) out += padded(line[i], widths[i] + kGap);
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + "\n";
  }
  return text;
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

void print_error(std::string_view text) {
  std::fprintf(stderr, "yizhan: %.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace yizhan::cli
