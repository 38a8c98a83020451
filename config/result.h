#pragma once
// The one way a function here reports that the world, or the other side, failed: a value.
// Our own bugs are not values: CHECK() aborts, also in release builds.

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace yizhan {

/// What a caller may branch on. Everything else about a failure is in the message.
enum class Code {
  kInvalid,      ///< the input is wrong; repeating it cannot help
  kNotFound,     ///< the thing named does not exist
  kConflict,     ///< it exists already, with other content
  kDenied,       ///< the caller may not do this
  kLimit,        ///< a named limit was reached
  kUnavailable,  ///< the other side or a resource is away for now; trying again can help
  kCorrupt,      ///< stored data is damaged
  kIo,           ///< the operating system refused (disk full, no permission, I/O error)
};

/// Machine name of a code, as used in JSON answers: "invalid", "not-found", …
const char* code_name(Code code);

struct Error {
  Code code;
  /// What was attempted, on what, why it failed, and what to do next. One line, no trailing stop.
  std::string message;
};

/// A value or an Error. Value access on an error is our bug and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return *get(); }
  const T& value() const& { return *const_cast<Result*>(this)->get(); }
  T&& value() && { return std::move(*get()); }
  T& operator*() & { return *get(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*get()); }
  T* operator->() { return get(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  T* get() {
    T* value = std::get_if<0>(&state_);
    if (value == nullptr) {
      std::fprintf(stderr, "value() of an error: %s\n", error().message.c_str());
      std::abort();
    }
    return value;
  }
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};
using Status = Result<void>;

/// Adds what the caller was doing in front of the message; the code stays.
inline Error in_context(const std::string& doing, const Error& error) {
  return {error.code, doing + ": " + error.message};
}

namespace detail {
[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, what);
  std::abort();
}
}  // namespace detail

}  // namespace yizhan

/// A condition that only a bug of ours can break. On in release: wrong data must not be stored.
#define CHECK_THAT_HOLDS(condition) \
  ((condition) ? (void)0 : ::yizhan::detail::check_failed(#condition, __FILE__, __LINE__))

/// Leaves the function with the error of `expression`, if it has one.
#define TRY(expression)                                     \
  do {                                                      \
    auto&& try_result_ = (expression);                      \
    if (!try_result_.ok()) return try_result_.error();      \
  } while (false)

#define YIZHAN_CONCAT_(a, b) a##b
#define YIZHAN_CONCAT(a, b) YIZHAN_CONCAT_(a, b)
/// `TRY_ASSIGN(auto x, f())`: x takes the value, or the function returns the error.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_(YIZHAN_CONCAT(try_value_, __LINE__), declaration, expression)
#define TRY_ASSIGN_(name, declaration, expression) \
  auto name = (expression);                        \
  if (!name.ok()) return name.error();             \
  declaration = std::move(name).value()
