#pragma once
// What comes back from a probe page, and where it comes from. Pure; any bytes are survived.

#include <optional>
#include <string>
#include <string_view>

namespace yizhan::broker {

/// The value of `name` in "a=1&b=2", its escapes read. Empty if there is none, or more than one, or
/// more than kMaxFormFields fields, or a malformed escape or a NUL in any of them.
std::optional<std::string> form_value(std::string_view form, std::string_view name);

/// "/p/TOKEN" or "/p/TOKEN?lang=zh": the token, not yet checked; empty if it is another path.
std::string_view token_of(std::string_view target);

/// What is after the "?" of a target, or empty.
std::string_view query_of(std::string_view target);

/// An answer that a person gave by a button.
struct ProbeForm {
  std::string state;
  std::string nonce;
  bool operator==(const ProbeForm&) const = default;
};

/// Empty unless the body has state, nonce and confirm=1, each once.
std::optional<ProbeForm> read_probe_form(std::string_view body);

}  // namespace yizhan::broker
