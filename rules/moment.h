#pragma once
// When something is due: a length of time, or a time that the message itself names.
//
//   2h                     that long after the start
//   until job.due          at the time in the field
//   until job.due - 30m    before it ("+ 30m": after it)
//   1/3 until job.due      when a third of the time between the start and then has passed; with an
//                          offset, "then" includes it

#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"
#include "config/time.h"
#include "rules/fields.h"

namespace yizhan::rules {

/// The largest denominator of a fraction.
inline constexpr int kMaxDenominator = 1000;
/// The longest duration or offset in a moment: ten years.
inline constexpr Micros kMaxMomentDuration = std::chrono::days(3660);

struct Moment {
  std::optional<std::string> field;  ///< holds a time; empty: `plain` counts
  Micros offset{0};                  ///< from the time in `field`, may be negative
  int numerator = 1;                 ///< 1 to `denominator`
  int denominator = 1;
  Micros plain{0};  ///< without `field`: after the start
};

/// Reads the forms above. kInvalid with what is wrong and what would be right.
Result<Moment> parse_moment(std::string_view text);

/// The form that parse_moment reads back.
std::string format_moment(const Moment& moment);

/// The instant for a watch that begins at `start`. Empty if the message does not have the field,
/// kInvalid if what it holds is no time with offset. May lie before `start`.
Result<std::optional<Instant>> resolve(const Moment& moment, Instant start,
                                       const FieldSource& message);

}  // namespace yizhan::rules
