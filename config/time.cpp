#include "config/time.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <system_error>

namespace yizhan {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The years that four digits can write. Instants outside are never read and are shown as the
// nearest end, so that no stored number can make the calendar overflow.
constexpr Instant kFirstInstant{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};
constexpr Instant kLastInstant{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Micros{1}};

/// Takes fixed pieces off the front of a text; once one does not fit, `ok` stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    if (rest_.size() < count) return fail();
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void require(char expected) {
    if (!take(expected)) fail();
  }

  /// 1 to 6 digits after a decimal point, as microseconds.
  int fraction() {
    std::size_t count = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
    if (count == 0 || count > 6) return fail();
    int value = digits(count);
    for (; count < 6; ++count) value *= 10;
    return value;
  }

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

/// "Z" or "+hh:mm" at the end of a time.
minutes scan_offset(Scanner& scanner) {
  if (scanner.take('Z')) return minutes{0};
  const bool west = scanner.take('-');
  if (!west) scanner.require('+');
  const int hour = scanner.digits(2);
  scanner.require(':');
  const int minute = scanner.digits(2);
  if (hour > 23 || minute > 59) scanner.require('\0');  // no such offset
  const minutes offset = hours{hour} + minutes{minute};
  return west ? -offset : offset;
}

struct Unit {
  std::string_view name;
  std::int64_t micros;
};

// From the largest, so that formatting finds the shortest exact form first.
constexpr std::array<Unit, 6> kUnits{{{"d", 86'400'000'000},
                                      {"h", 3'600'000'000},
                                      {"m", 60'000'000},
                                      {"s", 1'000'000},
                                      {"ms", 1'000},
                                      {"us", 1}}};

}  // namespace

std::optional<Instant> parse_time(std::string_view text) {
  Scanner scanner(text);
  const int year = scanner.digits(4);
  scanner.require('-');
  const int month = scanner.digits(2);
  scanner.require('-');
  const int day = scanner.digits(2);
  scanner.require('T');
  const int hour = scanner.digits(2);
  scanner.require(':');
  const int minute = scanner.digits(2);
  scanner.require(':');
  const int second = scanner.digits(2);
  const int micros = scanner.take('.') ? scanner.fraction() : 0;
  const minutes offset = scan_offset(scanner);
  if (!scanner.done() || hour > 23 || minute > 59 || second > 59) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const Instant instant = std::chrono::sys_days{date} + hours{hour} + minutes{minute} +
                          seconds{second} + Micros{micros} - offset;
  if (instant < kFirstInstant || instant > kLastInstant) return std::nullopt;
  return instant;
}

std::string format_time(Instant t) {
  if (t < kFirstInstant) t = kFirstInstant;
  if (t > kLastInstant) t = kLastInstant;
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<Micros> clock{t - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string result = text.data();
  if (clock.subseconds().count() != 0) {
    std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(clock.subseconds().count()));
    result += text.data();
  }
  return result + "Z";
}

std::optional<Micros> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  // from_chars would take a minus sign; a duration here is a length of time.
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.micros) return std::nullopt;
    return Micros{number * unit.micros};
  }
  return std::nullopt;
}

std::string format_duration(Micros d) {
  if (d.count() == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (d.count() % unit.micros == 0) {
      return std::to_string(d.count() / unit.micros) + std::string(unit.name);
    }
  }
  return std::to_string(d.count()) + "us";
}

}  // namespace yizhan
