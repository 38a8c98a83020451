#include "wire/address.h"

#include <catch2/catch.hpp>
#include <string>

#include "wire/limits.h"

namespace yizhan::wire {

namespace {

/// All addresses of `list` in one line, or the error's code.
std::string read(const std::string& list) {
  const auto addresses = parse_addresses(list);
  if (!addresses.ok()) return code_name(addresses.error().code);
  std::string text;
  for (const Address& address : addresses.value()) text += format_address(address) + ";";
  return text;
}

}  // namespace

TEST_CASE("a bare name is a user, and every kind is read in its normal form") {
  CHECK(read("li.wei") == "user:li.wei;");
  CHECK(read("zhang.min@pm.bj") == "user:zhang.min@pm.bj;");
  CHECK(read("user:李伟") == "user:李伟;");
  CHECK(read("code:k7qf-2m9x-0abc-4tvw") == "code:K7QF-2M9X-0ABC-4TVW;");
  CHECK(read("mac:AA-BB-CC-DD-EE-0F") == "mac:aa:bb:cc:dd:ee:0f;");
  CHECK(read("mac:aa:bb:cc:dd:ee:0f") == "mac:aa:bb:cc:dd:ee:0f;");
  CHECK(read("ip:192.0.2.7") == "ip:192.0.2.7;");
  CHECK(read("ip:2001:DB8::7") == "ip:2001:db8::7;");
  CHECK(read("Role: pm") == "role:pm;");
}

TEST_CASE("a list keeps its order and drops repeats") {
  CHECK(read(" role:pm , group:PRJ-1,li.wei,user:li.wei ") == "role:pm;group:PRJ-1;user:li.wei;");
}

TEST_CASE("an empty or unknown address is refused and the known kinds are named") {
  CHECK(read("") == "invalid");
  CHECK(read("  ") == "invalid");
  CHECK(read("a,,b") == "invalid");
  CHECK(read("a,") == "invalid");
  CHECK(read("user:") == "invalid");
  CHECK(read("mac:12") == "invalid");
  CHECK(read("mac:aa:bb:cc:dd:ee-0") == "invalid");
  CHECK(read("ip:host.example") == "invalid");
  CHECK(read("li\nwei") == "invalid");
  const auto unknown = parse_addresses("mail:li@example.com");
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().message ==
        "address 'mail:li@example.com': write a user name, or user:, code:, mac:, ip:, role: or "
        "group: and a value");
}

TEST_CASE("a list is taken up to its limits and refused one past them") {
  std::string most;
  for (std::size_t i = 0; i < kMaxListItems; ++i) most += (i ? ",u" : "u") + std::to_string(i);
  REQUIRE(most.size() <= kMaxRecipientBytes);
  CHECK(parse_addresses(most).value().size() == kMaxListItems);
  CHECK(read(most + ",one.more") == "limit");
  CHECK(parse_addresses(std::string(kMaxRecipientBytes, 'a')).ok());
  CHECK(read(std::string(kMaxRecipientBytes + 1, 'a')) == "limit");
}

}  // namespace yizhan::wire
