#include "broker/initial_rules.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "config/files.h"

namespace yizhan::broker {

namespace {

constexpr std::size_t kMaxRuleBytes = 16 * 1024 * 1024;

Result<std::vector<std::string>> rule_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  fs::directory_iterator entries(path, failure);
  while (!failure && entries != fs::directory_iterator()) {
    if (entries->path().extension() == ".ini") files.push_back(entries->path().string());
    entries.increment(failure);
  }
  if (failure) {
    return Error{Code::kIo, "reading folder " + path + ": " + failure.message() +
                                "; it is named by [rules] path"};
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::string> read_initial_rules(const std::string& path) {
  if (path.empty()) return std::string();
  TRY_ASSIGN(const std::vector<std::string> files, rule_files(path));
  std::string all;
  for (const std::string& file : files) {
    const Result<std::string> text = read_file(file, kMaxRuleBytes);
    if (!text.ok()) {
      return Error{text.error().code, text.error().message + "; it is named by [rules] path"};
    }
    all += *text;
    if (!all.empty() && all.back() != '\n') all += '\n';
  }
  return all;
}

}  // namespace yizhan::broker
