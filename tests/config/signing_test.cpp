#include "config/signing.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>

#include "config/daemon.h"
#include "config/files.h"
#include "tests/config/temp_folder.h"

namespace yizhan {
namespace {

/// RFC 8032, section 7.1, test 1.
SigningKey published_key(const TempFolder& folder) {
  std::string seed;
  for (const unsigned byte :
       {0x9du, 0x61u, 0xb1u, 0x9du, 0xefu, 0xfdu, 0x5au, 0x60u, 0xbau, 0x84u, 0x4au,
        0xf4u, 0x92u, 0xecu, 0x2cu, 0xc4u, 0x44u, 0x49u, 0xc5u, 0x69u, 0x7bu, 0x32u,
        0x69u, 0x19u, 0x70u, 0x3bu, 0xacu, 0x03u, 0x1cu, 0xaeu, 0x7fu, 0x60u}) {
    seed += static_cast<char>(byte);
  }
  const std::string path = folder.path() + "/published.key";
  REQUIRE(write_file_atomic(path, to_z85(seed) + "\n", 0600).ok());
  const auto key = load_or_create_signing_key(path);
  REQUIRE(key.ok());
  return *key;
}

TEST_CASE("keys and signatures are those of RFC 8032") {
  const TempFolder folder;
  const SigningKey key = published_key(folder);
  CHECK(format_verify_key(key.public_key) == "/ijKxG0tV(!L2[<:Z+Sq4=IE1*nl8vUl2RQ{xKLl");
  CHECK(format_signature(sign(key, "")) ==
        "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIV"
        "kKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==");
}

TEST_CASE("only the bytes that were signed, by that key, pass") {
  const TempFolder folder;
  const SigningKey key = published_key(folder);
  const auto other = load_or_create_signing_key(folder.path() + "/other.key");
  REQUIRE(other.ok());
  const Signature signature = sign(key, "text");
  CHECK(is_signed(key.public_key, "text", signature));
  CHECK_FALSE(is_signed(key.public_key, "Text", signature));
  CHECK_FALSE(is_signed(key.public_key, "text\n", signature));
  CHECK_FALSE(is_signed(other->public_key, "text", signature));
  for (std::size_t i = 0; i < Signature::kSize; ++i) {
    Signature changed = signature;
    changed.data[i] ^= 1;
    CHECK_FALSE(is_signed(key.public_key, "text", changed));
  }
}

TEST_CASE("a signing key is made once, for its owner only, and not by two at once") {
  const TempFolder folder;
  const std::string path = folder.path() + "/signing.key";
  {
    const auto lock = InstanceLock::acquire(path + ".lock");
    REQUIRE(lock.ok());
    CHECK(load_or_create_signing_key(path).error().code == Code::kConflict);
  }
  const auto made = load_or_create_signing_key(path);
  REQUIRE(made.ok());
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600);
  const auto again = load_or_create_signing_key(path);
  REQUIRE(again.ok());
  CHECK(again->public_key == made->public_key);
  REQUIRE(chmod(path.c_str(), 0644) == 0);
  CHECK(load_or_create_signing_key(path).error().code == Code::kDenied);
}

TEST_CASE("keys and signatures have one text each, and anything else is none") {
  const TempFolder folder;
  const SigningKey key = published_key(folder);
  const std::string text = format_verify_key(key.public_key);
  CHECK(parse_verify_key(text) == key.public_key);
  CHECK(key_id(key.public_key).size() == 19);
  CHECK_FALSE(parse_verify_key(text + "0"));
  CHECK_FALSE(parse_verify_key(std::string(40, '0')));  // zero: anybody could sign for it
  CHECK_FALSE(parse_verify_key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"));  // a CURVE key

  const Signature signature = sign(key, "text");
  const std::string value = format_signature(signature);
  CHECK(value.size() == 88);
  CHECK(parse_signature(value) == signature);
  std::string loose = value;
  ++loose[85];  // bits that no byte takes
  for (const std::string& wrong : {std::string(), value.substr(0, 87), value.substr(0, 86),
                                   value + "=", " " + value, value.substr(0, 87) + " ", loose}) {
    INFO(wrong);
    CHECK_FALSE(parse_signature(wrong));
  }
}

}  // namespace
}  // namespace yizhan
