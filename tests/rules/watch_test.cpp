// Presets as they are written.
#include "rules/watch.h"

#include <catch2/catch.hpp>
#include <string>

#include "rules/parse.h"
#include "rules/row_reader.h"

namespace yizhan::rules {
namespace {

constexpr const char* kBase = "[preset p]\nexpect = accepted\nduration = 2h\n";

ParseResult preset_with(const std::string& lines) {
  return parse_tables(kBase + std::string("on_expire.1 = recall\n") + lines, "p.ini");
}

Watch watch_of(const std::string& lines) {
  const auto parsed = preset_with(lines);
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  return *parsed.tables->preset.rows().at(0).watch;
}

}  // namespace

TEST_CASE("a preset is read with everything it says") {
  const auto parsed = parse_tables(
      "[preset offer]\n"
      "order = 5\n"
      "enabled = shadow\n"
      "stop = yes\n"
      "for.kind = task\n"
      "for.offer.mode = direct\n"
      "unless.project.client = TEST-*\n"
      "expect = accepted | declined\n"
      "from = all\n"
      "start = 10m\n"
      "interval = 15m\n"
      "duration = until offer.expires - 5m\n"
      "max_intervals = 8\n"
      "on_interval.2 = notify recipient=${job.pm} text=waiting\n"
      "on_interval.1 = resend\n"
      "on_expire.1 = recall\n"
      "escalate.2 = after=1h recipient=role:lead_pm\n"
      "escalate.1 = after=30m recipient=role:pm template=late text=\"for ${project.id}\"\n"
      "on_activate.1 = set_state state=accepted\n"
      "hours = Mon-Fri 08:00-22:00 recipient\n"
      "catch_up = all\n"
      "burst = 3\n"
      "max_fires = 1\n"
      "cooldown = 1h\n"
      "[template late]\n"
      "text.en = late\n",
      "p.ini");
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  CHECK(parsed.tables->rows() == 1);
  const Row& row = parsed.tables->preset.rows().at(0);
  CHECK(row.name == "offer");
  CHECK(row.order == 5);
  CHECK(row.enabled == Enabled::kShadow);
  CHECK(row.when.size() == 2);
  CHECK(row.when[1].line() == 6);
  CHECK(row.unless.size() == 1);
  CHECK(row.max_fires == 1);
  CHECK(row.commands.empty());
  CHECK_FALSE(row.hours);
  REQUIRE(row.watch);
  const Watch& watch = *row.watch;
  CHECK(watch.expect == std::vector<std::string>{"accepted", "declined"});
  CHECK(watch.from == From::kAll);
  CHECK(format_moment(watch.start) == "10m");
  CHECK(format_moment(watch.duration) == "until offer.expires - 5m");
  CHECK(watch.line == 12);
  CHECK(watch.interval == std::chrono::minutes(15));
  CHECK(watch.max_intervals == 8);
  REQUIRE(watch.on_interval.size() == 2);
  CHECK(watch.on_interval[0].verb == "resend");
  CHECK(watch.on_expire.at(0).verb == "recall");
  REQUIRE(watch.escalate.size() == 2);
  CHECK(watch.escalate[0].after == std::chrono::minutes(30));
  CHECK(watch.escalate[0].command.verb == "escalate");
  CHECK(watch.escalate[0].command.arguments.at("text").text() == "for ${project.id}");
  CHECK_FALSE(watch.escalate[0].command.arguments.contains("after"));
  CHECK(watch.escalate[1].command.arguments.at("recipient").text() == "role:lead_pm");
  CHECK(watch.on_activate.at(0).verb == "set_state");
  REQUIRE(watch.hours);
  CHECK(watch.catch_up == CatchUp::kAll);
  CHECK(watch.burst == 3);
}

TEST_CASE("what a preset does not say has its default") {
  const Watch watch = watch_of("");
  CHECK(watch.from == From::kAny);
  CHECK(format_moment(watch.start) == "0s");
  CHECK_FALSE(watch.interval);
  CHECK_FALSE(watch.max_intervals);
  CHECK_FALSE(watch.hours);
  CHECK(watch.catch_up == CatchUp::kLast);
  CHECK(watch.burst == kDefaultBurst);
  CHECK(watch_of("from = any\ncatch_up = skip\n").catch_up == CatchUp::kSkip);
  CHECK(watch_of("catch_up = last\n").catch_up == CatchUp::kLast);
}

TEST_CASE("an activation row is a row, and has fields of its own") {
  const auto parsed = parse_tables(
      "[activation late-answer]\n"
      "when.preset = offer\n"
      "when.state = accepted | declined\n"
      "when.expected = yes\n"
      "when.late = yes\n"
      "when.activation.via = link\n"
      "when.activation.time = >= 2026-03-04T09:00:00+08:00\n"
      "hours = 08:00-22:00 UTC\n"
      "do.1 = notify recipient=${activation.user} text=\"late by ${activation.machine}\"\n"
      "[data-state late-answer]\n"
      "hours = 08:00-22:00 recipient\n"
      "do.1 = resend\n",
      "p.ini");
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  CHECK(parsed.tables->activation.rows().at(0).when.size() == 6);
  CHECK(parsed.tables->activation.rows().at(0).hours);
  CHECK(parsed.tables->data_state.rows().at(0).hours);
  CHECK(parsed.tables->rows() == 2);
}

TEST_CASE("what is wrong in a preset is said with its line") {
  const struct {
    const char* line;
    const char* error;
  } cases[] = {
      {"expct = sent", "p.ini:5: unknown key \"expct\"; did you mean \"expect\"?"},
      {"from = some", "p.ini:5: from: \"some\" is not any or all"},
      {"start = soon", "p.ini:5: start: \"soon\" is no moment"},
      {"interval = 999ms", "p.ini:5: interval: \"999ms\" is not a duration from 1s to 3660d: 15m"},
      {"interval = 3661d", "p.ini:5: interval: \"3661d\" is not a duration"},
      {"interval = 15", "p.ini:5: interval: \"15\" is not a duration"},
      {"max_intervals = 0",
       "p.ini:5: max_intervals: \"0\" is not a whole number from 1 to 1000000"},
      {"max_intervals = 1000001", "p.ini:5: max_intervals: \"1000001\" is not a whole number"},
      {"hours = 08:00-22:00", "p.ini:5: hours: whose clock?"},
      {"catch_up = some", "p.ini:5: catch_up: \"some\" is not all, last or skip"},
      {"burst = 0", "p.ini:5: burst: \"0\" is not a whole number from 1 to 1000"},
      {"burst = 1001", "p.ini:5: burst: \"1001\" is not a whole number from 1 to 1000"},
      {"burst = 5", "p.ini:1: burst counts with catch_up = all only"},
      {"interval = 15m", "p.ini:1: interval without on_interval.1: what is to be done each time?"},
      {"on_interval.1 = resend", "p.ini:1: on_interval without interval: how often?"},
      {"max_intervals = 3", "p.ini:1: max_intervals without interval: there is nothing to count"},
      {"on_interval.x = resend", "p.ini:5: on_interval.x: number the commands on_interval.1"},
      {"on_expire.01 = resend", "p.ini:5: on_expire.01: there is another command"},
      {"on_expire.2 = upsert_terms", "p.ini:5: on_expire.2: \"upsert_terms\" cannot stand in a"},
      {"escalate.x = after=1h recipient=a", "p.ini:5: escalate.x: number the steps escalate.1"},
      {"escalate.1 = recipient=a", "p.ini:5: escalate.1: \"escalate\" needs \"after\""},
      {"escalate.1 = after=1h", "p.ini:5: escalate.1: \"escalate\" needs \"recipient\""},
      {"escalate.1 = after=soon recipient=a",
       "p.ini:5: escalate.1: \"escalate\": value of \"after\": \"soon\" is not a duration"},
      {"escalate.1 = send recipient=a", "p.ini:5: escalate.1: \"=\" is missing after \"send\""},
      {"when.kind = task", "p.ini:5: when.kind: the conditions of a preset are written for.FIELD"},
      {"do.1 = resend",
       "p.ini:5: do.1: a preset says when: on_interval.N, on_expire.N, escalate.N"},
      {"for.late = yes", "p.ini:5: for.late: \"late\" can only be asked by rows of [activation"},
      {"fro.kind = task", "p.ini:5: unknown key \"fro.kind\"; did you mean \"for.\"?"},
  };
  for (const auto& one : cases) {
    INFO(one.line);
    const auto parsed = preset_with(one.line + std::string("\n"));
    CHECK_FALSE(parsed.tables);
    REQUIRE(parsed.errors.size() == 1);
    CHECK_THAT(parsed.errors[0], Catch::StartsWith(one.error));
  }
}

TEST_CASE("a preset says at least what it waits for, how long, and what it does") {
  const auto error = [](const std::string& lines) {
    const auto parsed = parse_tables("[preset p]\n" + lines, "p.ini");
    REQUIRE(parsed.errors.size() == 1);
    return parsed.errors[0];
  };
  CHECK(error("duration = 2h\non_expire.1 = resend\n") ==
        "p.ini:1: the preset does not say what it waits for; write expect = accepted");
  CHECK(error("expect = sent\non_expire.1 = resend\n") ==
        "p.ini:1: the preset does not say how long it waits; write duration = 2h");
  CHECK(error("expect = sent\nduration = 2h\n") ==
        "p.ini:1: the preset does nothing; write on_interval.1, on_expire.1 or escalate.1");
  CHECK(error("expect = acepted\nduration = 2h\non_expire.1 = resend\n") ==
        "p.ini:2: expect: \"acepted\" is no activation that can be expected; did you mean "
        "\"accepted\"?");
  CHECK_THAT(error("expect = accept*\nduration = 2h\non_expire.1 = resend\n"),
             Catch::Contains("\"accept*\" is no activation that can be expected"));
  CHECK_THAT(error("expect = expired\nduration = 2h\non_expire.1 = resend\n"),
             Catch::Contains("is no activation that can be expected"));
  for (const std::string_view state : expectable_states()) {
    INFO(state);
    CHECK(parse_tables("[preset p]\nduration = 2h\non_expire.1 = resend\nexpect = " +
                           std::string(state) + "\n",
                       "p.ini")
              .tables);
  }
}

TEST_CASE("the keys of presets are told apart from those of other rows") {
  const auto parsed =
      parse_tables("[data-state r]\ninterval = 15m\nfor.kind = task\ndo.1 = resend\n", "p.ini");
  REQUIRE(parsed.errors.size() == 2);
  CHECK(parsed.errors[0] == "p.ini:2: \"interval\" is a key of [preset NAME] only");
  CHECK(parsed.errors[1] ==
        "p.ini:3: for.kind: the conditions of this table are written when.FIELD");
}

TEST_CASE("steps and commands of a preset are bounded") {
  std::string steps;
  for (std::size_t i = 1; i <= kMaxEscalationSteps; ++i) {
    steps += "escalate." + std::to_string(i) + " = after=1h recipient=a\n";
  }
  CHECK(watch_of(steps).escalate.size() == kMaxEscalationSteps);
  const auto more = preset_with(steps + "escalate.99 = after=1h recipient=a\n");
  REQUIRE(more.errors.size() == 1);
  CHECK(more.errors[0] == "p.ini:1: more than 20 steps of escalation");
  std::string commands;
  for (std::size_t i = 2; i <= kMaxCommandsPerRow + 1; ++i) {
    commands += "on_expire." + std::to_string(i) + " = resend\n";
  }
  const auto many = preset_with(commands);
  REQUIRE(many.errors.size() == 1);
  CHECK(many.errors[0] == "p.ini:1: more than 32 commands in one row (on_expire.N)");
}

}  // namespace yizhan::rules
