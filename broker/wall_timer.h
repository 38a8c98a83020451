#pragma once
// When the earliest of some rows in the store falls due. Their times are the wall clock's, which
// may jump; the loop sleeps on a clock that does not.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "config/time.h"

namespace yizhan::broker {

class WallTimer {
 public:
  /// The wall clock may jump, so a time far away is looked at again at least this often.
  static constexpr Micros kLongestSleep = std::chrono::minutes(1);

  /// The earliest time is now `due_us`; 0: nothing is due ever.
  void set(std::int64_t due_us) { due_us_ = due_us; }
  /// One more row is due at `due_us`; 0: it is not.
  void note(std::int64_t due_us) {
    if (due_us != 0 && (due_us_ == 0 || due_us < due_us_)) due_us_ = due_us;
  }
  bool is_due(std::int64_t now_us) const { return due_us_ != 0 && due_us_ <= now_us; }
  /// When to look again: at `now` if something is due.
  std::optional<Steady> next_wakeup(Now now) const {
    if (due_us_ == 0) return std::nullopt;
    const Micros left{std::max<std::int64_t>(0, due_us_ - to_micros(now.wall))};
    return now.steady + std::min(left, kLongestSleep);
  }

 private:
  std::int64_t due_us_ = 0;
};

}  // namespace yizhan::broker
