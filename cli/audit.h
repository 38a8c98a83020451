#pragma once
// Following the audit log's chain: the broker does it a page at a time, this asks until the end.

#include <functional>
#include <string>

#include "cli/view.h"
#include "config/result.h"

namespace yizhan::cli {

/// Asks `ask` (the verb audit.verify) until the chain's end or its first row that does not fit:
/// {"whole": true, "rows": 12, "head": "..."}, with `why` if it is not whole. With `noted`, the
/// hash of a row, the log is whole only if that row is in it. Errors are those of `ask`; kCorrupt
/// if its pages do not go on.
Result<Json> follow_audit(const std::string& noted,
                          const std::function<Result<Json>(const Json&)>& ask);

}  // namespace yizhan::cli
