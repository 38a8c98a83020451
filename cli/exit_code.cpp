#include "cli/exit_code.h"

namespace yizhan::cli {

ExitCode exit_code_of(Code code) {
  switch (code) {
    case Code::kInvalid:
    case Code::kNotFound:
    case Code::kConflict:
    case Code::kLimit:
    case Code::kCorrupt:
    case Code::kIo:
      return kNo;
    case Code::kDenied:
      return kNotAllowed;
    case Code::kUnavailable:
      return kUnreachable;
  }
  return kInternal;
}

ExitCode exit_code_of(const std::string& name) {
  if (name.empty()) return kDone;
  for (const Code code : {Code::kInvalid, Code::kNotFound, Code::kConflict, Code::kDenied,
                          Code::kLimit, Code::kUnavailable, Code::kCorrupt, Code::kIo}) {
    if (name == code_name(code)) return exit_code_of(code);
  }
  return kInternal;
}

}  // namespace yizhan::cli
