// Values as they are written, and whole documents.

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "config/ini.h"
#include "config/ini_text.h"

namespace yizhan {

namespace ini {

namespace {

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}

/// Whether a text, written as it is, would be read back as another one: it has blanks at an end, or
/// quotes that would be taken off. Quotes are taken off exactly where this would put them, so that
/// reading and writing are inverse and `"so quoted"` stays what its writer typed.
bool needs_quotes(std::string_view text) {
  while (true) {
    if (text.empty()) return false;
    if (is_blank(text.front()) || is_blank(text.back())) return true;
    if (!is_quoted(text)) return false;
    text = text.substr(1, text.size() - 2);
  }
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  // Not std::tolower: the result must not depend on the locale.
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string read_value(std::string_view raw) {
  raw = trim(raw);
  if (is_quoted(raw) && needs_quotes(raw.substr(1, raw.size() - 2))) {
    raw = raw.substr(1, raw.size() - 2);
  }
  std::string value;
  value.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
    const std::size_t known = std::string_view("nt\\").find(next);
    if (next == '\0' || known == std::string_view::npos) {
      value += raw[i];
    } else {
      value += "\n\t\\"[known];
      ++i;
    }
  }
  return value;
}

std::string write_value(std::string_view value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(value.data());
  std::string text;
  text.reserve(value.size());
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, value.size(), c);
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (c < 0x20) {  // also what is not UTF-8: c is negative then
      text += "\xEF\xBF\xBD";
    } else {
      text += value.substr(start, at - start);
    }
  }
  return needs_quotes(text) ? '"' + text + '"' : text;
}

}  // namespace ini

namespace {

/// A table, since a broker asks for each character of each key that it is sent.
constexpr auto kNameCharacters = [] {
  std::array<bool, 256> is_name_character{};
  for (int c = 'a'; c <= 'z'; ++c) is_name_character[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) is_name_character[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) is_name_character[static_cast<std::size_t>(c)] = true;
  for (const char c : {'_', '.', '-'}) is_name_character[static_cast<std::size_t>(c)] = true;
  return is_name_character;
}();

bool is_name_character(char c) {
  return kNameCharacters[static_cast<unsigned char>(c)];
}

std::string forced_name(std::string_view name, bool is_header) {
  std::string forced(name.empty() ? "_" : name);
  const std::size_t space = is_header ? forced.find(' ') : std::string::npos;
  for (std::size_t i = 0; i < forced.size(); ++i) {
    const bool is_the_space = i == space && i > 0 && i + 1 < forced.size();
    if (!is_name_character(forced[i]) && !is_the_space) forced[i] = '_';
  }
  return forced;
}

}  // namespace

bool is_ini_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), is_name_character);
}

bool is_ini_section_name(std::string_view name) {
  const std::size_t space = name.find(' ');
  return is_ini_key(name.substr(0, space)) &&
         (space == std::string_view::npos || is_ini_key(name.substr(space + 1)));
}

std::string format_ini(const std::vector<IniSection>& sections) {
  std::string text;
  for (const IniSection& section : sections) {
    if (!text.empty()) text += '\n';
    text += '[' + forced_name(section.name, true) + "]\n";
    for (const IniEntry& entry : section.entries) {
      const std::string value = ini::write_value(entry.value);
      text += forced_name(entry.key, false) + (value.empty() ? " =" : " = ") + value + '\n';
    }
  }
  return text;
}

}  // namespace yizhan
