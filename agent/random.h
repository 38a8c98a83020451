#pragma once
// The only chance in the agent's core: a seeded generator with bounded draws of our own, because
// the standard distributions differ between libraries and a seed must replay bit-equal.

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "config/ids.h"
#include "config/time.h"

namespace yizhan::agent {

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}

  std::uint64_t next() { return generator_(); }

  /// In [low, high]. The bias of the remainder is far below what jitter needs.
  Micros between(Micros low, Micros high) {
    const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Micros{static_cast<Micros::rep>(next() % span)};
  }

  /// A new UUIDv7 at `wall_us`.
  MessageId uuid(std::int64_t wall_us) {
    std::array<unsigned char, 10> random{};
    for (std::size_t i = 0; i < random.size(); i += 5) {
      std::uint64_t bits = next();
      for (std::size_t j = 0; j < 5; ++j, bits >>= 8) random[i + j] = bits & 255;
    }
    return make_uuid7(wall_us / 1000, random);
  }

  /// 16 lower-case hex digits: the part of a claimed file's name that makes it unlike all others.
  std::string hex16() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text(16, '0');
    std::uint64_t bits = next();
    for (char& digit : text) {
      digit = kDigits[bits & 15];
      bits >>= 4;
    }
    return text;
  }

 private:
  std::mt19937_64 generator_;
};

/// The nth delay of a retry: doubles from `first` to at most `longest`, of which the upper half is
/// jitter, so that many agents do not come back at the same moment.
inline Micros backoff(Random& random, int attempt, Micros first, Micros longest) {
  Micros delay = first;
  for (int i = 0; i < attempt && delay < longest; ++i) delay *= 2;
  if (delay > longest) delay = longest;
  return random.between(delay / 2, delay);
}

}  // namespace yizhan::agent
