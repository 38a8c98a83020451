#include "rules/files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/files.h"
#include "config/ini_decode.h"
#include "config/printable.h"

namespace yizhan::rules {
namespace {

constexpr std::string_view kFileMark = ";;; file ";
constexpr std::size_t kMaxFileName = 4096;

Result<std::vector<std::string>> tables_at(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  fs::directory_iterator entries(path, failure);
  while (!failure && entries != fs::directory_iterator()) {
    if (entries->path().extension() == ".ini") files.push_back(entries->path().string());
    entries.increment(failure);
  }
  if (failure) return Error{Code::kIo, "reading folder " + path + ": " + failure.message()};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<RuleFile>> read_rule_files(const std::string& path) {
  TRY_ASSIGN(const std::vector<std::string> tables, tables_at(path));
  std::vector<RuleFile> files;
  for (const std::string& table : tables) {
    TRY_ASSIGN(std::string text, read_file(table, kMaxRuleFileBytes));
    files.push_back({table, std::move(text)});
  }
  return files;
}

Result<std::string> join_files(std::span<const RuleFile> files) {
  std::string all;
  for (const RuleFile& file : files) {
    TRY_ASSIGN(const std::string text, ini_as_utf8(file.text, file.name));
    all += std::string(kFileMark) + printable(file.name, kMaxFileName) + "\n" + text;
    if (all.back() != '\n') all += '\n';
  }
  return all;
}

std::vector<RuleFile> split_files(std::string_view text, const std::string& nameless) {
  std::vector<RuleFile> files;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (line.starts_with(kFileMark) && line.ends_with('\n')) {
      const std::string_view name = line.substr(kFileMark.size(), end - kFileMark.size() - 1);
      files.push_back({std::string(name), ""});
      continue;
    }
    if (files.empty()) files.push_back({nameless, ""});
    files.back().text += line;
  }
  return files;
}

}  // namespace yizhan::rules
