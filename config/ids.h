#pragma once
// Identifiers as distinct types, so that two kinds can never be mixed up.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

/// Fixed-size bytes with a tag. Ordered bytewise, so usable as a key of ordered containers.
template <class Tag, std::size_t N>
struct Bytes {
  std::array<unsigned char, N> data{};
  static constexpr std::size_t kSize = N;
  auto operator<=>(const Bytes&) const = default;
  std::string_view view() const { return {reinterpret_cast<const char*>(data.data()), N}; }
  /// Empty unless `raw` has exactly N bytes.
  static std::optional<Bytes> from(std::string_view raw) {
    if (raw.size() != N) return std::nullopt;
    Bytes bytes;
    std::memcpy(bytes.data.data(), raw.data(), N);
    return bytes;
  }
};

using MessageId = Bytes<struct MessageIdTag, 16>;   ///< UUID of a message; any version
using PublicKey = Bytes<struct PublicKeyTag, 32>;   ///< CURVE public key: the identity of a client
using SecretKey = Bytes<struct SecretKeyTag, 32>;
using Sha256 = Bytes<struct Sha256Tag, 32>;           ///< of a file's bytes
/// BLAKE2b-256 of what a message says (wire/codec.h).
using ContentHash = Bytes<struct ContentHashTag, 32>;

/// "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01". Case-insensitive on input; empty if not that form.
std::optional<MessageId> parse_uuid(std::string_view text);
std::string format_uuid(const MessageId& id);

/// A new UUIDv7 (RFC 9562) at `unix_ms` from 10 random bytes.
MessageId make_uuid7(std::int64_t unix_ms, const std::array<unsigned char, 10>& random);

/// A UUIDv8 that is a function of its inputs: the id of a message that must be the same when
/// a crashed step is repeated (a rule's command, a handler's status). BLAKE2b of cause + purpose.
MessageId derive_uuid(const MessageId& cause, std::string_view purpose);

/// Short text form of a public key: 16 Crockford base32 digits of its BLAKE2b hash in four
/// groups, "K7QF-2M9X-0ABC-4TVW". 80 bits: enough that no two clients of one broker collide.
std::string unique_code(const PublicKey& key);

/// 64 lower-case hex digits and back; empty if not exactly that.
std::string to_hex(const Sha256& hash);
std::optional<Sha256> sha256_from_hex(std::string_view hex);
Sha256 sha256_of(std::string_view data);

/// ZeroMQ's Z85 text of a 32-byte key (40 characters) and back; empty if not exactly that.
std::string to_z85(std::string_view key32);
std::optional<PublicKey> public_key_from_z85(std::string_view text);

/// `size` random bytes of the operating system (libsodium).
std::string random_bytes(std::size_t size);

}  // namespace yizhan
