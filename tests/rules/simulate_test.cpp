#include "rules/simulate.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "rules/parse.h"
#include "rules/schedule.h"
#include "rules/watch.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Tables tables_of(const std::string& lines) {
  auto parsed = parse_tables("[preset p]\nfor.kind = task\nexpect = accepted\n" + lines, "p");
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  return *std::move(parsed.tables);
}

const char* const kOffer =
    "interval = 15m\nduration = 40m\non_interval.1 = resend\non_expire.1 = recall\n"
    "on_expire.2 = set_state state=expired\non_activate.1 = set_state state=accepted\n"
    "escalate.1 = after=30m recipient=role:pm\n";

Lines timeline(const Tables& tables, std::optional<Micros> activate_at,
               const FakeEvent& message = FakeEvent({{"kind", "task"}})) {
  const auto entries = simulate(tables.preset.rows().at(0), message,
                                *parse_time("2026-03-04T09:00:00Z"), activate_at, Zone::utc());
  REQUIRE(entries.ok());
  Lines lines;
  for (const TimelineEntry& entry : *entries) {
    lines.push_back(format_time(entry.at).substr(11, 5) + " " + entry.what);
  }
  return lines;
}

}  // namespace

TEST_CASE("a simulation shows all that a preset would do if nobody ever answered") {
  CHECK(timeline(tables_of(kOffer), std::nullopt) ==
        Lines{"09:00 waiting for accepted until 2026-03-04T09:40:00Z", "09:15 interval 1: resend",
              "09:30 interval 2: resend", "09:40 expired: recall, set_state",
              "10:10 escalation 1: to role:pm", "10:10 finished; the activation has not come"});
}

TEST_CASE("the activation ends the timeline wherever it comes") {
  const Tables tables = tables_of(kOffer);
  CHECK(timeline(tables, 7min) == Lines{"09:00 waiting for accepted until 2026-03-04T09:40:00Z",
                                        "09:07 activated (accepted): set_state"});
  CHECK(timeline(tables, 20min).size() == 3);
  CHECK(timeline(tables, 50min).back() == "09:50 activated (accepted), late: set_state");
  CHECK(timeline(tables, 5h).back() == "14:00 activated (accepted), late: set_state");
}

TEST_CASE("nothing starts at the instant of the activation") {
  CHECK(timeline(tables_of(kOffer), 15min) ==
        Lines{"09:00 waiting for accepted until 2026-03-04T09:40:00Z",
              "09:15 activated (accepted): set_state"});
}

TEST_CASE("an activation before the watch begins leaves nothing to watch") {
  CHECK(timeline(tables_of("start = 1h\n" + std::string(kOffer)), 10min) ==
        Lines{"09:10 activated (accepted): set_state; nothing to watch"});
}

TEST_CASE("a simulation keeps to the hours") {
  CHECK(timeline(tables_of(kOffer + std::string("hours = 10:00-22:00 recipient\n")),
                 std::nullopt) == Lines{"09:00 waiting for accepted until 2026-03-04T09:40:00Z",
                                        "10:00 expired: recall, set_state",
                                        "10:30 escalation 1: to role:pm",
                                        "10:30 finished; the activation has not come"});
}

TEST_CASE("a message that the preset is not for is told why") {
  CHECK(timeline(tables_of(kOffer), std::nullopt, FakeEvent({{"kind", "question"}})) ==
        Lines{"09:00 not watched: for.kind = task: the value is \"question\""});
  const Tables due = tables_of("duration = until job.due\non_expire.1 = recall\n");
  CHECK(timeline(due, std::nullopt) ==
        Lines{"09:00 not watched: the message lacks the field that its times are about"});
  const auto wrong =
      simulate(due.preset.rows().at(0), FakeEvent({{"kind", "task"}, {"job.due", "soon"}}),
               *parse_time("2026-03-04T09:00:00Z"), std::nullopt, Zone::utc());
  CHECK_FALSE(wrong.ok());
}

TEST_CASE("a timeline without end is cut, and says so") {
  const auto lines =
      timeline(tables_of("interval = 1s\nduration = 30d\non_interval.1 = resend\n"), std::nullopt);
  REQUIRE(lines.size() == kMaxTimeline);
  CHECK_THAT(lines.back(), Catch::Contains("cut here: more than 10000 turns"));
}

TEST_CASE("the simulation and the broker's timers are the same arithmetic") {
  const Tables tables = tables_of(kOffer);
  const Row& row = tables.preset.rows().at(0);
  const Instant start = *parse_time("2026-03-04T09:00:00Z");
  const FakeEvent message({{"kind", "task"}});
  const auto simulated = simulate(row, message, start, std::nullopt, Zone::utc());
  Progress progress = **begin(*row.watch, start, message);
  for (std::size_t i = 1; i < simulated->size(); ++i) {
    const Due due = next(*row.watch, progress, Zone::utc());
    CHECK(due.at == simulated->at(i).at);
    // A broker that wakes up exactly then does exactly this.
    const auto done = catch_up(*row.watch, progress, Zone::utc(), due.at);
    if (due.kind != Due::Kind::kFinished) CHECK(done == std::vector<Due>{due});
  }
}

}  // namespace yizhan::rules
