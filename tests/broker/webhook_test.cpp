#include "broker/webhook.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::broker {

TEST_CASE("a webhook is signed as any HMAC-SHA-256 would sign it") {
  // printf '42.1772587920.{"a":1}' | openssl dgst -sha256 -hmac geheim
  CHECK(sign_webhook("geheim", "42", 1'772'587'920, R"({"a":1})") ==
        "sha256=b0fb51d5b130b1962ba2cd3a3daf3c7ec273887ee3058d25c9078b64508663bc");
  CHECK(sign_webhook("geheim", "42", 1'772'587'921, R"({"a":1})") !=
        sign_webhook("geheim", "42", 1'772'587'920, R"({"a":1})"));
  CHECK(sign_webhook("other", "42", 1'772'587'920, R"({"a":1})") !=
        sign_webhook("geheim", "42", 1'772'587'920, R"({"a":1})"));
}

TEST_CASE("a signed webhook carries its id, its time and its signature") {
  const WebhookHeaders headers =
      webhook_headers("geheim", "42", from_micros(1'772'587'920'999'999), R"({"a":1})");
  CHECK(headers == WebhookHeaders{{"Idempotency-Key", "42"},
                                  {"X-Yizhan-Timestamp", "1772587920"},
                                  {"X-Yizhan-Signature",
                                   sign_webhook("geheim", "42", 1'772'587'920, R"({"a":1})")}});
  CHECK(webhook_headers("", "42", from_micros(0), "").size() == 2);
  CHECK(check_webhook_headers(headers).ok());
}

TEST_CASE("URLs of webhooks are read") {
  const struct {
    const char* text;
    bool tls;
    const char* host;
    const char* port;
    const char* target;
    const char* header;
  } kCases[] = {
      {"http://example.com", false, "example.com", "80", "/", "example.com"},
      {"https://example.com/a?b=c", true, "example.com", "443", "/a?b=c", "example.com"},
      {"https://example.com?b", true, "example.com", "443", "/?b", "example.com"},
      {"http://example.com:8080/", false, "example.com", "8080", "/", "example.com:8080"},
      {"https://[::1]:9/x", true, "::1", "9", "/x", "[::1]:9"},
      {"http://[::1]", false, "::1", "80", "/", "[::1]"},
  };
  for (const auto& one : kCases) {
    INFO(one.text);
    const auto url = parse_webhook_url(one.text);
    REQUIRE(url.ok());
    CHECK(url->tls == one.tls);
    CHECK(url->host == one.host);
    CHECK(url->port == one.port);
    CHECK(url->target == one.target);
    CHECK(url->host_header() == one.header);
  }
}

TEST_CASE("what is no URL of a webhook is refused") {
  for (const char* text :
       {"", "ftp://example.com", "example.com", "http://", "http:///x", "http://a b/",
        "http://a/b c", "http://user:password@example.com/", "http://example.com/#x",
        "http://example.com:/", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:8x/", "http://[::1/", "http://[::1]x/", "http://ex\r\nample.com/",
        "http://example.com/\x7f", "http://例子/", "HTTP://example.com"}) {
    INFO(text);
    const auto url = parse_webhook_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().code == Code::kInvalid);
  }
}

TEST_CASE("a webhook's URL has at most kMaxWebhookUrlBytes") {
  const std::string start = "http://a/";
  const std::string longest = start + std::string(kMaxWebhookUrlBytes - start.size(), 'x');
  CHECK(parse_webhook_url(longest).ok());
  const auto refused = parse_webhook_url(longest + "x");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::kLimit);
}

TEST_CASE("headers that would become two, or that frame the request, are refused") {
  CHECK(check_webhook_headers({{"X-A", "b\tc"}, {"X-B", ""}}).ok());
  for (const auto& [name, value] : WebhookHeaders{{"", "a"},
                                                  {"X A", "a"},
                                                  {"X-A", "a\r\nX-B: c"},
                                                  {"X-A:", "a"},
                                                  {"X-A", std::string("\0", 1)},
                                                  {"Host", "a"},
                                                  {"content-LENGTH", "1"},
                                                  {"Transfer-Encoding", "chunked"},
                                                  {"Connection", "keep-alive"}}) {
    INFO(name << ": " << value);
    CHECK_FALSE(check_webhook_headers({{name, value}}).ok());
  }
  CHECK(check_webhook_headers(WebhookHeaders(kMaxWebhookHeaders, {"X-A", "b"})).ok());
  CHECK_FALSE(check_webhook_headers(WebhookHeaders(kMaxWebhookHeaders + 1, {"X-A", "b"})).ok());
}

}  // namespace yizhan::broker
