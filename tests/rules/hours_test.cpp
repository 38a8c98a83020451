#include "rules/hours.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::rules {
namespace {

Hours hours_of(const std::string& text) {
  auto hours = parse_hours(text);
  INFO(text);
  if (!hours.ok()) FAIL(hours.error().message);
  return *std::move(hours);
}

Zone zone(const char* name) {
  auto found = Zone::named(name);
  REQUIRE(found.ok());
  return *std::move(found);
}

// When they open, for somebody in `where`, from `at` on.
std::string opens(const std::string& hours, const char* where, const char* at) {
  return format_time(next_open(hours_of(hours), zone(where), *parse_time(at)));
}

std::string closes(const std::string& hours, const char* where, const char* at) {
  const auto close = next_close(hours_of(hours), zone(where), *parse_time(at));
  return close ? format_time(*close) : "never";
}

std::string error_of(const std::string& text) {
  const auto hours = parse_hours(text);
  REQUIRE_FALSE(hours.ok());
  return hours.error().message;
}

}  // namespace

TEST_CASE("hours are windows, days and whose clock") {
  const Hours plain = hours_of("08:00-22:00 recipient");
  CHECK(plain.clock == Hours::Clock::kRecipient);
  CHECK_FALSE(plain.zone);
  REQUIRE(plain.windows.size() == 1);
  CHECK(plain.windows[0].days == 0x7F);
  CHECK(plain.windows[0].opens == 8 * 60);
  CHECK(plain.windows[0].closes == 22 * 60);
  CHECK(hours_of("00:00-24:00 sender").clock == Hours::Clock::kSender);
  const Hours many = hours_of(" Mon-Fri 08:00-12:00 ,Sat 14:00-18:30 Asia/Shanghai ");
  CHECK(many.clock == Hours::Clock::kZone);
  REQUIRE(many.zone);
  CHECK(many.zone->name() == "Asia/Shanghai");
  REQUIRE(many.windows.size() == 2);
  CHECK(many.windows[0].days == 0x1F);
  CHECK(many.windows[1].days == 0x20);
}

TEST_CASE("a window opens and closes on the clock of whoever is meant") {
  const char* text = "08:00-22:00 recipient";
  CHECK(opens(text, "Asia/Shanghai", "2026-03-04T07:59:59+08:00") == "2026-03-04T00:00:00Z");
  CHECK(opens(text, "Asia/Shanghai", "2026-03-04T08:00:00+08:00") == "2026-03-04T00:00:00Z");
  CHECK(opens(text, "Asia/Shanghai", "2026-03-04T21:59:59.999999+08:00") ==
        "2026-03-04T13:59:59.999999Z");
  CHECK(opens(text, "Asia/Shanghai", "2026-03-04T22:00:00+08:00") == "2026-03-05T00:00:00Z");
  CHECK(opens(text, "UTC", "2026-03-04T07:59:59+08:00") == "2026-03-04T08:00:00Z");
  CHECK(opens("08:00-22:00 Asia/Shanghai", "UTC", "2026-03-04T22:00:00+08:00") ==
        "2026-03-05T00:00:00Z");
  CHECK(closes(text, "Asia/Shanghai", "2026-03-04T08:00:00+08:00") == "2026-03-04T14:00:00Z");
  CHECK(closes(text, "Asia/Shanghai", "2026-03-04T23:00:00+08:00") == "2026-03-04T15:00:00Z");
  CHECK(closes("00:00-24:00 UTC", "UTC", "2026-03-04T23:00:00Z") == "never");
}

TEST_CASE("days are those on which a window opens, also over midnight and over the week's end") {
  const char* weekdays = "Mon-Fri 08:00-22:00 UTC";
  CHECK(opens(weekdays, "UTC", "2026-03-06T22:00:00Z") == "2026-03-09T08:00:00Z");  // a Friday
  const char* night = "Fri 22:00-06:00 UTC";
  CHECK(opens(night, "UTC", "2026-03-07T05:59:00Z") == "2026-03-07T05:59:00Z");
  CHECK(opens(night, "UTC", "2026-03-07T06:00:00Z") == "2026-03-13T22:00:00Z");
  CHECK(opens(night, "UTC", "2026-03-06T05:00:00Z") == "2026-03-06T22:00:00Z");
  CHECK(closes(night, "UTC", "2026-03-06T23:00:00Z") == "2026-03-07T06:00:00Z");
  const char* around = "Sat-Mon 10:00-11:00 UTC";
  CHECK(opens(around, "UTC", "2026-03-09T11:00:00Z") == "2026-03-14T10:00:00Z");
  const char* several = "Mon-Fri 08:00-12:00, Mon-Fri 14:00-18:00, Sat 10:00-12:00 UTC";
  CHECK(opens(several, "UTC", "2026-03-06T12:30:00Z") == "2026-03-06T14:00:00Z");
  CHECK(opens(several, "UTC", "2026-03-06T18:00:00Z") == "2026-03-07T10:00:00Z");
}

TEST_CASE("in spring the clock skips an hour, and what lies in it") {
  // Europe/Berlin, 2026-03-29: after 01:59:59 comes 03:00:00, which is 01:00:00Z.
  CHECK(opens("02:30-05:00 recipient", "Europe/Berlin", "2026-03-29T00:30:00Z") ==
        "2026-03-29T01:00:00Z");
  CHECK(opens("02:00-03:00 recipient", "Europe/Berlin", "2026-03-29T00:30:00Z") ==
        "2026-03-30T00:00:00Z");
  CHECK(opens("08:00-22:00 recipient", "Europe/Berlin", "2026-03-28T21:00:00Z") ==
        "2026-03-29T06:00:00Z");
  CHECK(opens("08:00-22:00 recipient", "Europe/Berlin", "2026-03-27T21:00:00Z") ==
        "2026-03-28T07:00:00Z");
  CHECK(closes("22:00-03:00 recipient", "Europe/Berlin", "2026-03-28T23:00:00Z") ==
        "2026-03-29T01:00:00Z");
  // A whole day was skipped: Friday, 2011-12-30, in Samoa.
  CHECK(opens("Fri 08:00-22:00 recipient", "Pacific/Apia", "2011-12-30T09:59:00Z") ==
        "2012-01-05T18:00:00Z");
}

TEST_CASE("in autumn the clock shows an hour twice, and what lies in it is open twice") {
  // Europe/Berlin, 2026-10-25: 02:00 to 03:00 at 00:00Z, and again at 01:00Z.
  const char* text = "02:00-02:30 recipient";
  CHECK(opens(text, "Europe/Berlin", "2026-10-24T23:00:00Z") == "2026-10-25T00:00:00Z");
  CHECK(closes(text, "Europe/Berlin", "2026-10-25T00:00:00Z") == "2026-10-25T00:30:00Z");
  CHECK(opens(text, "Europe/Berlin", "2026-10-25T00:30:00Z") == "2026-10-25T01:00:00Z");
  CHECK(opens(text, "Europe/Berlin", "2026-10-25T01:30:00Z") == "2026-10-26T01:00:00Z");
  CHECK(opens("00:00-02:30 recipient", "Europe/Berlin", "2026-10-25T00:45:00Z") ==
        "2026-10-25T01:00:00Z");
}

TEST_CASE("a zone with half hours and one without summer time are as good") {
  CHECK(opens("09:00-18:00 recipient", "Asia/Kolkata", "2026-03-04T00:00:00Z") ==
        "2026-03-04T03:30:00Z");
  CHECK(opens("09:00-18:00 recipient", "Asia/Shanghai", "2026-07-04T00:00:00Z") ==
        "2026-07-04T01:00:00Z");
  CHECK(opens("09:00-18:00 recipient", "America/New_York", "1960-07-04T00:00:00Z") ==
        "1960-07-04T13:00:00Z");
}

TEST_CASE("a window that the clock skips this week opens in the next") {
  CHECK(opens("Sun 02:00-03:00 recipient", "Europe/Berlin", "2026-03-29T00:30:00Z") ==
        "2026-04-05T00:00:00Z");
}

TEST_CASE("hours that are wrong are refused with what would be right") {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "whose clock?"},
      {"08:00-22:00", "whose clock? write recipient, sender, UTC or a zone"},
      {"Mon 08:00-22:00", "whose clock?"},
      {"08:00-22:00 recipent", "unknown time zone \"recipent\"; did you mean \"recipient\"?"},
      {"08:00-22:00 Asia/Beijing", "unknown time zone \"Asia/Beijing\""},
      {"08:00-22:00 Etc/Unknown", "unknown time zone"},
      {"08:00-22:00 GMT+25:00", "whose clock?"},
      {"08:00-22:00 GMT+3", "unknown time zone"},
      {"8:00-22:00 UTC", "\"8:00-22:00\" is no window; write 08:00-22:00"},
      {"08:00 UTC", "is no window"},
      {"08:00-25:00 UTC", "is no window"},
      {"08:60-22:00 UTC", "is no window"},
      {"24:00-06:00 UTC", "is never open; the whole day is 00:00-24:00"},
      {"08:00-08:00 UTC", "is never open"},
      {"Mo 08:00-22:00 UTC", "\"Mo\" is no day; write Mon, Tue"},
      {"Mon-Fry 08:00-22:00 UTC", "\"Mon-Fry\" is no day"},
      {"mon 08:00-22:00 UTC", "is no day"},
      {"08:00-12:00, UTC", "is no window"},
      {"08:00-12:00,, 13:00-14:00 UTC", "is no window"},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK_THAT(error_of(one.text), Catch::Contains(one.message));
  }
}

TEST_CASE("windows are bounded") {
  std::string text = "08:00-09:00";
  for (std::size_t i = 1; i < kMaxWindows; ++i) text += ",08:00-09:00";
  CHECK(parse_hours(text + " UTC").ok());
  CHECK(parse_hours(text + ",08:00-09:00 UTC").error().code == Code::kLimit);
}

TEST_CASE("a zone that nobody knows is an error, not a guess") {
  for (const char* name : {"", "Mars/Olympus", "europe/berlin ", "UTC\xC3\xA9", "GMT+99"}) {
    INFO(name);
    CHECK_FALSE(Zone::named(name).ok());
  }
  CHECK_FALSE(Zone::named(std::string(100, 'a')).ok());
  CHECK(Zone::utc().name() == "UTC");
  CHECK(format_time(zone("Asia/Shanghai").wall_clock(*parse_time("2026-03-04T00:00:00Z"))) ==
        "2026-03-04T08:00:00Z");
}

}  // namespace yizhan::rules
