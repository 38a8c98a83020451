#pragma once
// Bounds that both dialects keep alike.

#include <string>
#include <string_view>

#include "config/result.h"
#include "store/dialect.h"

namespace yizhan::store {

/// kLimit if `value` is too long for an indexed text column.
inline Status check_text(std::string_view what, std::string_view value) {
  if (value.size() <= kMaxIndexedText) return {};
  return Error{Code::kLimit, std::string(what) + " has " + std::to_string(value.size()) +
                                 " bytes, at most " + std::to_string(kMaxIndexedText) +
                                 " are stored"};
}

}  // namespace yizhan::store
