#include "config/ids.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace yizhan {
namespace {

PublicKey key_of(unsigned char fill) {
  PublicKey key;
  key.data.fill(fill);
  return key;
}

TEST_CASE("a UUID is read in either case and shown in lower case") {
  const std::string text = "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01";
  const auto id = parse_uuid(text);
  REQUIRE(id);
  CHECK(format_uuid(*id) == text);
  CHECK(parse_uuid("0190B3A2-7C41-7E52-9F0A-3D5E8C1B2A01") == id);
}

TEST_CASE("what is not a UUID is refused") {
  const auto* text =
      GENERATE("", "0190b3a27c417e529f0a3d5e8c1b2a01", "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a0",
               "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a012", "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a0g",
               "0190b3a-27c41-7e52-9f0a-3d5e8c1b2a01", "{190b3a2-7c41-7e52-9f0a-3d5e8c1b2a0}",
               "0190b3a2-7c41-7e52-9f0a_3d5e8c1b2a01");
  INFO(text);
  CHECK_FALSE(parse_uuid(text));
}

TEST_CASE("a UUIDv7 begins with its time and has version and variant") {
  std::array<unsigned char, 10> random{};
  random.fill(0xFF);
  CHECK(format_uuid(make_uuid7(0x0190b3a27c41, random)) == "0190b3a2-7c41-7fff-bfff-ffffffffffff");
  CHECK(make_uuid7(1, random) < make_uuid7(2, {}));
}

TEST_CASE("a derived id is a function of cause and purpose") {
  const MessageId cause = *parse_uuid("0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01");
  const MessageId other = *parse_uuid("0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a02");
  const MessageId derived = derive_uuid(cause, "status");
  CHECK(derived == derive_uuid(cause, "status"));
  CHECK(derived != derive_uuid(cause, "status2"));
  CHECK(derived != derive_uuid(other, "status"));
  CHECK(format_uuid(derived)[14] == '8');
  // Pinned: a changed derivation would repeat every step that a crash left half done.
  CHECK(format_uuid(derived) == "6f8a090a-00dc-885f-b32f-aa5a6ab255b6");
}

TEST_CASE("a unique code is four groups of Crockford's digits and follows the key") {
  const std::string code = unique_code(key_of(1));
  CHECK(code == "YG6E-NY3E-AXV9-4CSJ");
  CHECK(code.size() == 19);
  CHECK(code.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ-") == std::string::npos);
  std::set<std::string> codes;
  for (int fill = 0; fill < 256; ++fill) {
    codes.insert(unique_code(key_of(static_cast<unsigned char>(fill))));
  }
  CHECK(codes.size() == 256);
}

TEST_CASE("SHA-256 has the published value and one text form") {
  const Sha256 hash = sha256_of("abc");
  const std::string hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(to_hex(hash) == hex);
  CHECK(sha256_from_hex(hex) == hash);
  CHECK_FALSE(sha256_from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
  CHECK_FALSE(sha256_from_hex(hex.substr(1)));
  CHECK_FALSE(sha256_from_hex(hex + "0"));
  CHECK(to_hex(sha256_of({})).substr(0, 8) == "e3b0c442");
}

TEST_CASE("Z85 is that of ZeroMQ") {
  // The test vector of RFC 32, four times, and a key of zmq_curve(7).
  const std::string words = "HelloWorldHelloWorldHelloWorldHelloWorld";
  const std::string eight = "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B";
  CHECK(to_z85(eight + eight + eight + eight) == words);
  const auto key = public_key_from_z85("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
  REQUIRE(key);
  CHECK(to_hex(*Sha256::from(key->view())) ==
        "54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652");
}

TEST_CASE("every key survives Z85") {
  for (int fill = 0; fill < 256; ++fill) {
    const PublicKey key = key_of(static_cast<unsigned char>(fill));
    CHECK(public_key_from_z85(to_z85(key.view())) == key);
  }
}

TEST_CASE("what is not the Z85 of a key is refused") {
  CHECK_FALSE(public_key_from_z85(""));
  CHECK_FALSE(public_key_from_z85(std::string(39, '0')));
  CHECK_FALSE(public_key_from_z85(std::string(41, '0')));
  CHECK_FALSE(public_key_from_z85(std::string(39, '0') + "~"));
  CHECK_FALSE(public_key_from_z85(std::string(40, '#')));  // more than 32 bits in five digits
  CHECK(to_z85("short").empty());
}

TEST_CASE("random bytes have the size asked for and differ") {
  CHECK(random_bytes(0).empty());
  CHECK(random_bytes(32).size() == 32);
  CHECK(random_bytes(32) != random_bytes(32));
}

TEST_CASE("identifiers are taken from raw bytes of the right size only") {
  CHECK(MessageId::from(std::string(16, 'x')));
  CHECK_FALSE(MessageId::from(std::string(15, 'x')));
  CHECK_FALSE(MessageId::from(std::string(17, 'x')));
}

}  // namespace
}  // namespace yizhan
