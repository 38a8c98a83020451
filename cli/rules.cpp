// The instruction tables as files.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/rules_text.h"
#include "config/files.h"

namespace yizhan::cli {

namespace {

constexpr std::size_t kMaxRuleBytes = 16 * 1024 * 1024;

Result<std::vector<std::string>> tables_in(const std::string& path) {
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
  if (files.empty()) return Error{Code::kInvalid, "no table (*.ini) is in the folder " + path};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<rules::RuleFile>> read_rule_files(const std::vector<std::string>& paths) {
  std::vector<rules::RuleFile> files;
  for (const std::string& path : paths) {
    TRY_ASSIGN(const std::vector<std::string> tables, tables_in(path));
    for (const std::string& table : tables) {
      TRY_ASSIGN(std::string text, read_file(table, kMaxRuleBytes));
      files.push_back({table, std::move(text)});
    }
  }
  return files;
}

int report_rule_errors(const std::vector<rules::RuleFile>& files) {
  const rules::ParseResult parsed = rules::parse_table(files);
  for (const std::string& error : parsed.errors) std::fprintf(stderr, "%s\n", error.c_str());
  return parsed.table ? kDone : kNo;
}

std::string joined(const std::vector<rules::RuleFile>& files) {
  std::string all;
  for (const rules::RuleFile& file : files) {
    all += file.text;
    if (!all.empty() && all.back() != '\n') all += '\n';
  }
  return all;
}

int run_rules_check(const Invocation& call) {
  const Result<std::vector<rules::RuleFile>> files = read_rule_files(call.all("FILE"));
  if (!files.ok()) return fail(files.error());
  const rules::ParseResult parsed = rules::parse_table(*files);
  if (call.json) {
    Json json = Json::object();
    json["ok"] = parsed.table.has_value();
    json["rows"] = parsed.table ? parsed.table->rows().size() : 0;
    json["errors"] = parsed.errors;
    print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return parsed.table ? kDone : kNo;
  }
  if (!parsed.table) return report_rule_errors(*files);
  print("ok: " + std::to_string(parsed.table->rows().size()) + " rows in " +
        std::to_string(files->size()) + " files\n");
  return kDone;
}

}  // namespace yizhan::cli
