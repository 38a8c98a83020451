#include "rules/hours.h"

#include <unicode/basictz.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "config/nearest.h"
#include "rules/pattern.h"

namespace yizhan::rules {

struct Zone::Rules {
  std::unique_ptr<const icu::BasicTimeZone> zone;
};

namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr int kMinutesPerDay = 24 * 60;
constexpr int kDaysPerWeek = 7;
constexpr unsigned kEveryDay = 0x7F;
constexpr days kSearch{28};
constexpr days kSearchFirst{3};  // enough for most, and cheap
constexpr std::size_t kMaxZoneBytes = 64;

constexpr std::array<std::string_view, kDaysPerWeek> kDays = {"Mon", "Tue", "Wed", "Thu",
                                                              "Fri", "Sat", "Sun"};

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// ---- the clock on the wall

UDate to_icu(Instant at) {
  return static_cast<UDate>(std::chrono::floor<milliseconds>(at).time_since_epoch().count());
}

Instant from_icu(UDate at) {
  return Instant{milliseconds{static_cast<std::int64_t>(at)}};
}

// The instants at which the clock shows `wall`: one, or two in the hour that it repeats. In the
// hour that it skips: those that the time would be by the rule before and by the one after.
std::array<Instant, 2> instants_of(const icu::BasicTimeZone& zone, Instant wall) {
  std::array<Instant, 2> instants{wall, wall};
  const std::array<UTimeZoneLocalOption, 2> options = {UCAL_TZ_LOCAL_FORMER, UCAL_TZ_LOCAL_LATTER};
  for (std::size_t i = 0; i < options.size(); ++i) {
    UErrorCode status = U_ZERO_ERROR;
    int32_t raw = 0;
    int32_t saving = 0;
    zone.getOffsetFromLocal(to_icu(wall), options.at(i), options.at(i), raw, saving, status);
    CHECK_THAT_HOLDS(U_SUCCESS(status) != 0);
    instants.at(i) = wall - milliseconds{raw} - milliseconds{saving};
  }
  return instants;
}

// 0 is Monday.
unsigned weekday(std::chrono::sys_days day) {
  return std::chrono::weekday{day}.iso_encoding() - 1;
}

bool opens_on(const Hours::Window& window, std::chrono::sys_days day) {
  return ((window.days >> weekday(day)) & 1U) != 0;
}

int length_of(const Hours::Window& window) {
  return window.closes > window.opens ? window.closes - window.opens
                                      : window.closes + kMinutesPerDay - window.opens;
}

bool is_open_on_wall(const Hours& hours, Instant wall) {
  const auto today = std::chrono::floor<days>(wall);
  return std::any_of(hours.windows.begin(), hours.windows.end(), [&](const Hours::Window& window) {
    // Yesterday's may reach over midnight.
    for (const auto day : {today, today - days{1}}) {
      const Instant opens = Instant{day} + minutes{window.opens};
      const Instant closes = opens + minutes{length_of(window)};
      if (opens_on(window, day) && wall >= opens && wall < closes) return true;
    }
    return false;
  });
}

// All instants of one day, on the wall, at which the hours may open or close.
void add_edges(const Hours& hours, const icu::BasicTimeZone& zone, std::chrono::sys_days day,
               std::vector<Instant>& edges) {
  for (const Hours::Window& window : hours.windows) {
    if (!opens_on(window, day)) continue;
    const Instant opens = Instant{day} + minutes{window.opens};
    for (const Instant wall : {opens, opens + minutes{length_of(window)}}) {
      for (const Instant edge : instants_of(zone, wall)) edges.push_back(edge);
    }
  }
}

// Where the clock is put forward or back, within `span` after `at`.
void add_transitions(const icu::BasicTimeZone& zone, Instant at, days span,
                     std::vector<Instant>& edges) {
  icu::TimeZoneTransition transition;
  Instant from = at;
  while (zone.getNextTransition(to_icu(from), 0, transition) != 0) {
    from = from_icu(transition.getTime());
    if (from > at + span) return;
    edges.push_back(from);
  }
}

// The first instant from `at` on, some `span` ahead, at which being open is `wanted`. That can
// begin only at `at`, where a window begins or ends, and where the clock is put.
std::optional<Instant> first(const Hours& hours, const Zone& local, Instant at, bool wanted,
                             days span) {
  const Zone& clock = hours.zone ? *hours.zone : local;
  const icu::BasicTimeZone& zone = *clock.rules().zone;
  const auto today = std::chrono::floor<days>(clock.wall_clock(at));
  std::vector<Instant> edges;
  add_transitions(zone, at, span, edges);
  for (auto day = today - days{1}; day <= today + span; day += days{1}) {
    add_edges(hours, zone, day, edges);
  }
  std::sort(edges.begin(), edges.end());
  for (const Instant edge : edges) {
    // Beyond the span, edges of later days could come first.
    if (clock.wall_clock(edge) >= Instant{today} + span) return std::nullopt;
    if (edge >= at && is_open(hours, local, edge) == wanted) return edge;
  }
  return std::nullopt;
}

std::optional<Instant> first(const Hours& hours, const Zone& local, Instant at, bool wanted) {
  if (is_open(hours, local, at) == wanted) return at;
  const auto soon = first(hours, local, at, wanted, kSearchFirst);
  return soon ? soon : first(hours, local, at, wanted, kSearch);
}

// ---- reading

std::optional<unsigned> day_number(std::string_view name) {
  const auto found = std::find(kDays.begin(), kDays.end(), name);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<unsigned>(found - kDays.begin());
}

// "Mon" or "Mon-Fri", also over the end of the week.
Result<unsigned> parse_days(std::string_view text) {
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto first_day = day_number(text.substr(0, dash));
  const auto last_day = dash == text.size() ? first_day : day_number(text.substr(dash + 1));
  if (!first_day || !last_day) {
    return invalid(quoted(text) + " is no day; write Mon, Tue, Wed, Thu, Fri, Sat, Sun or Mon-Fri");
  }
  unsigned set = 0;
  for (unsigned day = *first_day;; day = (day + 1) % kDaysPerWeek) {
    set |= 1U << day;
    if (day == *last_day) return set;
  }
}

// "08:00", up to "24:00", in minutes.
std::optional<int> parse_clock(std::string_view text) {
  const auto digit = [text](std::size_t at) { return text[at] - '0'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t at : {0U, 1U, 3U, 4U}) {
    if (digit(at) < 0 || digit(at) > 9) return std::nullopt;
  }
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  if (minute > 59 || hour * 60 + minute > kMinutesPerDay) return std::nullopt;
  return hour * 60 + minute;
}

Result<Hours::Window> parse_window(std::string_view text) {
  Hours::Window window;
  window.days = kEveryDay;
  const std::size_t blank = text.find_first_of(" \t");
  if (blank != std::string_view::npos) {
    TRY_ASSIGN(window.days, parse_days(text.substr(0, blank)));
    text = trim(text.substr(blank));
  }
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto opens = parse_clock(text.substr(0, dash));
  const auto closes = parse_clock(text.substr(std::min(dash + 1, text.size())));
  if (!opens || !closes) {
    return invalid(quoted(text) + " is no window; write 08:00-22:00 or Mon-Fri 08:00-22:00");
  }
  window.opens = *opens;
  window.closes = *closes;
  if (window.opens == window.closes || window.opens == kMinutesPerDay) {
    return invalid(quoted(text) + " is never open; the whole day is 00:00-24:00");
  }
  return window;
}

// Takes the last word off `text`: whose clock it is.
Status take_clock(std::string_view& text, Hours& hours) {
  const std::size_t blank = text.find_last_of(" \t");
  const std::string_view word = text.substr(blank == std::string_view::npos ? 0 : blank + 1);
  if (blank == std::string_view::npos || word.find(':') != std::string_view::npos) {
    return invalid(
        "whose clock? write recipient, sender, UTC or a zone behind the window: 08:00-22:00 "
        "recipient");
  }
  text = trim(text.substr(0, blank));
  if (word == "recipient") return {};
  hours.clock = word == "sender" ? Hours::Clock::kSender : Hours::Clock::kZone;
  if (word == "sender") return {};
  TRY_ASSIGN(hours.zone, Zone::named(word));
  return {};
}

}  // namespace

Zone::Zone(std::string name, std::shared_ptr<const Rules> rules)
    : name_(std::move(name)), rules_(std::move(rules)) {}

Result<Zone> Zone::named(std::string_view name) {
  const auto unknown = [name] {
    return invalid("unknown time zone " + quoted(name.substr(0, kMaxZoneBytes)) +
                   did_you_mean(name.substr(0, kMaxZoneBytes),
                                {"recipient", "sender", "UTC", "Asia/Shanghai", "Asia/Tokyo",
                                 "Europe/Berlin", "Europe/London", "America/New_York"}) +
                   "; write recipient, sender, UTC or a zone such as Asia/Shanghai");
  };
  const bool is_plain =
      !name.empty() && name.size() <= kMaxZoneBytes &&
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!is_plain) return unknown();
  const icu::UnicodeString id(name.data(), static_cast<int32_t>(name.size()), US_INV);
  std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(id));
  // What ICU does not know becomes a zone without a name; "GMT+3" and the like would be custom
  // zones, which nobody's configuration should hold.
  icu::UnicodeString canonical;
  UBool is_system = 0;
  UErrorCode status = U_ZERO_ERROR;
  icu::TimeZone::getCanonicalID(id, canonical, is_system, status);
  auto* basic = dynamic_cast<icu::BasicTimeZone*>(zone.get());
  if (U_FAILURE(status) != 0 || is_system == 0 || basic == nullptr ||
      *zone == icu::TimeZone::getUnknown()) {
    return unknown();
  }
  auto rules = std::make_shared<Rules>();
  rules->zone.reset(basic);
  (void)zone.release();
  return Zone(std::string(name), std::move(rules));
}

const Zone& Zone::utc() {
  static const Zone kUtc = *Zone::named("UTC");
  return kUtc;
}

Instant Zone::wall_clock(Instant at) const {
  UErrorCode status = U_ZERO_ERROR;
  int32_t raw = 0;
  int32_t saving = 0;
  rules_->zone->getOffset(to_icu(at), 0, raw, saving, status);
  CHECK_THAT_HOLDS(U_SUCCESS(status) != 0);
  return at + milliseconds{raw} + milliseconds{saving};
}

Result<Hours> parse_hours(std::string_view text) {
  Hours hours;
  text = trim(text);
  TRY(take_clock(text, hours));
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (hours.windows.size() == kMaxWindows) {
      return Error{Code::kLimit, "more than " + std::to_string(kMaxWindows) + " windows"};
    }
    TRY_ASSIGN(const Hours::Window window, parse_window(trim(text.substr(0, comma))));
    hours.windows.push_back(window);
    if (comma == text.size()) return hours;
    text.remove_prefix(comma + 1);
  }
}

bool is_open(const Hours& hours, const Zone& local, Instant at) {
  return is_open_on_wall(hours, (hours.zone ? *hours.zone : local).wall_clock(at));
}

Instant next_open(const Hours& hours, const Zone& local, Instant at) {
  return first(hours, local, at, true).value_or(at);
}

std::optional<Instant> next_close(const Hours& hours, const Zone& local, Instant at) {
  return first(hours, local, at, false);
}

}  // namespace yizhan::rules
