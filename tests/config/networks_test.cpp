#include "config/networks.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan {
namespace {

bool contains(const char* network, const char* address) {
  const auto parsed = parse_network(network);
  REQUIRE(parsed.ok());
  const auto bytes = ip_bytes(address);
  REQUIRE(bytes);
  return parsed->contains(*bytes);
}

}  // namespace

TEST_CASE("a network holds the addresses whose first bits are its own") {
  CHECK(contains("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(contains("192.0.2.7", "192.0.2.8"));
  CHECK(contains("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(contains("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(contains("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(contains("2001:db8::/32", "2001:db9::1"));
  CHECK(contains("::1", "::1"));
  CHECK(contains("::/0", "203.0.113.9"));
}

TEST_CASE("IPv4 is one address, whichever socket it came in through") {
  CHECK(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
  CHECK(contains("fe80::/10", "fe80::1%eth0"));
}

TEST_CASE("an address is written in one way, however it was read") {
  CHECK(ip_text(*ip_bytes("192.0.2.7")) == "192.0.2.7");
  CHECK(ip_text(*ip_bytes("::ffff:192.0.2.7")) == "192.0.2.7");
  CHECK(ip_text(*ip_bytes("2001:DB8:0:0::1")) == "2001:db8::1");
  CHECK(ip_text(*ip_bytes("::")) == "::");
}

TEST_CASE("what is no network is refused with what would be right") {
  for (const char* text :
       {"", "localhost", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8",
        "::/129", "/8", "fe80::1%eth0", "10.0.0.0/8/8", "1.2.3.4 ", "0x7f.1"}) {
    INFO(text);
    CHECK_FALSE(check_network(text).ok());
  }
  const auto slip = parse_network("10.0.0.7/8");
  REQUIRE_FALSE(slip.ok());
  CHECK_THAT(slip.error().message, Catch::Contains("first address"));
  CHECK_FALSE(ip_bytes(std::string("1.2.3.4\0", 8)));
  CHECK_FALSE(ip_bytes(std::string(1000, '1')));
}

}  // namespace yizhan
