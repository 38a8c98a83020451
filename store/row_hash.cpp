#include "store/row_hash.h"

#include <sodium/crypto_shorthash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "config/result.h"

namespace yizhan::store {
namespace {

// Fixed: the hash is against damage, and must be the same for every program that reads the row.
constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> kKey = {
    'y', 'i', 'z', 'h', 'a', 'n', ' ', 'r', 'o', 'w', ' ', 'h', 'a', 's', 'h', '1'};

std::uint64_t siphash(const void* data, std::size_t size) {
  std::uint64_t hash = 0;
  static_assert(sizeof hash == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), static_cast<const unsigned char*>(data),
                   size, kKey.data());
  return hash;
}

}  // namespace

void RowHash::add(std::int64_t value) {
  CHECK_THAT_HOLDS(count_ < kMaxValues);
  values_[count_++] = static_cast<std::uint64_t>(value);
}

void RowHash::add(std::string_view bytes) {
  CHECK_THAT_HOLDS(count_ < kMaxValues);
  values_[count_++] = siphash(bytes.data(), bytes.size());
}

std::int64_t RowHash::finish() const {
  return static_cast<std::int64_t>(siphash(values_.data(), count_ * sizeof values_[0]));
}

}  // namespace yizhan::store
