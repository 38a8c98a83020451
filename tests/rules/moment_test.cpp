#include "rules/moment.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

constexpr const char* kStart = "2026-03-04T00:00:00Z";

// The instant of `text` for a message that is due three days after the start.
std::string at(const std::string& text) {
  const auto moment = parse_moment(text);
  INFO(text);
  REQUIRE(moment.ok());
  const FakeEvent message({{"job.due", "2026-03-07T08:00:00+08:00"}});
  const auto instant = resolve(*moment, *parse_time(kStart), message);
  REQUIRE(instant.ok());
  return *instant ? format_time(**instant) : "none";
}

}  // namespace

TEST_CASE("a moment is a time after the start, a field's, before it, or a part of the time to it") {
  CHECK(at("2h") == "2026-03-04T02:00:00Z");
  CHECK(at("0s") == kStart);
  CHECK(at("until job.due") == "2026-03-07T00:00:00Z");
  CHECK(at("until job.due - 30m") == "2026-03-06T23:30:00Z");
  CHECK(at("until job.due -30m") == "2026-03-06T23:30:00Z");
  CHECK(at("until  job.due  +  2h") == "2026-03-07T02:00:00Z");
  CHECK(at("1/3 until job.due") == "2026-03-05T00:00:00Z");
  CHECK(at("6/7 until job.due - 2h") == "2026-03-06T12:00:00Z");
  CHECK(at("1/1 until job.due") == "2026-03-07T00:00:00Z");
  CHECK(at("until offer.expires") == "none");
}

TEST_CASE("a moment that is past lies before the start") {
  const FakeEvent message({{"job.due", "2026-03-01T00:00:00Z"}});
  const auto past = resolve(*parse_moment("until job.due"), *parse_time(kStart), message);
  CHECK(**past == *parse_time("2026-03-01T00:00:00Z"));
}

TEST_CASE("a field that holds no time is an error that shows it") {
  const auto moment = parse_moment("until job.due");
  const auto wrong = resolve(*moment, *parse_time(kStart), FakeEvent({{"job.due", "tomorrow"}}));
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().message ==
        "job.due: \"tomorrow\" is no time with offset (2026-03-04T09:00:00+08:00)");
}

TEST_CASE("moments at the ends of time do not overflow") {
  const FakeEvent message({{"job.due", "9999-12-31T23:59:59Z"}});
  for (const char* text : {"999/1000 until job.due", "1/1000 until job.due - 3660d"}) {
    const auto instant = resolve(*parse_moment(text), *parse_time("0001-01-01T00:00:00Z"), message);
    REQUIRE(instant.ok());
    CHECK(**instant > *parse_time("0001-01-01T00:00:00Z"));
    CHECK(**instant < *parse_time("9999-12-31T23:59:59Z"));
  }
}

TEST_CASE("what is written is what format_moment writes") {
  for (const char* text : {"2h", "0s", "until job.due", "until job.due - 30m",
                           "until job.due + 90s", "1/3 until job.due", "2/3 until a.b - 1d"}) {
    CHECK(format_moment(*parse_moment(text)) == text);
  }
}

TEST_CASE("moments that are wrong are refused with what would be right") {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "\"\" is no moment; write 2h, until job.due, until job.due - 30m or 1/3 until job.due"},
      {"soon", "\"soon\" is no moment"},
      {"2", "\"2\" is no moment"},
      {"-2h", "is no moment"},
      {"until", "is no moment"},
      {"until due", "unknown field \"due\""},
      {"until sender.role", "is no time"},
      {"until job.due 30m", "is no moment"},
      {"until job.due - soon", "\"soon\" is not a duration up to 3660d"},
      {"until job.due - 3661d", "is not a duration up to 3660d"},
      {"3661d", "is not a duration up to 3660d"},
      {"0/3 until job.due", "\"0/3\" is not a part of the time"},
      {"4/3 until job.due", "is not a part of the time"},
      {"1/1001 until job.due", "two whole numbers up to 1000"},
      {"a/b until job.due", "is not a part of the time"},
      {"1/3", "is no moment"},
      {"1/3 of job.due", "is no moment"},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    const auto moment = parse_moment(one.text);
    REQUIRE_FALSE(moment.ok());
    CHECK_THAT(moment.error().message, Catch::Contains(one.message));
  }
  CHECK(parse_moment("3660d").ok());
  CHECK(parse_moment("1/1000 until job.due").ok());
}

}  // namespace yizhan::rules
