#include "broker/http_proxies.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace yizhan::broker {
namespace {

TrustedProxies trusting(const std::vector<std::string>& networks) {
  std::vector<Network> parsed;
  for (const std::string& network : networks) parsed.push_back(*parse_network(network));
  return TrustedProxies(std::move(parsed));
}

HttpHead with(const std::vector<std::string>& values) {
  HttpHead head;
  head.fields.emplace_back("host", "localhost");
  for (const std::string& value : values) head.fields.emplace_back("x-forwarded-for", value);
  return head;
}

}  // namespace

TEST_CASE("without trusted proxies nobody's word is taken") {
  const TrustedProxies none;
  CHECK(none.client_of("203.0.113.5", with({"192.0.2.7"})) == "203.0.113.5");
  CHECK_FALSE(none.trusts("127.0.0.1"));
}

TEST_CASE("what an untrusted peer says of its address is ignored") {
  const TrustedProxies proxies = trusting({"10.0.0.1"});
  CHECK(proxies.client_of("203.0.113.5", with({"192.0.2.7"})) == "203.0.113.5");
  CHECK(proxies.client_of("203.0.113.5", with({"10.0.0.1"})) == "203.0.113.5");
}

TEST_CASE("behind a chain of proxies the right-most address that is not trusted counts") {
  const TrustedProxies proxies = trusting({"10.0.0.0/8", "2001:db8::/32"});
  struct Row {
    std::vector<std::string> headers;
    std::string client;
  };
  const Row row = GENERATE(
      Row{{}, "10.0.0.1"},  // it said nothing: it counts itself
      Row{{"192.0.2.7"}, "192.0.2.7"},
      Row{{"198.51.100.9, 192.0.2.7"}, "192.0.2.7"},  // the left one is the client's own writing
      Row{{"192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
      Row{{"198.51.100.9, 192.0.2.7,10.0.0.2 ,\t10.0.0.3"}, "192.0.2.7"},
      Row{{"198.51.100.9", "192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
      Row{{"192.0.2.7", "10.0.0.2"}, "192.0.2.7"},
      Row{{"10.0.0.4, 10.0.0.2"}, "10.0.0.4"},  // all of them trusted: the first
      Row{{"192.0.2.7, 2001:db8::5"}, "192.0.2.7"}, Row{{"192.0.2.7:41000"}, "192.0.2.7"},
      Row{{"[2001:db9::1]:41000"}, "2001:db9::1"}, Row{{"2001:DB9:0::1"}, "2001:db9::1"},
      Row{{"::ffff:192.0.2.7"}, "192.0.2.7"},
      // No address: the proxy that says so is all that is known.
      Row{{"unknown"}, "10.0.0.1"}, Row{{"192.0.2.7, unknown"}, "10.0.0.1"},
      Row{{"192.0.2.7, , 10.0.0.2"}, "10.0.0.2"}, Row{{"192.0.2.7,"}, "10.0.0.1"},
      Row{{","}, "10.0.0.1"}, Row{{"[", "]"}, "10.0.0.1"}, Row{{"1.2.3.4\\n5"}, "10.0.0.1"},
      Row{{"<script>"}, "10.0.0.1"}, Row{{"fe80::1%eth0"}, "fe80::1"});
  INFO(row.client << " of " << Catch::StringMaker<std::vector<std::string>>::convert(row.headers));
  CHECK(proxies.client_of("10.0.0.1", with(row.headers)) == row.client);
}

TEST_CASE("a proxy on an IPv6 socket is the same proxy") {
  CHECK(trusting({"127.0.0.1"}).client_of("::ffff:127.0.0.1", with({"192.0.2.7"})) == "192.0.2.7");
}

}  // namespace yizhan::broker
