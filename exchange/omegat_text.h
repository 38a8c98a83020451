#pragma once
// Pieces of text that the files of OmegaT are made of. Pure.

#include <cstddef>
#include <string_view>

namespace yizhan::exchange {

/// Without blanks, tabs and line ends at both ends.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

/// The size of the longest prefix of at most `size` bytes that does not cut a character.
inline std::size_t utf8_prefix(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80) --size;
  return size;
}

/// The next line, without its end ("\n" or "\r\n"); `rest` loses it.
inline std::string_view take_line(std::string_view* rest) {
  const std::size_t end = rest->find('\n');
  std::string_view line = rest->substr(0, end);
  *rest = end == std::string_view::npos ? std::string_view() : rest->substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace yizhan::exchange
