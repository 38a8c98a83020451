#include "rules/schedule.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "rules/parse.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

using namespace std::chrono_literals;

const Instant kNine = *parse_time("2026-03-04T09:00:00Z");  // a Wednesday

Watch watch_of(const std::string& lines) {
  auto parsed = parse_tables(
      "[preset p]\nexpect = accepted\non_expire.1 = recall\non_interval.1 = resend\n" + lines, "p");
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  return *parsed.tables->preset.rows().at(0).watch;
}

// The offer of SPEC section 4, with an escalation.
const char* const kOffer =
    "interval = 15m\nduration = 1h\nescalate.1 = after=30m recipient=role:pm\n"
    "escalate.2 = after=1h recipient=role:lead_pm\n";

Progress begun(const Watch& watch, Instant stored = kNine,
               const FakeEvent& message = FakeEvent({})) {
  const auto progress = begin(watch, stored, message);
  REQUIRE(progress.ok());
  REQUIRE(*progress);
  return **progress;
}

std::string shown(const Due& due) {
  const char* const kNames[] = {"interval", "expire", "escalate", "finished"};
  std::string text = kNames[static_cast<int>(due.kind)];
  if (due.number != 0) text += " " + std::to_string(due.number);
  return text + " " + format_time(due.at).substr(8, 8);
}

// All turns to the end, "interval 1 04T09:15".
std::vector<std::string> turns(const Watch& watch, Progress progress,
                               const Zone& zone = Zone::utc()) {
  std::vector<std::string> all;
  while (true) {
    const Due due = next(watch, progress, zone);
    if (due.kind == Due::Kind::kFinished) return all;
    all.push_back(shown(due));
    pass(progress, due);
    REQUIRE(all.size() < 1000);
  }
}

std::vector<std::string> caught_up(const Watch& watch, Progress& progress, Instant now) {
  std::vector<std::string> all;
  for (const Due& due : catch_up(watch, progress, Zone::utc(), now)) all.push_back(shown(due));
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a watch speaks at each interval, expires, and escalates step by step") {
  const Watch watch = watch_of(kOffer);
  CHECK(turns(watch, begun(watch)) == Lines{"interval 1 04T09:15", "interval 2 04T09:30",
                                            "interval 3 04T09:45", "expire 04T10:00",
                                            "escalate 1 04T10:30", "escalate 2 04T11:30"});
}

TEST_CASE("a finished watch says when its last turn was, and stays finished") {
  const Watch watch = watch_of("interval = 15m\nduration = 20m\n");
  Progress progress = begun(watch);
  for (int i = 0; i < 2; ++i) pass(progress, next(watch, progress, Zone::utc()));
  const Due due = next(watch, progress, Zone::utc());
  CHECK(due.kind == Due::Kind::kFinished);
  CHECK(due.at == kNine + 20min);
  const Progress before = progress;
  pass(progress, due);
  CHECK(progress == before);
}

TEST_CASE("intervals are as many as are wanted, and none is at the expiry") {
  const Watch two = watch_of("interval = 10m\nduration = 1h\nmax_intervals = 2\n");
  CHECK(turns(two, begun(two)) ==
        Lines{"interval 1 04T09:10", "interval 2 04T09:20", "expire 04T10:00"});
  const Watch edge = watch_of("interval = 30m\nduration = 1h\n");
  CHECK(turns(edge, begun(edge)) == Lines{"interval 1 04T09:30", "expire 04T10:00"});
}

TEST_CASE("a watch may begin later, and end at a time that the message names") {
  const FakeEvent message(
      {{"job.due", "2026-03-04T12:00:00Z"}, {"job.start", "2026-03-01T09:00:00Z"}});
  const Watch late =
      watch_of("interval = 1h\nstart = until job.due - 2h\nduration = until job.due\n");
  Progress progress = begun(late, kNine, message);
  CHECK(progress.started == kNine + 1h);
  CHECK(turns(late, progress) == Lines{"interval 1 04T11:00", "expire 04T12:00"});
  const Watch third = watch_of("interval = 1h\nduration = 1/3 until job.due\n");
  CHECK(begun(third, kNine, message).ends == kNine + 1h);
  const Watch past =
      watch_of("interval = 1h\nstart = until job.start\nduration = until job.start\n");
  progress = begun(past, kNine, message);
  CHECK(progress.started == kNine);
  CHECK(turns(past, progress) == Lines{"expire 04T09:00"});
}

TEST_CASE("without the field that its times are about there is nothing to watch") {
  const Watch watch = watch_of("interval = 1h\nduration = until job.due\n");
  CHECK_FALSE(*begin(watch, kNine, FakeEvent({})));
  CHECK_FALSE(begin(watch, kNine, FakeEvent({{"job.due", "soon"}})).ok());
  const Watch start = watch_of("interval = 1h\nstart = until job.start\nduration = 2h\n");
  CHECK_FALSE(*begin(start, kNine, FakeEvent({})));
}

TEST_CASE("what falls into the night is due once in the morning, and then goes on") {
  const Watch watch = watch_of(
      "interval = 15m\nduration = 12h\nmax_intervals = 4\nhours = 08:00-22:00 recipient\n"
      "escalate.1 = after=14h recipient=role:pm\n");
  const Instant evening = *parse_time("2026-03-04T21:20:00Z");
  CHECK(turns(watch, begun(watch, evening)) == Lines{"interval 1 04T21:35", "interval 2 04T21:50",
                                                     "interval 3 05T08:00", "interval 4 05T08:15",
                                                     "expire 05T09:20", "escalate 1 06T08:00"});
  // Seven hours to the east, the evening is deep night.
  const Zone shanghai = *Zone::named("Asia/Shanghai");
  CHECK(turns(watch, begun(watch, evening), shanghai).front() == "interval 1 05T00:00");
}

TEST_CASE("an expiry in the night waits for the morning, and takes the interval's place") {
  const Watch watch = watch_of("interval = 1h\nduration = 2h\nhours = 08:00-22:00 recipient\n");
  CHECK(turns(watch, begun(watch, *parse_time("2026-03-04T21:30:00Z"))) ==
        Lines{"expire 05T08:00"});
}

TEST_CASE("catching up with one turn that is due does that turn") {
  for (const char* policy : {"all", "last", "skip"}) {
    INFO(policy);
    const Watch watch = watch_of(kOffer + std::string("catch_up = ") + policy + "\n");
    Progress progress = begun(watch);
    CHECK(caught_up(watch, progress, kNine + 14min).empty());
    CHECK(progress == begun(watch));
    CHECK(caught_up(watch, progress, kNine + 15min) == Lines{"interval 1 04T09:15"});
    CHECK(caught_up(watch, progress, kNine + 15min).empty());
    // Late by half a minute: the next is due when it always was.
    CHECK(caught_up(watch, progress, kNine + 30min + 30s) == Lines{"interval 2 04T09:30"});
    CHECK(shown(next(watch, progress, Zone::utc())) == "interval 3 04T09:45");
    CHECK(caught_up(watch, progress, kNine + 45min) == Lines{"interval 3 04T09:45"});
    CHECK(caught_up(watch, progress, kNine + 60min) == Lines{"expire 04T10:00"});
    CHECK(caught_up(watch, progress, kNine + 90min) == Lines{"escalate 1 04T10:30"});
    CHECK(caught_up(watch, progress, kNine + 150min) == Lines{"escalate 2 04T11:30"});
    CHECK(caught_up(watch, progress, kNine + 999min).empty());
  }
}

TEST_CASE("intervals missed in a downtime are made up as the preset says") {
  const std::string day = "interval = 10m\nduration = 24h\n";
  const Instant now = kNine + 2h + 5min;  // twelve are missed
  const Watch all = watch_of(day + "catch_up = all\nburst = 3\n");
  Progress progress = begun(all);
  CHECK(caught_up(all, progress, now) ==
        Lines{"interval 10 04T10:40", "interval 11 04T10:50", "interval 12 04T11:00"});
  CHECK(shown(next(all, progress, Zone::utc())) == "interval 13 04T11:10");
  const Watch last = watch_of(day + "catch_up = last\n");
  progress = begun(last);
  CHECK(caught_up(last, progress, now) == Lines{"interval 12 04T11:00"});
  CHECK(shown(next(last, progress, Zone::utc())) == "interval 13 04T11:10");
  const Watch skip = watch_of(day + "catch_up = skip\n");
  progress = begun(skip);
  CHECK(caught_up(skip, progress, now).empty());
  CHECK(shown(next(skip, progress, Zone::utc())) == "interval 13 04T11:10");
}

TEST_CASE("without a cap of its own, making up all stops at ten") {
  const Watch watch = watch_of("interval = 10m\nduration = 24h\ncatch_up = all\n");
  Progress progress = begun(watch);
  CHECK(caught_up(watch, progress, kNine + 23h).size() == static_cast<std::size_t>(kDefaultBurst));
}

TEST_CASE("an expiry is never swallowed, whatever the policy") {
  const Instant now = kNine + 10h;
  const Watch all = watch_of(kOffer + std::string("catch_up = all\n"));
  Progress progress = begun(all);
  CHECK(caught_up(all, progress, now) == Lines{"interval 1 04T09:15", "interval 2 04T09:30",
                                               "interval 3 04T09:45", "expire 04T10:00",
                                               "escalate 1 04T10:30", "escalate 2 04T11:30"});
  for (const char* policy : {"last", "skip"}) {
    INFO(policy);
    const Watch one = watch_of(kOffer + std::string("catch_up = ") + policy + "\n");
    progress = begun(one);
    CHECK(caught_up(one, progress, now) == Lines{"expire 04T10:00"});
    // Whoever is asked first has his time to answer.
    CHECK(shown(next(one, progress, Zone::utc())) == "escalate 1 04T19:30");
    CHECK(caught_up(one, progress, now + 30min) == Lines{"escalate 1 04T19:30"});
    CHECK(shown(next(one, progress, Zone::utc())) == "escalate 2 04T20:30");
  }
}

TEST_CASE("intervals left out count for their maximum") {
  const Watch watch =
      watch_of("interval = 10m\nduration = 24h\nmax_intervals = 5\ncatch_up = skip\n");
  Progress progress = begun(watch);
  CHECK(caught_up(watch, progress, kNine + 3h).empty());
  CHECK(progress.intervals == 5);
  CHECK(shown(next(watch, progress, Zone::utc())) == "expire 05T09:00");
}

TEST_CASE("catching up after weeks gives what asking turn by turn would have given") {
  const Watch watch = watch_of(
      "interval = 17m\nduration = 600h\ncatch_up = all\nburst = 1000\n"
      "hours = Mon-Fri 08:00-12:00, Mon-Fri 13:00-18:30 Europe/Berlin\n");
  const Instant now = kNine + 24h * 23 + 1h;
  Progress by_turn = begun(watch);
  std::vector<Due> expected;
  for (Due due = next(watch, by_turn, Zone::utc()); due.at <= now;
       due = next(watch, by_turn, Zone::utc())) {
    expected.push_back(due);
    pass(by_turn, due);
  }
  REQUIRE(expected.size() > 400);
  Progress at_once = begun(watch);
  CHECK(catch_up(watch, at_once, Zone::utc(), now) == expected);
  CHECK(at_once == by_turn);
}

TEST_CASE("a thousand years of seconds are caught up in no time, and the count stays a count") {
  const Watch watch = watch_of("interval = 1s\nduration = until job.due\ncatch_up = all\n");
  Progress progress = begun(watch, kNine, FakeEvent({{"job.due", "9999-01-01T00:00:00Z"}}));
  const Instant now = *parse_time("3026-03-04T09:00:00Z");
  CHECK(catch_up(watch, progress, Zone::utc(), now).size() == 10);
  CHECK(progress.intervals > 1'000'000'000);
  CHECK(next(watch, progress, Zone::utc()).at == now + 1s);
}

TEST_CASE("an activation is late after the deadline, not at it") {
  const Watch watch = watch_of(kOffer);
  const Progress progress = begun(watch);
  CHECK_FALSE(is_late(progress, kNine + 1h));
  CHECK(is_late(progress, kNine + 1h + 1us));
}

}  // namespace yizhan::rules
