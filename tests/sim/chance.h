#pragma once
// The one source of chance in a simulated world. Bounded draws of our own, because the standard
// distributions differ between libraries and a seed must replay byte for byte.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/time.h"

namespace yizhan::sim {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : generator_(seed) {}

  std::uint64_t next() { return generator_(); }
  /// In [0, end); `end` must not be 0. The bias of the remainder does not matter here.
  std::uint64_t below(std::uint64_t end) { return generator_() % end; }
  std::size_t index(std::size_t end) { return static_cast<std::size_t>(below(end)); }
  /// In [low, high].
  int number(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool percent(int chance) { return below(100) < static_cast<std::uint64_t>(chance); }
  Micros between(Micros low, Micros high) {
    return low + Micros{static_cast<Micros::rep>(
                     below(static_cast<std::uint64_t>((high - low).count()) + 1))};
  }
  template <class T>
  const T& pick(const std::vector<T>& choices) {
    return choices[index(choices.size())];
  }
  std::string bytes(std::size_t size) {
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>(below(256));
    return text;
  }
  MessageId id() { return *MessageId::from(bytes(MessageId::kSize)); }

 private:
  std::mt19937_64 generator_;
};

}  // namespace yizhan::sim
