#include "config/time.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

namespace yizhan {
namespace {

TEST_CASE("a time with any offset is the same instant in UTC") {
  const auto east = parse_time("2026-03-04T09:12:00+08:00");
  REQUIRE(east);
  CHECK(*east == *parse_time("2026-03-04T01:12:00Z"));
  CHECK(*east == *parse_time("2026-03-03T15:12:00-10:00"));
  CHECK(to_micros(*east) == 1772586720000000);
  CHECK(format_time(*east) == "2026-03-04T01:12:00Z");
}

TEST_CASE("fractions are kept to the microsecond") {
  CHECK(format_time(*parse_time("2026-03-04T01:12:00.5Z")) == "2026-03-04T01:12:00.500000Z");
  CHECK(format_time(*parse_time("2026-03-04T01:12:00.000001Z")) == "2026-03-04T01:12:00.000001Z");
}

TEST_CASE("what is not exactly a time is refused") {
  const auto* text =
      GENERATE("", "2026-03-04", "2026-03-04T09:12:00", "2026-03-04 09:12:00Z", "2026-03-04T09:12Z",
               "2026-3-4T09:12:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
               "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
               "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
               "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00z", "2026-01-01T00:00:00+0800",
               "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+08:60", "2026-01-01T00:00:00Zx",
               " 2026-01-01T00:00:00Z", "+026-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
               "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01");
  INFO(text);
  CHECK_FALSE(parse_time(text));
}

TEST_CASE("a leap day is real in leap years only") {
  CHECK(parse_time("2024-02-29T00:00:00Z"));
  CHECK_FALSE(parse_time("2100-02-29T00:00:00Z"));
}

TEST_CASE("any stored number can be shown, the calendar's ends stand for what is beyond") {
  CHECK(format_time(from_micros(std::numeric_limits<std::int64_t>::min())) ==
        "0001-01-01T00:00:00Z");
  CHECK(format_time(from_micros(std::numeric_limits<std::int64_t>::max())) ==
        "9999-12-31T23:59:59.999999Z");
  CHECK(format_time(from_micros(-1)) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("times are read back from what is shown") {
  for (std::int64_t micros : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-62135596800000000},
                              std::int64_t{1772586720123456}, std::int64_t{253402300799999999}}) {
    const auto again = parse_time(format_time(from_micros(micros)));
    REQUIRE(again);
    CHECK(to_micros(*again) == micros);
  }
}

TEST_CASE("durations are read and shown in the largest unit that is exact") {
  struct Row {
    const char* text;
    std::int64_t micros;
    const char* shown;
  };
  const auto row = GENERATE(Row{"500ms", 500'000, "500ms"}, Row{"10s", 10'000'000, "10s"},
                            Row{"90s", 90'000'000, "90s"}, Row{"120s", 120'000'000, "2m"},
                            Row{"15m", 900'000'000, "15m"}, Row{"2h", 7'200'000'000, "2h"},
                            Row{"90d", 7'776'000'000'000, "90d"}, Row{"24h", 86'400'000'000, "1d"},
                            Row{"7us", 7, "7us"}, Row{"0s", 0, "0s"}, Row{"0d", 0, "0s"});
  INFO(row.text);
  REQUIRE(parse_duration(row.text));
  CHECK(parse_duration(row.text)->count() == row.micros);
  CHECK(format_duration(Micros{row.micros}) == row.shown);
}

TEST_CASE("what is not a duration is refused") {
  const auto* text = GENERATE("", "10", "s", "10 s", "-10s", "+10s", "1.5h", "1h30m", "10S",
                              "10sec", "99999999999999999999s", "9223372036854775807d", "0x10s");
  INFO(text);
  CHECK_FALSE(parse_duration(text));
}

TEST_CASE("the longest duration that fits is read, one more is not") {
  CHECK(parse_duration("9223372036854775807us"));
  CHECK(parse_duration("9223372036854ms"));
  CHECK(parse_duration("9223372036854775ms"));
  CHECK_FALSE(parse_duration("9223372036854776ms"));
}

}  // namespace
}  // namespace yizhan
