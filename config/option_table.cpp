#include "config/option_table.h"

#include "config/ini_text.h"
#include "config/nearest.h"
#include "config/printable.h"

namespace yizhan {

namespace {

constexpr std::size_t kProseWidth = 98;
constexpr IniLimits kConfigLimits{.max_bytes = 1024 * 1024,
                                  .max_value_bytes = 8 * 1024,
                                  .max_name_bytes = 64,
                                  .max_sections = 1000,
                                  .max_entries_per_section = 1000};

}  // namespace

Error option_error(const ConfigFile& file, int line, std::string_view section, std::string_view key,
                   const Error& error) {
  return ini::error_at(
      error.code, file.path, line,
      "[" + std::string(section) + "] " + std::string(key) + ": " + printable(error.message, 600));
}

Error unknown_key(const ConfigFile& file, const IniSection& section, const IniEntry& entry,
                  const std::vector<std::string_view>& known) {
  return ini::error_at(
      Code::kInvalid, file.path, entry.line,
      "[" + section.name + "] has no key \"" + entry.key + "\"" + did_you_mean(entry.key, known));
}

Error unknown_section(const ConfigFile& file, const IniSection& section,
                      const std::vector<std::string_view>& known) {
  const std::size_t space = section.name.find(' ');
  const std::string word = section.name.substr(0, space);
  for (const std::string_view each : known) {
    if (each != word) continue;
    return ini::error_at(Code::kInvalid, file.path, section.line,
                         space == std::string::npos
                             ? "[" + word + "] needs a name; write [" + word + " NAME]"
                             : "[" + word + "] has no name; write [" + word + "]");
  }
  return ini::error_at(Code::kInvalid, file.path, section.line,
                       "there is no section [" + section.name + "]" + did_you_mean(word, known));
}

Error missing_key(const ConfigFile& file, const IniSection& section, std::string_view key) {
  return ini::error_at(Code::kInvalid, file.path, section.line,
                       "[" + section.name + "] needs the key \"" + std::string(key) + "\"");
}

Result<IniDocument> parse_config(const std::string& path, std::string_view text) {
  TRY_ASSIGN(IniDocument document, parse_ini(text, path, kConfigLimits));
  // A task file may be guessed at, with a warning; a guessed path or program may not.
  if (document.encoding == IniEncoding::kGb18030) {
    return ini::error_at(Code::kInvalid, path, 1, "not UTF-8; save the file as UTF-8");
  }
  return document;
}

std::string folder_of_config(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::string sample_prose(std::string_view text) {
  std::string lines;
  std::string line = "#";
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (line.size() + 1 + word.size() > kProseWidth) {
      lines += line + "\n";
      line = "#";
    }
    line += " " + std::string(word);
  }
  return lines + line + "\n";
}

std::string sample_key(std::string_view key, std::string_view value) {
  // The example of a row for many keys brings its own key: "kind = task" below "when.".
  if (!key.empty() && key.back() == '.') return "#" + std::string(key) + std::string(value) + "\n";
  const std::string written = ini::write_value(value);
  return "#" + std::string(key) + (written.empty() ? " =" : " = ") + written + "\n";
}

bool matches_row(std::string_view row_key, std::string_view key, std::string_view* rest) {
  *rest = {};
  if (row_key == key) return row_key.back() != '.';
  if (row_key.back() != '.' || key.size() <= row_key.size() ||
      key.substr(0, row_key.size()) != row_key) {
    return false;
  }
  *rest = key.substr(row_key.size());
  return true;
}

}  // namespace yizhan
