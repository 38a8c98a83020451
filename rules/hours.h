#pragma once
// Working hours: when something may be said to somebody.
//
//   08:00-22:00 recipient                        on the recipient's clock
//   Mon-Fri 08:00-22:00 sender                   on the sender's
//   08:00-12:00, 14:00-18:00 Asia/Shanghai       several windows; a zone of the tz database, or UTC
//   Fri 22:00-06:00 UTC                          over midnight; the day is that of its opening
//
// Hours are open while the clock on the wall shows a time in one of the windows, from the first
// minute up to and without the last. So a window in the hour that a clock skips in spring is not
// open on that day, one that reaches into it opens when the clock has jumped, and one in the hour
// that a clock repeats in autumn is open twice.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/time.h"

namespace yizhan::rules {

/// Bound of the windows of one key, so that no row can make a broker count for ever.
inline constexpr std::size_t kMaxWindows = 50;

/// A time zone of the tz database. Immutable, cheap to copy, any thread.
class Zone {
 public:
  /// "Asia/Shanghai", "Europe/Berlin", "UTC". kInvalid if no such zone is known here: a client's
  /// zone that is refused is taken as UTC by the caller, and said so.
  static Result<Zone> named(std::string_view name);
  static const Zone& utc();

  const std::string& name() const { return name_; }

  /// What the clock on the wall shows at `at`, as if it were UTC.
  Instant wall_clock(Instant at) const;

  struct Rules;  ///< ICU's
  const Rules& rules() const { return *rules_; }

 private:
  Zone(std::string name, std::shared_ptr<const Rules> rules);
  std::string name_;
  std::shared_ptr<const Rules> rules_;
};

struct Hours {
  enum class Clock { kRecipient, kSender, kZone };
  struct Window {
    unsigned days = 0x7F;  ///< bit 0 is Monday
    int opens = 0;         ///< minutes since midnight, below 24 * 60
    int closes = 0;        ///< up to 24 * 60; not after `opens`: on the day after
  };
  std::vector<Window> windows;  ///< at least one
  Clock clock = Clock::kRecipient;
  std::optional<Zone> zone;  ///< with kZone
};

/// Reads the forms above. kInvalid with what is wrong and what would be right; kLimit beyond
/// kMaxWindows.
Result<Hours> parse_hours(std::string_view text);

/// Whether they are open at `at`. `local` is the zone of whomever hours.clock names; with kZone it
/// is not asked.
bool is_open(const Hours& hours, const Zone& local, Instant at);

/// The first instant from `at` on at which they are open: `at` itself if they are. Hours that do
/// not open within four weeks (a window that its zone's clock always skips) count as open: rather
/// at a wrong time than never.
Instant next_open(const Hours& hours, const Zone& local, Instant at);

/// The first instant from `at` on at which they are closed; empty if not within four weeks.
std::optional<Instant> next_close(const Hours& hours, const Zone& local, Instant at);

}  // namespace yizhan::rules
