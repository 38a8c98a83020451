// The instruction tables as files.

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/rules_text.h"
#include "rules/files.h"

namespace yizhan::cli {

Result<std::vector<rules::RuleFile>> read_rule_files(const std::vector<std::string>& paths) {
  std::vector<rules::RuleFile> all;
  for (const std::string& path : paths) {
    TRY_ASSIGN(std::vector<rules::RuleFile> files, rules::read_rule_files(path));
    if (files.empty()) return Error{Code::kInvalid, "no table (*.ini) is in the folder " + path};
    std::move(files.begin(), files.end(), std::back_inserter(all));
  }
  return all;
}

int report_rule_errors(const std::vector<rules::RuleFile>& files) {
  const rules::ParseResult parsed = rules::parse_table(files);
  for (const std::string& error : parsed.errors) std::fprintf(stderr, "%s\n", error.c_str());
  return parsed.table ? kDone : kNo;
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
