#include "config/printable.h"

#include <unicode/utf8.h>

#include <array>
#include <cstdint>
#include <cstdio>

namespace yizhan {

namespace {

constexpr std::string_view kCutMark = "…";

bool is_dangerous(UChar32 c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

std::string escaped(unsigned value, bool is_character) {
  if (is_character && value == '\n') return "\\n";
  if (is_character && value == '\t') return "\\t";
  if (is_character && value == '\r') return "\\r";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), value > 0xFF ? "\\u%04x" : "\\x%02x", value);
  return text.data();
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  // No character becomes shorter, so a prefix is enough; it also bounds the work and the indices.
  const bool longer = text.size() > max_bytes;
  const std::string_view seen = longer ? text.substr(0, max_bytes) : text;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(seen.data());
  std::string result;
  std::size_t cut_at = 0;  // the last place where the mark still fits behind what was written
  for (std::size_t at = 0; at < seen.size();) {
    const std::size_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, seen.size(), c);
    if (c < 0) {
      for (std::size_t i = start; i < at; ++i) result += escaped(bytes[i], false);
    } else if (is_dangerous(c)) {
      result += escaped(static_cast<unsigned>(c), true);
    } else {
      result += seen.substr(start, at - start);
    }
    if (result.size() + kCutMark.size() <= max_bytes) cut_at = result.size();
  }
  if (!longer && result.size() <= max_bytes) return result;
  result.resize(cut_at);
  if (kCutMark.size() <= max_bytes) result += kCutMark;
  return result;
}

}  // namespace yizhan
