#include "broker/probe_link.h"

#include <sodium.h>

#include <algorithm>
#include <cstdint>

#include "broker/keyed_hash.h"

namespace yizhan::broker {

namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kTokenBytes = 2 * kIdBytes + kMacBytes;
constexpr std::size_t kNonceBytes = kIdBytes + kMacBytes;
constexpr int kAlphabet = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

constexpr HashPurpose kForKey{"yizhan-links-key"};
constexpr HashPurpose kForToken{"yizhan-links-tok"};
constexpr HashPurpose kForNonce{"yizhan-links-non"};

std::array<unsigned char, kMacBytes> mac(const LinkKey& key, const HashPurpose& purpose,
                                         std::string_view text) {
  return keyed_hash<kMacBytes>(key.data.data(), key.data.size(), purpose, text);
}

void put_number(unsigned char* to, std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < kIdBytes; ++i, rest >>= 8) to[i] = static_cast<unsigned char>(rest);
}

std::int64_t get_number(const unsigned char* from) {
  std::uint64_t number = 0;
  for (std::size_t i = kIdBytes; i-- > 0;) number = (number << 8) | from[i];
  return static_cast<std::int64_t>(number);
}

template <std::size_t N>
std::string to_text(const std::array<unsigned char, N>& bytes) {
  std::array<char, sodium_base64_ENCODED_LEN(N, kAlphabet)> text{};
  return sodium_bin2base64(text.data(), text.size(), bytes.data(), N, kAlphabet);
}

/// False, and `bytes` then holds something or other, unless `text` is exactly to_text of N bytes.
template <std::size_t N>
bool from_text(std::string_view text, std::array<unsigned char, N>& bytes) {
  std::size_t size = 0;
  const std::string_view bounded = text.substr(0, kMaxTokenBytes);
  const int result = sodium_base642bin(bytes.data(), N, bounded.data(), bounded.size(), nullptr,
                                       &size, nullptr, kAlphabet);
  return result == 0 && size == N && bounded.size() == text.size();
}

std::string_view start_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// The hash is made of whatever was decoded, also when that is nonsense.
template <std::size_t N>
bool ends_with_mac(const std::array<unsigned char, N>& bytes, const LinkKey& key,
                   const HashPurpose& purpose, std::string_view text) {
  const auto expected = mac(key, purpose, text);
  return sodium_memcmp(expected.data(), bytes.data() + N - kMacBytes, kMacBytes) == 0;
}

/// Without a branch between the two.
bool both(bool one, bool other) {
  return (static_cast<unsigned>(one) & static_cast<unsigned>(other)) != 0;
}

std::string nonce_text(const unsigned char* time, std::string_view token) {
  std::string text(start_of(time, kIdBytes));
  return text += token;
}

}  // namespace

LinkKey LinkKey::derive(const SecretKey& broker) {
  return {keyed_hash<32>(broker.data.data(), broker.data.size(), kForKey, "")};
}

std::string make_token(const LinkKey& key, const LinkTarget& target) {
  std::array<unsigned char, kTokenBytes> bytes{};
  put_number(bytes.data(), target.probe);
  put_number(bytes.data() + kIdBytes, target.client);
  const auto hash = mac(key, kForToken, start_of(bytes.data(), 2 * kIdBytes));
  std::copy(hash.begin(), hash.end(), bytes.begin() + 2 * kIdBytes);
  return to_text(bytes);
}

std::optional<LinkTarget> read_token(const LinkKey& key, std::string_view token) {
  std::array<unsigned char, kTokenBytes> bytes{};
  const bool is_text = from_text(token, bytes);
  const bool is_ours = ends_with_mac(bytes, key, kForToken, start_of(bytes.data(), 2 * kIdBytes));
  const LinkTarget target{get_number(bytes.data()), get_number(bytes.data() + kIdBytes)};
  return both(is_text, is_ours) ? std::optional(target) : std::nullopt;
}

std::string make_nonce(const LinkKey& key, std::string_view token, Instant now) {
  std::array<unsigned char, kNonceBytes> bytes{};
  put_number(bytes.data(), to_micros(now));
  const auto hash = mac(key, kForNonce, nonce_text(bytes.data(), token));
  std::copy(hash.begin(), hash.end(), bytes.begin() + kIdBytes);
  return to_text(bytes);
}

bool check_nonce(const LinkKey& key, std::string_view token, std::string_view nonce, Instant now) {
  std::array<unsigned char, kNonceBytes> bytes{};
  const bool is_text = from_text(nonce, bytes);
  const bool is_ours = ends_with_mac(bytes, key, kForNonce, nonce_text(bytes.data(), token));
  if (!both(is_text, is_ours)) return false;
  // Ours, so its time is one that a clock showed, and the difference cannot overflow.
  const Micros age = now - from_micros(get_number(bytes.data()));
  return age <= kNonceLife && age >= -kNonceClockTolerance;
}

}  // namespace yizhan::broker
