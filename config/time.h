#pragma once
// Time is an argument. Only the mains read a clock (config/clock.h); everything else gets a Now.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

using Micros = std::chrono::microseconds;

/// Wall clock, UTC. For what is stored, shown, or agreed with people (expiry). It may jump.
using Instant = std::chrono::sys_time<Micros>;

/// Time since an arbitrary start that only grows, also across suspend (CLOCK_BOOTTIME).
/// For intervals, deadlines and retries inside one process; never stored.
struct SteadyClockTag {
  using duration = Micros;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClockTag, Micros>;
  static constexpr bool is_steady = true;
};
using Steady = SteadyClockTag::time_point;

/// The time of one step: read once per wake-up, so that one step sees one time.
struct Now {
  Instant wall;
  Steady steady;
};

/// Microseconds since 1970-01-01 UTC: how an Instant is stored and sent.
inline std::int64_t to_micros(Instant t) { return t.time_since_epoch().count(); }
inline Instant from_micros(std::int64_t us) { return Instant{Micros{us}}; }

/// ISO 8601 with offset ("2026-03-04T09:12:00+08:00", "…Z", optional fraction up to 6 digits).
/// Empty if the text is not exactly that, or not a real date.
std::optional<Instant> parse_time(std::string_view text);

/// "2026-03-04T01:12:00.123456Z"; the fraction is left out when zero.
std::string format_time(Instant t);

/// "500ms", "15m", "2h", "90d", "10s"; a bare number is refused. Empty if it is not a duration.
std::optional<Micros> parse_duration(std::string_view text);

/// The shortest exact form that parse_duration reads back: "90s" → "90s", "2h" → "2h".
std::string format_duration(Micros d);

}  // namespace yizhan
