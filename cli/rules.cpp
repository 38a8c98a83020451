// The instruction tables as files.

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/rules_text.h"
#include "rules/check.h"
#include "rules/files.h"

namespace yizhan::cli {

namespace {

/// What is wrong with the tables in `files`.
struct Judged {
  std::size_t rows = 0;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

Judged judge(const std::vector<rules::RuleFile>& files) {
  Judged judged;
  const rules::ParseResult parsed = rules::parse_tables(files);
  judged.errors = parsed.errors;
  if (!parsed.tables) return judged;
  judged.rows = parsed.tables->rows();
  for (const rules::Finding& finding : rules::check(*parsed.tables)) {
    const bool error = finding.severity == rules::Severity::kError;
    (error ? judged.errors : judged.warnings).push_back(rules::format_finding(finding));
  }
  return judged;
}

}  // namespace

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
  const Judged judged = judge(files);
  for (const std::string& line : judged.warnings) std::fprintf(stderr, "%s\n", line.c_str());
  for (const std::string& line : judged.errors) std::fprintf(stderr, "%s\n", line.c_str());
  return judged.errors.empty() ? kDone : kNo;
}

int run_rules_check(const Invocation& call) {
  const Result<std::vector<rules::RuleFile>> files = read_rule_files(call.all("FILE"));
  if (!files.ok()) return fail(files.error());
  if (call.json) {
    const Judged judged = judge(*files);
    Json json = Json::object();
    json["ok"] = judged.errors.empty();
    json["rows"] = judged.rows;
    json["errors"] = judged.errors;
    json["warnings"] = judged.warnings;
    print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return judged.errors.empty() ? kDone : kNo;
  }
  if (const int code = report_rule_errors(*files); code != kDone) return code;
  print("ok: " + std::to_string(judge(*files).rows) + " rows in " + std::to_string(files->size()) +
        " files\n");
  return kDone;
}

}  // namespace yizhan::cli
