#pragma once
// Virtual time: what happens when. Events of one instant happen in the order in which they were
// planned, so that a seed has exactly one course.

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "config/time.h"

namespace yizhan::sim {

class Timeline {
 public:
  using Action = std::function<void()>;

  /// Time since the world began.
  Micros now() const { return now_; }

  /// Plans `action`; what would lie in the past happens now, after everything planned for now.
  void at(Micros when, Action action) {
    events_.emplace(std::pair{when < now_ ? now_ : when, ++planned_}, std::move(action));
  }
  void in(Micros delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Lets everything up to and including `until` happen.
  void run_until(Micros until) {
    while (!events_.empty() && events_.begin()->first.first <= until) {
      auto event = events_.extract(events_.begin());
      now_ = event.key().first;
      event.mapped()();
    }
    now_ = until;
  }

 private:
  Micros now_{};
  std::uint64_t planned_ = 0;
  std::map<std::pair<Micros, std::uint64_t>, Action> events_;
};

}  // namespace yizhan::sim
