#include "broker/http_form.h"

#include <algorithm>

#include "broker/http_limits.h"

namespace yizhan::broker {

namespace {

constexpr std::string_view kProbePath = "/p/";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  return decoded;
}

}  // namespace

std::optional<std::string> form_value(std::string_view form, std::string_view name) {
  std::optional<std::string> found;
  for (std::size_t fields = 0; !form.empty(); ++fields) {
    if (fields == kMaxFormFields) return std::nullopt;
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view field = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    const auto key = decode(field.substr(0, equals));
    auto value = decode(field.substr(std::min(equals + 1, field.size())));
    if (!key || !value) return std::nullopt;
    if (*key != name) continue;
    if (found) return std::nullopt;
    found = std::move(value);
  }
  return found;
}

std::string_view token_of(std::string_view target) {
  if (!target.starts_with(kProbePath)) return {};
  target.remove_prefix(kProbePath.size());
  const std::string_view token = target.substr(0, target.find('?'));
  return token.find('/') == std::string_view::npos ? token : std::string_view();
}

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::optional<ProbeForm> read_probe_form(std::string_view body) {
  auto state = form_value(body, "state");
  auto nonce = form_value(body, "nonce");
  const auto confirm = form_value(body, "confirm");
  if (!state || state->empty() || !nonce || nonce->empty() || confirm != "1") return std::nullopt;
  return ProbeForm{std::move(*state), std::move(*nonce)};
}

}  // namespace yizhan::broker
