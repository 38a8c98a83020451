#include "broker/probe_link.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

namespace yizhan::broker {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

LinkKey key_of(unsigned char byte) {
  SecretKey secret;
  secret.data.fill(byte);
  return LinkKey::derive(secret);
}

const LinkKey kKey = key_of(1);
const LinkTarget kTarget{42, 7};
const Instant kNow = from_micros(1'772'000'000'000'000);

/// Every text that differs from `text` in one byte.
template <class Check>
void for_each_change(const std::string& text, Check check) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[at] = static_cast<char>(byte);
      if (changed != text) check(changed);
    }
  }
}

}  // namespace

TEST_CASE("a token is read back to what it was made of, with its key only") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  for (const LinkTarget target : {kTarget, LinkTarget{}, LinkTarget{kMost, kMost}}) {
    const std::string token = make_token(kKey, target);
    CHECK(token.size() <= kMaxTokenBytes);
    CHECK(token.find_first_not_of(
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    CHECK(read_token(kKey, token) == target);
    CHECK_FALSE(read_token(key_of(2), token));
  }
}

TEST_CASE("a token with one byte changed is nobody's") {
  const std::string token = make_token(kKey, kTarget);
  int wrong = 0;
  for_each_change(token, [&](const std::string& changed) {
    if (read_token(kKey, changed)) ++wrong;
  });
  CHECK(wrong == 0);
}

TEST_CASE("a token that is shorter, longer or empty is nobody's") {
  const std::string token = make_token(kKey, kTarget);
  for (std::size_t size = 0; size < token.size(); ++size) {
    CHECK_FALSE(read_token(kKey, token.substr(0, size)));
    CHECK_FALSE(read_token(kKey, token.substr(size + 1)));
  }
  for (const char* end : {"A", "=", "==", " ", "\n", "AAAA"}) {
    CHECK_FALSE(read_token(kKey, token + end));
    CHECK_FALSE(read_token(kKey, end + token));
  }
  CHECK_FALSE(read_token(kKey, token + std::string("\0", 1)));
  CHECK_FALSE(read_token(kKey, std::string(kMaxTokenBytes, 'A')));
  CHECK_FALSE(read_token(kKey, token + std::string(kMaxTokenBytes + 1, 'A')));
}

TEST_CASE("the link key tells nothing of the broker's key and differs from it") {
  SecretKey secret;
  secret.data.fill(1);
  CHECK(LinkKey::derive(secret).data != secret.data);
  CHECK(LinkKey::derive(secret).data == kKey.data);
  CHECK(key_of(2).data != kKey.data);
}

TEST_CASE("a nonce holds for an hour and not a second more") {
  const std::string token = make_token(kKey, kTarget);
  const std::string nonce = make_nonce(kKey, token, kNow);
  CHECK(nonce.size() <= kMaxTokenBytes);
  CHECK(check_nonce(kKey, token, nonce, kNow));
  CHECK(check_nonce(kKey, token, nonce, kNow + hours{1}));
  CHECK_FALSE(check_nonce(kKey, token, nonce, kNow + hours{1} + seconds{1}));
}

TEST_CASE("a nonce holds by a clock that is a minute behind and not by one further behind") {
  const std::string token = make_token(kKey, kTarget);
  const std::string nonce = make_nonce(kKey, token, kNow);
  CHECK(check_nonce(kKey, token, nonce, kNow - minutes{1}));
  CHECK_FALSE(check_nonce(kKey, token, nonce, kNow - minutes{1} - seconds{1}));
}

TEST_CASE("a nonce is no other token's, no other key's, and no changed one") {
  const std::string token = make_token(kKey, kTarget);
  const std::string other = make_token(kKey, {42, 8});
  const std::string nonce = make_nonce(kKey, token, kNow);
  CHECK_FALSE(check_nonce(kKey, other, nonce, kNow));
  CHECK_FALSE(check_nonce(key_of(2), token, nonce, kNow));
  CHECK_FALSE(check_nonce(kKey, token, "", kNow));
  CHECK_FALSE(check_nonce(kKey, token, token, kNow));
  for (std::size_t size = 0; size < nonce.size(); ++size) {
    CHECK_FALSE(check_nonce(kKey, token, nonce.substr(0, size), kNow));
  }
  int wrong = 0;
  for_each_change(nonce, [&](const std::string& changed) {
    if (check_nonce(kKey, token, changed, kNow)) ++wrong;
  });
  CHECK(wrong == 0);
}

TEST_CASE("a nonce is no token") {
  const std::string token = make_token(kKey, kTarget);
  CHECK_FALSE(read_token(kKey, make_nonce(kKey, token, kNow)));
}

}  // namespace yizhan::broker
