#include "broker/webhook.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "config/ids.h"

namespace yizhan::broker {

namespace {

constexpr std::string_view kTokenSigns = "!#$%&'*+-.^_`|~";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter_or_digit(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || kTokenSigns.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

bool is_host(std::string_view host, bool bracketed) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    return is_letter_or_digit(c) || c == '.' || (bracketed ? c == ':' : c == '-' || c == '_');
  });
}

Error url_error(std::string_view why) {
  return {Code::kInvalid,
          "the webhook's URL " + std::string(why) + "; write one such as https://example.com/hook"};
}

Status read_authority(std::string_view authority, WebhookUrl& url) {
  if (authority.find('@') != std::string_view::npos) {
    return url_error("has a user or password in it, which would be logged");
  }
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
  const std::size_t host_end = std::min(end, authority.size());
  url.host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  if ((bracketed && end == std::string_view::npos) || !is_host(url.host, bracketed)) {
    return url_error("has no host");
  }
  const std::string_view rest = authority.substr(bracketed ? end + 1 : host_end);
  url.port = url.tls ? "443" : "80";
  if (rest.empty()) return {};
  url.port = rest.substr(1);
  const bool good = rest.front() == ':' && !url.port.empty() && url.port.size() <= 5 &&
                    std::all_of(url.port.begin(), url.port.end(), is_digit) &&
                    std::stoi(url.port) >= 1 && std::stoi(url.port) <= 65535;
  return good ? Status() : url_error("has a port that is none");
}

}  // namespace

std::string WebhookUrl::host_header() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

Result<WebhookUrl> parse_webhook_url(std::string_view text) {
  if (text.size() > kMaxWebhookUrlBytes) {
    return Error{Code::kLimit, "the webhook's URL is longer than " +
                                   std::to_string(kMaxWebhookUrlBytes) + " bytes"};
  }
  WebhookUrl url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) return url_error("is neither http nor https");
  text.remove_prefix(url.tls ? 8 : 7);
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return url_error("has a blank or a character that is not ASCII");
  }
  if (text.find('#') != std::string_view::npos) return url_error("has a fragment");
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  TRY(read_authority(text.substr(0, end), url));
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

Status check_webhook_headers(const WebhookHeaders& headers) {
  static constexpr std::array<std::string_view, 6> kOurs = {
      "host", "content-length", "transfer-encoding", "connection", "expect", "trailer"};
  if (headers.size() > kMaxWebhookHeaders) {
    return Error{Code::kLimit, "a webhook may have " + std::to_string(kMaxWebhookHeaders) +
                                   " headers, not " + std::to_string(headers.size())};
  }
  for (const auto& [name, value] : headers) {
    std::string small(name);
    std::transform(small.begin(), small.end(), small.begin(), [](char c) { return lower(c); });
    if (!is_token(name) || !is_value(value)) {
      return Error{Code::kInvalid, "a webhook's header has a character that may not be in it"};
    }
    if (std::find(kOurs.begin(), kOurs.end(), small) != kOurs.end()) {
      return Error{Code::kInvalid, "a webhook's header " + name + " cannot be set"};
    }
  }
  return {};
}

std::string sign_webhook(std::string_view secret, std::string_view id, std::int64_t timestamp,
                         std::string_view body) {
  crypto_auth_hmacsha256_state state;
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
  const std::string start = std::string(id) + "." + std::to_string(timestamp) + ".";
  crypto_auth_hmacsha256_update(&state, bytes(start), start.size());
  crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
  Sha256 hash;
  crypto_auth_hmacsha256_final(&state, hash.data.data());
  return "sha256=" + to_hex(hash);
}

WebhookHeaders webhook_headers(std::string_view secret, std::string_view id, Instant now,
                               std::string_view body) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  WebhookHeaders headers = {{"Idempotency-Key", std::string(id)},
                            {"X-Yizhan-Timestamp", std::to_string(seconds)}};
  if (!secret.empty()) {
    headers.emplace_back("X-Yizhan-Signature", sign_webhook(secret, id, seconds, body));
  }
  return headers;
}

}  // namespace yizhan::broker
