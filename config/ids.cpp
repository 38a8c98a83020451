// Identifiers that are computed: hashes, random bytes, derived UUIDs. Libsodium is called only
// here.

#include "config/ids.h"

#include <sodium.h>

#include "config/result.h"

namespace yizhan {

namespace {

/// Safe to call often and from any thread; libsodium picks its fastest code at the first call.
void start_sodium() {
  static const bool ready = sodium_init() >= 0;
  CHECK_THAT_HOLDS(ready);
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void set_version(MessageId& id, unsigned version) {
  id.data[6] = static_cast<unsigned char>((id.data[6] & 0x0Fu) | (version << 4));
  id.data[8] = static_cast<unsigned char>((id.data[8] & 0x3Fu) | 0x80u);  // RFC 9562's variant
}

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

MessageId make_uuid7(std::int64_t unix_ms, const std::array<unsigned char, 10>& random) {
  MessageId id;
  const auto time = static_cast<std::uint64_t>(unix_ms);
  for (std::size_t i = 0; i < 6; ++i) {
    id.data[i] = static_cast<unsigned char>(time >> (8 * (5 - i)));
  }
  std::memcpy(id.data.data() + 6, random.data(), random.size());
  set_version(id, 7);
  return id;
}

MessageId derive_uuid(const MessageId& cause, std::string_view purpose) {
  start_sodium();
  MessageId id;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, MessageId::kSize);
  crypto_generichash_update(&state, cause.data.data(), MessageId::kSize);
  crypto_generichash_update(&state, bytes_of(purpose), purpose.size());
  crypto_generichash_final(&state, id.data.data(), MessageId::kSize);
  set_version(id, 8);
  return id;
}

std::string unique_code(const PublicKey& key) {
  start_sodium();
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), key.data.data(), PublicKey::kSize, nullptr, 0);
  std::string code;
  unsigned bits = 0;
  unsigned waiting = 0;  // bits of `bits` that have not been written as digits yet
  for (std::size_t i = 0; i < 10; ++i) {
    bits = (bits << 8) | hash[i];
    waiting += 8;
    while (waiting >= 5) {
      waiting -= 5;
      if (code.size() % 5 == 4) code += '-';
      code += kCrockford[(bits >> waiting) & 31u];
    }
  }
  return code;
}

Sha256 sha256_of(std::string_view data) {
  start_sodium();
  Sha256 hash;
  crypto_hash_sha256(hash.data.data(), bytes_of(data), data.size());
  return hash;
}

std::string random_bytes(std::size_t size) {
  start_sodium();
  std::string bytes(size, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace yizhan
