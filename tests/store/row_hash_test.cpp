#include "store/row_hash.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::store {
namespace {

std::int64_t hash_of(std::string_view first, std::string_view second, std::int64_t number) {
  RowHash hash;
  hash.add(first);
  hash.add(second);
  hash.add(number);
  return hash.finish();
}

TEST_CASE("a row hash changes with every bit, with the order, and with where a value ends") {
  const std::int64_t hash = hash_of("envelope", "body", 7);
  CHECK(hash_of("envelope", "body", 7) == hash);
  CHECK(hash_of("body", "envelope", 7) != hash);
  CHECK(hash_of("envelopeb", "ody", 7) != hash);
  CHECK(hash_of("envelope", "body", 8) != hash);
  CHECK(hash_of("", "", 7) != hash_of("", "", 0));
  std::string body = "body";
  for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
    std::string flipped = body;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CHECK(hash_of("envelope", flipped, 7) != hash);
  }
}

TEST_CASE("a row hash is the same in every version of the program") {
  // Rows that are stored hold it: another value here makes every database look damaged.
  RowHash hash;
  hash.add(std::string_view("yizhan"));
  CHECK(hash.finish() == -5592541330794161141);
}

}  // namespace
}  // namespace yizhan::store
