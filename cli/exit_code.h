#pragma once
#include <string>

#include "config/result.h"

namespace yizhan::cli {

/// What the process returns (SPEC section 10).
enum ExitCode : int {
  kDone = 0,
  kNo = 1,  ///< rejected, not found, does not match
  kUsage = 2,
  kUnreachable = 3,  ///< no agent or broker answers; work was kept where possible
  kNotAllowed = 4,
  kInternal = 70,
};

ExitCode exit_code_of(Code code);

/// The same for the code_name() that a Reply carries; kDone for an empty one.
ExitCode exit_code_of(const std::string& code_name);

}  // namespace yizhan::cli
