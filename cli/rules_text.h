#pragma once
#include <string>
#include <vector>

#include "config/result.h"
#include "rules/parse.h"

namespace yizhan::cli {

/// The tables in `paths`: each a file, or a folder whose *.ini are taken in the order of their
/// names. kNotFound, kLimit, kIo; kInvalid for a folder without any.
Result<std::vector<rules::RuleFile>> read_rule_files(const std::vector<std::string>& paths);

/// Reads them as one table; tells every error on standard error. The exit code.
int report_rule_errors(const std::vector<rules::RuleFile>& files);

}  // namespace yizhan::cli
