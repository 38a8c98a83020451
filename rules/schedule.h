#pragma once
// When a preset's watch speaks: the arithmetic that the broker keeps its timers with and that
// `yizhan rules simulate` shows. No clock in here.
//
// A watch begins, speaks at intervals, expires, escalates step by step, and is finished. The
// activation it expects ends it at any of these points; that is the caller's compare-and-set.
//
//   begins                   at `start`, but not before the message was stored
//   interval n               one `interval` after the turn before it (the first: after the
//                            start), while that is before the expiry and max_intervals are left
//   expiry                   at `ends`; at the start if that is past
//   escalation step n        its `after` after the expiry or the step before it
//
// Each of these, except the beginning, waits until `hours` open; the next one counts from when it
// was due then. So a night does not pile up turns for the morning: the one that fell into it is due
// at eight, the one after it a quarter past eight. Turns are counted from when they were due, not
// from when the caller came round to them, so that nothing drifts.

#include <optional>
#include <vector>

#include "config/result.h"
#include "config/time.h"
#include "rules/fields.h"
#include "rules/hours.h"
#include "rules/watch.h"

namespace yizhan::rules {

/// How far a watch is. Plain values, to be kept in columns; made by begin(), changed by pass() and
/// catch_up() only.
struct Progress {
  Instant started{};        ///< when the watch begins; may be in the future
  Instant ends{};           ///< when an activation is late, before `hours` are asked
  Instant last{};           ///< when the latest turn was due; `started` before the first
  int intervals = 0;        ///< turns of on_interval that are past: carried out or left out
  bool is_expired = false;  ///< on_expire is past
  int escalation_step = 0;  ///< steps that are past
  bool operator==(const Progress&) const = default;
};

/// One turn of a watch.
struct Due {
  enum class Kind {
    kInterval,  ///< carry out on_interval
    kExpire,    ///< carry out on_expire
    kEscalate,  ///< carry out escalate[Progress::escalation_step]
    kFinished,  ///< nothing more; `at` is when the last turn was due
  };
  Kind kind = Kind::kFinished;
  Instant at{};
  int number = 0;  ///< of the interval or step, from 1; else 0
  bool operator==(const Due&) const = default;
};

/// The watch of a message stored at `stored`. Empty if it has no field that `start` or `duration`
/// names: there is nothing to wait for. kInvalid if such a field holds no time.
Result<std::optional<Progress>> begin(const Watch& watch, Instant stored,
                                      const FieldSource& message);

/// The next turn. `local` is the zone of whomever watch.hours name; if no zone is known for them,
/// Zone::utc().
Due next(const Watch& watch, const Progress& progress, const Zone& local);

/// Makes `due`, which next() has returned for `progress`, past. kFinished changes nothing.
void pass(Progress& progress, const Due& due);

/// What is to be carried out at `now`, in this order, and `progress` moved past it; next() of it is
/// then in the future, or finished. Empty if nothing is due. Call it on every wake-up: if no more
/// than one turn is due, the policy makes no difference but for its lateness.
///
/// Several turns are due only after downtime. Then:
///
///   intervals   kAll: each, but only the latest `burst` of them; kLast: the latest one, and only
///   if
///               the expiry is not due too; kSkip: none. Those left out count for max_intervals.
///   expiry      always: a deadline that nobody hears of is a task lost
///   escalation  kAll: each step that is due. Else: one step at a time, and the next `after` counts
///               from `now`, so that whoever is asked first has his time to answer
///
/// With kSkip a single interval that is less than `watch.interval` late was not missed, and is
/// carried out.
std::vector<Due> catch_up(const Watch& watch, Progress& progress, const Zone& local, Instant now);

/// Whether an activation at `at` came after the deadline: the `late` of [activation] rows.
inline bool is_late(const Progress& progress, Instant at) {
  return at > progress.ends;
}

}  // namespace yizhan::rules
