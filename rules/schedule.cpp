#include "rules/schedule.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>

namespace yizhan::rules {
namespace {

using Kind = Due::Kind;

// A count of turns stays a count, however many they are.
constexpr std::int64_t kMostTurns = std::numeric_limits<int>::max() / 2;

// Times are kept inside what an Instant of four-digit years needs, so that no sum overflows.
constexpr Instant kEndOfTime{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}};

Instant opened(const Watch& watch, const Zone& local, Instant at) {
  at = std::min(at, kEndOfTime);
  return watch.hours ? next_open(*watch.hours, local, at) : at;
}

Instant expiry_of(const Watch& watch, const Progress& progress, const Zone& local) {
  return opened(watch, local, std::max(progress.ends, progress.last));
}

std::int64_t intervals_left(const Watch& watch, const Progress& progress) {
  if (!watch.interval || progress.is_expired) return 0;
  if (!watch.max_intervals) return std::numeric_limits<std::int64_t>::max();
  return *watch.max_intervals - progress.intervals;
}

// Turns of on_interval that lie one interval apart.
struct Run {
  Instant first;
  std::int64_t count = 0;
};

// All turns of on_interval from the next one up to and with `now`, but before `expiry`, as runs:
// one for each time that the hours are open. So years of downtime cost as many steps as they have
// nights, and none without hours.
std::vector<Run> missed_intervals(const Watch& watch, const Progress& progress, const Zone& local,
                                  Instant now, Instant expiry) {
  std::vector<Run> runs;
  std::int64_t left = intervals_left(watch, progress);
  Instant last = progress.last;
  while (left > 0) {
    const Micros interval = *watch.interval;
    const Instant at = opened(watch, local, last + interval);
    if (at > now || at >= expiry) break;
    // The last instant at which a turn of this run can be.
    Instant bound = std::min(now, expiry - Micros{1});
    if (watch.hours) {
      const auto closes = next_close(*watch.hours, local, at);
      if (closes) bound = std::min(bound, *closes - Micros{1});
    }
    const std::int64_t count = std::min(left, 1 + (bound - at) / interval);
    runs.push_back({at, count});
    last = at + (count - 1) * interval;
    left -= count;
  }
  return runs;
}

// The latest `wanted` turns of `runs`, in order; `before` turns are past.
std::vector<Due> latest(const std::vector<Run>& runs, std::int64_t wanted, Micros interval,
                        std::int64_t before) {
  std::int64_t number = before;
  for (const Run& run : runs) number += run.count;
  std::deque<Due> turns;
  for (auto run = runs.rbegin(); run != runs.rend() && wanted > 0; ++run) {
    for (std::int64_t i = run->count - 1; i >= 0 && wanted > 0; --i, --wanted, --number) {
      turns.push_front({Kind::kInterval, run->first + i * interval,
                        static_cast<int>(std::min(number, kMostTurns))});
    }
  }
  return {turns.begin(), turns.end()};
}

// How many of `missed` intervals are made up; `lateness` is that of the latest.
std::int64_t wanted_intervals(const Watch& watch, std::int64_t missed, bool expiry_is_due,
                              Micros lateness) {
  switch (watch.catch_up) {
    case CatchUp::kAll:
      return std::min<std::int64_t>(missed, watch.burst);
    case CatchUp::kLast:
      return expiry_is_due ? 0 : 1;
    case CatchUp::kSkip:
      break;
  }
  // One that is hardly late was not missed in a downtime.
  return missed == 1 && !expiry_is_due && lateness < *watch.interval ? 1 : 0;
}

void catch_up_intervals(const Watch& watch, Progress& progress, const Zone& local, Instant now,
                        std::vector<Due>& turns) {
  if (intervals_left(watch, progress) <= 0) return;
  const Instant expiry = expiry_of(watch, progress, local);
  const auto runs = missed_intervals(watch, progress, local, now, expiry);
  if (runs.empty()) return;
  std::int64_t missed = 0;
  for (const Run& run : runs) missed += run.count;
  progress.last = runs.back().first + (runs.back().count - 1) * *watch.interval;
  const std::int64_t wanted = wanted_intervals(watch, missed, expiry <= now, now - progress.last);
  turns = latest(runs, wanted, *watch.interval, progress.intervals);
  progress.intervals = static_cast<int>(std::min(progress.intervals + missed, kMostTurns));
}

}  // namespace

Result<std::optional<Progress>> begin(const Watch& watch, Instant stored,
                                      const FieldSource& message) {
  TRY_ASSIGN(const std::optional<Instant> start, resolve(watch.start, stored, message));
  if (!start) return std::optional<Progress>();
  Progress progress;
  progress.started = std::max(stored, *start);
  TRY_ASSIGN(const std::optional<Instant> ends, resolve(watch.duration, progress.started, message));
  if (!ends) return std::optional<Progress>();
  progress.ends = std::max(progress.started, *ends);
  progress.last = progress.started;
  return std::optional<Progress>(progress);
}

Due next(const Watch& watch, const Progress& progress, const Zone& local) {
  if (!progress.is_expired) {
    const Instant expiry = expiry_of(watch, progress, local);
    if (intervals_left(watch, progress) > 0) {
      const Instant at = opened(watch, local, progress.last + *watch.interval);
      if (at < expiry) return {Kind::kInterval, at, progress.intervals + 1};
    }
    return {Kind::kExpire, expiry, 0};
  }
  const auto step = static_cast<std::size_t>(progress.escalation_step);
  if (step >= watch.escalate.size()) return {Kind::kFinished, progress.last, 0};
  const Instant at = opened(watch, local, progress.last + watch.escalate[step].after);
  return {Kind::kEscalate, at, progress.escalation_step + 1};
}

void pass(Progress& progress, const Due& due) {
  if (due.kind == Kind::kFinished) return;
  progress.last = due.at;
  if (due.kind == Kind::kInterval) progress.intervals = due.number;
  if (due.kind == Kind::kExpire) progress.is_expired = true;
  if (due.kind == Kind::kEscalate) progress.escalation_step = due.number;
}

std::vector<Due> catch_up(const Watch& watch, Progress& progress, const Zone& local, Instant now) {
  std::vector<Due> turns;
  catch_up_intervals(watch, progress, local, now, turns);
  while (true) {
    const Due due = next(watch, progress, local);
    if (due.kind == Kind::kFinished || due.kind == Kind::kInterval || due.at > now) return turns;
    turns.push_back(due);
    pass(progress, due);
    // The one who is asked first has his time to answer before the next one is.
    if (watch.catch_up != CatchUp::kAll) progress.last = now;
  }
}

}  // namespace yizhan::rules
