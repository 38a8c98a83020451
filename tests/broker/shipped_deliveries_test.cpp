// The shipped rows about checking, delivering and being there, each in a story of its own.

#include <catch2/catch.hpp>
#include <string>

#include "tests/broker/agency.h"

namespace yizhan::broker {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Fields = std::vector<std::array<std::string, 3>>;

/// The shipped rows with the check of translations switched on.
std::string with_check() {
  std::string text = shipped();
  const std::string row = "[data-state translated-is-checked]\nenabled = no\n";
  const auto at = text.find(row);
  REQUIRE(at != std::string::npos);
  text.erase(at + row.size() - 13, 13);
  return text;
}

/// A translation that is checked by a program.
struct Checked {
  Checked() {
    agency.world.options().programs.push_back({"qa", {"/usr/bin/qa"}});
    agency.world.told("rules.apply", {{"text", with_check()}});
    task =
        agency.send("pm", agency.made(wire::TASK, "user:translator", {{"project", "id", "P-7"}}));
    agency.got("translator");
    REQUIRE(say("translated") == "translated");
    agency.got("pm");
  }
  std::string say(const std::string& state) {
    return agency.say("translator", task, "user:pm", {{"status", "state", state}});
  }
  void ended(int status, const std::string& output = "") {
    ProgramEnded ended;
    ended.effect = agency.world.programs.back().effect;
    ended.exit.run = ended.effect;
    ended.exit.status = status;
    ended.exit.output = output;
    agency.world.step({ended});
  }
  std::string state() { return agency.state(task); }
  Agency agency;
  wire::Message task;
};

/// The text of the newest receipt that `role` got.
std::string last_text(Agency& agency, const std::string& role) {
  const auto deliveries = agency.world.delivered(agency.of(role));
  REQUIRE_FALSE(deliveries.empty());
  agency.world.answer(agency.of(role), deliveries);
  wire::Body body;
  REQUIRE(body.ParseFromString(deliveries.back().message().body()));
  return wire::entry_of(body, "receipt", "text");
}

/// A task that the translator has accepted.
wire::Message accepted(Agency& agency, Fields fields) {
  fields.push_back({"project", "id", "P-1"});
  wire::Message task = agency.send("pm", agency.made(wire::TASK, "user:translator", fields));
  agency.got("translator");
  agency.world.report(agency.of("translator"), task, "accepted");
  agency.got("translator");
  agency.got("pm");
  return task;
}

}  // namespace

TEST_CASE("row 7: a translation that passes its check is checked, and goes on") {
  Checked story;
  REQUIRE(story.agency.world.programs.size() == 1);
  CHECK(story.agency.world.programs[0].command.argv.at(1) == format_uuid(wire::id_of(story.task)));
  story.ended(0, "3 segments, no remarks");
  CHECK(story.state() == "self_checked");
  CHECK_THAT(story.agency.got("pm"), Catch::Contains("has no reviser"));
}

TEST_CASE("row 7: one that does not goes back with what the program has printed") {
  Checked story;
  const int status = GENERATE(1, 125);
  story.ended(status, "segment 5: 10 mm became 100 mm");
  CHECK(story.state() == "rework");
  const std::string text = last_text(story.agency, "translator");
  CHECK_THAT(text, Catch::Contains("segment 5: 10 mm became 100 mm"));
  // It was an answer, not a failed attempt.
  story.agency.pass(3h);
  CHECK(story.agency.world.programs.size() == 1);
  // Corrected, it is checked again.
  CHECK(story.say("translated") == "translated");
  REQUIRE(story.agency.world.programs.size() == 2);
  story.ended(0);
  CHECK(story.state() == "self_checked");
}

TEST_CASE("row 7: a check that could not be made says nothing of the translation") {
  Checked story;
  const int status = GENERATE(126, 127, 137);
  story.ended(status);
  CHECK(story.state() == "translated");
  story.agency.pass(1min);
  CHECK(story.agency.world.programs.size() == 2);
  story.ended(0);
  CHECK(story.state() == "self_checked");
}

TEST_CASE("row 7: what has changed since its check began keeps its new state") {
  Checked story;
  CHECK(story.say("source_changed") == "paused");
  story.ended(0);
  CHECK(story.state() == "paused");
}

TEST_CASE("row 3: the manager hears of each who accepts, and of the first who takes an offer") {
  Agency agency;
  const auto accepts = [&](const std::string& mode) {
    const auto task =
        agency.send("pm", agency.made(wire::TASK, "user:translator, user:reviser",
                                      {{"project", "id", "P-3"}, {"offer", "mode", mode}}));
    agency.got("translator");
    agency.got("reviser");
    agency.world.report(agency.of("translator"), task, "accepted");
    agency.world.report(agency.reviser, task, "accepted");
    const std::string heard = agency.got("pm");
    return std::count(heard.begin(), heard.end(), '\n');
  };
  // Each acceptance is a receipt of its own agent; the row's comes on top.
  CHECK(accepts("direct") == 4);
  CHECK(accepts("first_accept") == 3);
}

TEST_CASE("row 2: whose offer was taken back is not reminded of it") {
  Agency agency;
  agency.send("pm", agency.made(wire::TASK, "user:translator",
                                {{"project", "id", "P-2"},
                                 {"offer", "expires", agency.due(20min)},
                                 {"offer", "next.1", "user:reviser"}}));
  agency.got("translator");
  agency.pass(16min);
  CHECK(agency.got("translator") == "reminder\n");
  agency.pass(5min);
  CHECK_THAT(agency.got("translator"), Catch::Contains("withdrawn"));
  agency.got("reviser");
  agency.pass(61min);
  CHECK(agency.got("translator").empty());
  CHECK_THAT(agency.got("reviser"), Catch::Contains("reminder"));
  CHECK(agency.world.told("ledger", Json::object())["balanced"] == true);
}

TEST_CASE("whoever was away is reminded once, not as often as he was away") {
  Agency agency;
  agency.send("pm", agency.made(wire::TASK, "user:translator", {{"project", "id", "P-1"}}));
  agency.got("translator");
  agency.world.leave(agency.of("translator"));
  agency.world.pass(50min, {agency.of("pm")});
  agency.world.hello(agency.of("translator"));
  CHECK(agency.got("translator") == "reminder\n");
}

TEST_CASE("row 8: nobody revises what he has translated himself") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator",
                                    {{"project", "id", "P-8"}, {"job", "reviser", "translator"}}));
  agency.got("translator");
  CHECK(agency.say("translator", task, "user:pm", {{"status", "state", "self_checked"}}) ==
        "self_checked");
  CHECK(agency.got("translator").empty());
  CHECK_THAT(agency.got("pm"), Catch::Contains("has no reviser"));
}

TEST_CASE("row 13: what is delivered of a source that has changed is kept back") {
  Agency agency;
  const auto task = accepted(agency, {});
  const Fields delivered = {{"status", "state", "delivered"}};
  CHECK(agency.say("translator", task, "user:pm", {{"status", "state", "source_changed"}}) ==
        "paused");
  agency.got("translator");
  agency.got("pm");
  CHECK(agency.say("translator", task, "user:pm", delivered) == "paused");
  // The manager gets the rule's word and not the delivery; its sender is told why.
  CHECK(agency.got("pm") == "A delivery of user:translator is kept back\n");
  CHECK_THAT(last_text(agency, "translator"), Catch::Contains("The source has changed"));
  CHECK(agency.say("translator", task, "user:pm", {{"status", "state", "accepted"}}) == "accepted");
  agency.got("pm");
  CHECK(agency.say("translator", task, "user:pm", delivered) == "delivered");
  CHECK(agency.got("pm") == "status\n");
  CHECK(agency.world.told("ledger", Json::object())["balanced"] == true);
}

TEST_CASE("row 14: nothing is delivered by who has not opened what he must follow") {
  Agency agency;
  const auto task = accepted(agency, {});
  const auto guide = [&](const std::string& project, const std::string& must_follow) {
    return agency.send("pm", agency.made(wire::GUIDANCE, "user:translator, user:reviser",
                                         {{"project", "id", project},
                                          {"guidance", "topic", "style"},
                                          {"guidance", "must_follow", must_follow}}));
  };
  const auto deliver = [&] {
    return agency.say("translator", task, "user:pm", {{"status", "state", "delivered"}});
  };
  guide("P-2", "yes");
  guide("P-1", "no");
  const auto guidance = guide("P-1", "yes");
  agency.got("translator");
  agency.got("pm");
  CHECK(deliver() == "accepted");
  CHECK(agency.got("pm") == "A delivery of user:translator is kept back\n");
  CHECK_THAT(last_text(agency, "translator"), Catch::Contains("has not been opened"));
  agency.world.report(agency.reviser, guidance, "opened");  // another's reading is not his
  CHECK(deliver() == "accepted");
  agency.world.report(agency.of("translator"), guidance, "opened");
  CHECK(deliver() == "delivered");
}

TEST_CASE("row 15: a job is due and its translator's agent is off line") {
  Agency agency;
  const auto task = accepted(agency, {{"job", "due", agency.due(8h)}});
  const auto hears = [&](Micros time) {
    agency.world.pass(time, {agency.of("pm")});
    return agency.got("pm");
  };
  SECTION("for half an hour, in the last four") {
    agency.pass(3h);
    agency.world.leave(agency.of("translator"));
    CHECK(hears(59min).find("off line") == std::string::npos);
    CHECK_THAT(hears(62min), Catch::Contains("user:translator is off line: P-1  is due"));
    CHECK(hears(2h).find("off line") == std::string::npos);  // once
  }
  SECTION("not while he is there") {
    agency.pass(7h + 59min);
    CHECK(agency.got("pm").find("off line") == std::string::npos);
  }
  SECTION("nor after he has delivered") {
    agency.world.report(agency.of("translator"), task, "done");
    agency.world.leave(agency.of("translator"));
    CHECK(hears(8h).find("off line") == std::string::npos);
  }
}

}  // namespace yizhan::broker
