#include "broker/initial_rules.h"

#include "rules/files.h"

namespace yizhan::broker {

Result<std::vector<rules::RuleFile>> read_initial_rules(const std::string& path) {
  if (path.empty()) return std::vector<rules::RuleFile>();
  auto files = rules::read_rule_files(path);
  if (files.ok()) return files;
  return Error{files.error().code, files.error().message + "; it is named by [rules] path"};
}

}  // namespace yizhan::broker
