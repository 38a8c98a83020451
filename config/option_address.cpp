// Addresses, URLs and keys in configuration files.

#include <algorithm>

#include "config/ids.h"
#include "config/option_value.h"
#include "config/signing.h"

namespace yizhan {

namespace {

constexpr std::string_view kTcp = "tcp://";

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::all_of(host.begin(), host.end(), [bracketed](char c) {
    return is_letter_or_digit(c) || c == '.' ||
           (bracketed ? c == ':' || c == '%' : c == '-' || c == '_');
  });
}

Status check_address(std::string_view address, std::string_view whole, bool to_listen) {
  const std::size_t colon = address.rfind(':');
  const std::string_view host = address.substr(0, colon);
  const bool has_port = colon != std::string_view::npos;
  const auto port =
      read_integer(has_port ? address.substr(colon + 1) : "", to_listen ? 0 : 1, 65535);
  if (!port.ok() || !(is_host(host) || (to_listen && host == "*"))) {
    return Error{Code::kInvalid,
                 "\"" + std::string(whole) + "\" is not an address such as " +
                     (whole == address ? "127.0.0.1:8480" : "tcp://127.0.0.1:8470")};
  }
  return {};
}

Status check_tcp(std::string_view text, bool to_listen) {
  if (!starts_with(text, kTcp)) {
    return Error{Code::kInvalid,
                 "\"" + std::string(text) + "\" is not an address such as tcp://127.0.0.1:8470"};
  }
  return check_address(text.substr(kTcp.size()), text, to_listen);
}

}  // namespace

Status check_listen_address(std::string_view text) {
  return check_address(text, text, true);
}

Status check_tcp_listen(std::string_view text) {
  return check_tcp(text, true);
}

Status check_tcp_peer(std::string_view text) {
  return check_tcp(text, false);
}

Status check_http_url(std::string_view text) {
  const bool known = starts_with(text, "http://") || starts_with(text, "https://");
  const bool clean =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '"'; });
  if (known && clean && text.back() != '/') return {};
  return Error{Code::kInvalid, "\"" + std::string(text) +
                                   "\" is not a URL such as https://relay.example.com (without a "
                                   "slash at the end)"};
}

Status check_store_url(std::string_view text) {
  if (starts_with(text, "sqlite:///") && text.size() > 10) return {};
  if (starts_with(text, "mysql://") && text.size() > 8) return {};
  return Error{Code::kInvalid, "\"" + without_password(std::string(text)) +
                                   "\" is neither sqlite:///path nor "
                                   "mysql://user:password@host:port/db"};
}

std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  // The last "@" before the path: a password may hold one, and rather too much is hidden.
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos || at < start) return url;
  const std::size_t colon = url.find(':', start);
  if (colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon + 1) + "***" + url.substr(at);
}

Status check_public_key(std::string_view text) {
  if (public_key_from_z85(text)) return {};
  return Error{Code::kInvalid,
               "not a public key: 40 characters, as in the broker's file broker.pub"};
}

Status check_verify_key(std::string_view text) {
  if (parse_verify_key(text)) return {};
  return Error{Code::kInvalid,
               "not a key of a signer: 40 characters, as `yizhan key` shows them (the keys of "
               "brokers and agents are others)"};
}

}  // namespace yizhan
