#pragma once
// What a row of the preset table adds to its conditions: which activation is expected, how long,
// and what is done while it does not come. Data only; rules/schedule.h says when.
//
//   [preset offer]
//   for.kind = task
//   expect = accepted
//   interval = 15m
//   duration = 2h
//   on_interval.1 = resend
//   on_expire.1 = recall
//   escalate.1 = after=30m recipient=role:pm
//   hours = 08:00-22:00 recipient

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "config/time.h"
#include "rules/hours.h"
#include "rules/moment.h"
#include "rules/table.h"

namespace yizhan::rules {

/// Bounds of one preset.
inline constexpr Micros kMinInterval = std::chrono::seconds(1);
inline constexpr int kMaxIntervals = 1'000'000;  ///< the largest `max_intervals`
inline constexpr int kDefaultBurst = 10;
inline constexpr int kMaxBurst = 1'000;
inline constexpr std::size_t kMaxEscalationSteps = 20;

/// Whose activation ends a watch.
enum class From {
  kAny,  ///< the first recipient's: the message has one watch
  kAll,  ///< each recipient is watched alone: one watch each
};

/// What is made up after the broker was down. What exactly: catch_up() in rules/schedule.h.
enum class CatchUp { kAll, kLast, kSkip };

struct EscalationStep {
  Micros after{0};  ///< since the step before it spoke; the first: since the expiry
  Command command;  ///< its verb is "escalate"
};

struct Watch {
  std::vector<std::string> expect;  ///< activation states, each of which ends the watch
  From from = From::kAny;
  Moment start;                    ///< counted from when the message was stored; default: at once
  Moment duration;                 ///< counted from the start
  std::optional<Micros> interval;  ///< none: nothing is said before the expiry
  std::optional<int> max_intervals;
  std::optional<Hours> hours;  ///< what falls due outside waits until they open
  CatchUp catch_up = CatchUp::kLast;
  int burst = kDefaultBurst;  ///< with CatchUp::kAll: so many missed intervals are made up
  std::vector<Command> on_interval;
  std::vector<Command> on_expire;
  std::vector<EscalationStep> escalate;
  std::vector<Command> on_activate;
  int line = 0;  ///< of `duration` in the row's file
};

}  // namespace yizhan::rules
