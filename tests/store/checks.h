#pragma once
// Short words for tests of Results.

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "config/result.h"

namespace yizhan::store {

/// The value, or a failed test that shows the error.
template <class T>
T take(Result<T> result) {
  if (!result.ok()) FAIL(code_name(result.error().code) << ": " << result.error().message);
  return std::move(result).value();
}
inline void take(const Status& status) {
  if (!status.ok()) FAIL(code_name(status.error().code) << ": " << status.error().message);
}

/// "ok", or the name of the error's code.
template <class T>
std::string outcome(const Result<T>& result) {
  return result.ok() ? "ok" : code_name(result.error().code);
}

/// `size` bytes in which every value occurs.
inline std::string all_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>(at * 7 + at / 256);
  return bytes;
}

}  // namespace yizhan::store
