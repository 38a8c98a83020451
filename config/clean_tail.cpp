#include "config/clean_tail.h"

#include <cstdint>

namespace yizhan {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The length of the well-formed UTF-8 character that `text` begins with, or 0. Overlong forms,
/// surrogates and numbers past U+10FFFF are not well-formed.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t size = 0;
  std::uint32_t value = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
    value = first & 0x1Fu;
  } else if ((first & 0xF0u) == 0xE0) {
    size = 3;
    value = first & 0x0Fu;
  } else if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    value = first & 0x07u;
  }
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80) return 0;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return overlong || surrogate || value > 0x10FFFF ? 0 : size;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

}  // namespace

std::string clean_tail(std::string_view text, std::size_t max_bytes) {
  // Every input byte can become the three bytes of U+FFFD, so the cut is made on the result.
  if (text.size() > max_bytes) text.remove_prefix(text.size() - max_bytes);
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const bool shown =
        size > 1 || (size == 1 && (!is_control(text[0]) || text[0] == '\n' || text[0] == '\t'));
    clean += shown ? text.substr(0, size) : kReplacement;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  std::size_t cut = clean.size() > max_bytes ? clean.size() - max_bytes : 0;
  while (cut < clean.size() && (static_cast<unsigned char>(clean[cut]) & 0xC0u) == 0x80) ++cut;
  return clean.substr(cut);
}

}  // namespace yizhan
