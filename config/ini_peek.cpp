// What can be said of a document without parsing it.

#include <algorithm>

#include "config/ini.h"
#include "config/ini_text.h"

namespace yizhan {

namespace {

constexpr std::size_t kPeekBytes = 64 * 1024;
constexpr char kNotAscii = '\x1A';  // stands for any character that no header has

/// The characters of a document by position, ASCII only, whatever its width.
class Characters {
 public:
  explicit Characters(std::string_view bytes) : bytes_(bytes) {
    const std::string_view mark = bytes.substr(0, 2);
    if (mark == "\xFF\xFE" || mark == "\xFE\xFF") {
      width_ = 2;
      low_byte_ = mark == "\xFF\xFE" ? 0 : 1;
      bytes_.remove_prefix(2);
    } else if (bytes.substr(0, 3) == "\xEF\xBB\xBF") {
      bytes_.remove_prefix(3);
    }
  }

  std::size_t size() const { return bytes_.size() / width_; }

  char operator[](std::size_t i) const {
    if (width_ == 1) return bytes_[i];
    const char low = bytes_[2 * i + low_byte_];
    const char high = bytes_[2 * i + 1 - low_byte_];
    return high == '\0' ? low : kNotAscii;
  }

 private:
  std::string_view bytes_;
  std::size_t width_ = 1;
  std::size_t low_byte_ = 0;
};

bool is_space(char c) {
  return ini::is_blank(c) || c == '\r' || c == '\n';
}

bool starts_comment(char c) {
  return c == ';' || c == '#';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether "[name]" stands at `start`, and ends before `end`.
bool header_at(const Characters& text, std::size_t start, std::size_t end, std::string_view name) {
  if (end - start < name.size() + 2 || text[start] != '[') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (lower(text[start + 1 + i]) != name[i]) return false;
  }
  return text[start + 1 + name.size()] == ']';
}

}  // namespace

bool first_section_is(std::string_view bytes, std::string_view name) {
  const Characters text(bytes.substr(0, kPeekBytes));
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) return false;
    if (!starts_comment(text[at])) return header_at(text, at, text.size(), name);
    while (at < text.size() && text[at] != '\n') ++at;
  }
}

bool ends_with_end_section(std::string_view bytes) {
  constexpr std::string_view kEnd = "end";
  const Characters text(bytes);
  std::size_t end = text.size();
  while (true) {
    while (end > 0 && is_space(text[end - 1])) --end;
    if (end == 0) return false;
    std::size_t line = end;
    while (line > 0 && text[line - 1] != '\n') --line;
    std::size_t first = line;
    while (is_space(text[first])) ++first;  // stops at text[end - 1] at the latest
    if (!starts_comment(text[first])) {
      return end - first == kEnd.size() + 2 && header_at(text, first, end, kEnd);
    }
    end = line;
  }
}

}  // namespace yizhan
