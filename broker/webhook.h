#pragma once
// A webhook as values: what is to be sent, what came of it, and how the other side knows that it is
// ours. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "config/time.h"

namespace yizhan::broker {

inline constexpr std::size_t kMaxWebhookUrlBytes = 2 * 1024;
inline constexpr std::size_t kMaxWebhookHeaders = 32;

using WebhookHeaders = std::vector<std::pair<std::string, std::string>>;

/// One POST. `effect` comes back in the result.
struct WebhookOrder {
  std::int64_t effect = 0;
  std::string url;
  WebhookHeaders headers;
  std::string body;
  Micros timeout = std::chrono::seconds{10};  ///< for all of it, from its first attempt to connect
};

/// Exactly one for each order.
struct WebhookResult {
  std::int64_t effect = 0;
  int status = 0;     ///< of the answer, whichever: a redirect is not followed; 0: there was none
  std::string error;  ///< why not; empty if there was an answer
  std::string body;   ///< its first kWebhookBodyKept bytes
};

struct WebhookUrl {
  bool tls = false;
  std::string host;  ///< without brackets
  std::string port;
  std::string target;  ///< path and query
  std::string host_header() const;
};

/// http:// or https://, without user, fragment, blanks or control characters. kInvalid with what is
/// wrong, kLimit.
Result<WebhookUrl> parse_webhook_url(std::string_view url);

/// kInvalid if one of them could be read as two, or is one of those that the client sets itself;
/// kLimit past kMaxWebhookHeaders.
Status check_webhook_headers(const WebhookHeaders& headers);

/// "sha256=" and the HMAC-SHA-256, in hexadecimal, of ID.TIMESTAMP.BODY with `secret`.
std::string sign_webhook(std::string_view secret, std::string_view id, std::int64_t timestamp,
                         std::string_view body);

/// The headers of a signed webhook: Idempotency-Key, X-Yizhan-Timestamp (seconds since 1970) and,
/// unless `secret` is empty, X-Yizhan-Signature.
WebhookHeaders webhook_headers(std::string_view secret, std::string_view id, Instant now,
                               std::string_view body);

}  // namespace yizhan::broker
