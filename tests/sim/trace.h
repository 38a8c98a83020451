#pragma once
// What happened, as a hash (two runs of one seed are compared by it) and, when asked for, as text.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "config/printable.h"
#include "config/time.h"

namespace yizhan::sim {

/// A broken promise of the product, thrown by the checks and caught where a world is run.
struct Violation {
  std::string what;
};

class Trace {
 public:
  explicit Trace(bool print) : print_(print) {}

  /// `what` is for people and hashed too; `bytes` are hashed only.
  void add(Micros now, std::string_view who, std::string_view what, std::string_view bytes = {}) {
    const auto time = static_cast<std::uint64_t>(now.count());
    for (int shift = 0; shift < 64; shift += 8) mix(static_cast<unsigned char>(time >> shift));
    for (const std::string_view part : {who, what, bytes}) {
      for (const char byte : part) mix(static_cast<unsigned char>(byte));
      mix(0xff);
    }
    if (print_) tell(now, who, what);
  }
  /// For people only, and only to be called if prints().
  void tell(Micros now, std::string_view who, std::string_view what) const {
    std::printf("%12.6f %-7.*s %s\n", static_cast<double>(now.count()) / 1e6,
                static_cast<int>(who.size()), who.data(), printable(what, 400).c_str());
  }
  std::uint64_t hash() const { return hash_; }
  bool prints() const { return print_; }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }  // FNV-1a

  std::uint64_t hash_ = 0xcbf29ce484222325;
  bool print_;
};

}  // namespace yizhan::sim
