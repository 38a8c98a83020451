#pragma once
// Hashes that only a holder of the key can make: BLAKE2b with a key and a purpose (libsodium).

#include <sodium.h>

#include <array>
#include <string_view>

#include "config/result.h"

namespace yizhan::broker {

/// What a hash is for, 16 characters, so that one of them never passes for another.
using HashPurpose = std::array<unsigned char, crypto_generichash_blake2b_PERSONALBYTES + 1>;

template <std::size_t N>
std::array<unsigned char, N> keyed_hash(const unsigned char* key, std::size_t key_size,
                                        const HashPurpose& purpose, std::string_view text) {
  std::array<unsigned char, N> hash{};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  CHECK_THAT_HOLDS(crypto_generichash_blake2b_salt_personal(hash.data(), N, bytes, text.size(), key,
                                                            key_size, nullptr,
                                                            purpose.data()) == 0);
  return hash;
}

}  // namespace yizhan::broker
