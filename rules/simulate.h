#pragma once
// A preset on a virtual clock: what it would do, in milliseconds of real time.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/time.h"
#include "rules/fields.h"
#include "rules/hours.h"
#include "rules/table.h"

namespace yizhan::rules {

/// A timeline longer than this is cut, and its last line says so.
inline constexpr std::size_t kMaxTimeline = 10'000;

struct TimelineEntry {
  Instant at;
  std::string what;  ///< for a person: "interval 1: resend"
  bool operator==(const TimelineEntry&) const = default;
};

/// What the preset `preset` does for `message`, stored at `start`: its beginning, each interval,
/// the expiry, each step of the escalation, all within its hours, and the activation, which comes
/// `activate_at` after `start` (empty: never) and ends it. A message that the preset is not for, or
/// that lacks the field its times are about, has a timeline of one line that says why. kInvalid if
/// such a field holds no time. REQUIRES: preset.watch.
Result<std::vector<TimelineEntry>> simulate(const Row& preset, const FieldSource& message,
                                            Instant start, std::optional<Micros> activate_at,
                                            const Zone& local);

}  // namespace yizhan::rules
