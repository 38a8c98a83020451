// Programs and web hooks: at least once, every attempt counted, bounded.

#include "broker/effects.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const std::string kRules = R"(
[data-state archive]
when.kind = task
do.1 = run program=archive arg.1=${id} arg.2=${job.note}
[data-state tell]
when.kind = question
do.1 = webhook url=http://192.0.2.1/hook secret=ci
[data-state nobody]
when.kind = guidance
do.1 = run program=absent
)";

struct Fleet {
  Fleet() : world(kRules) {
    world.options().programs.push_back({"archive", {"/usr/bin/archive", "--quiet"}});
    world.options().secrets.push_back({"ci", "a-secret"});
    world.restart();
    pm = world.connected("pm", 1);
    li = world.connected("li", 2);
  }
  wire::Message send(wire::Kind kind, const std::string& note = "") {
    wire::Message message = World::message("user:li", kind, kind);
    if (!note.empty()) World::set_field(&message, "job", "note", note);
    REQUIRE(world.push(pm, message).outcome() == wire::PushResult::One::STORED);
    return message;
  }
  Json effect(const wire::Message& message) {
    return world.told("why", {{"id", format_uuid(wire::id_of(message))}})["outside"][0];
  }
  void ended(int status, const std::string& output = "") {
    ProgramEnded ended;
    ended.effect = world.programs.back().effect;
    ended.exit.run = ended.effect;
    ended.exit.status = status;
    ended.exit.output = output;
    world.step({ended});
  }

  World world;
  TestAgent pm, li;
};

}  // namespace

TEST_CASE("a program gets the values as words of their own, whatever is in them") {
  Fleet fleet;
  const std::string evil = "a b\"; rm -rf / \n--option $(x) ${id}";
  const wire::Message task = fleet.send(wire::TASK, evil);
  REQUIRE(fleet.world.programs.size() == 1);
  const std::vector<std::string>& argv = fleet.world.programs[0].command.argv;
  REQUIRE(argv.size() == 4);
  CHECK(argv[0] == "/usr/bin/archive");
  CHECK(argv[1] == "--quiet");
  CHECK(argv[2] == format_uuid(wire::id_of(task)));
  CHECK(argv[3] == evil);
  fleet.ended(0, "archived");
  CHECK(fleet.effect(task)["state"] == "done");
  CHECK(fleet.effect(task)["attempts"] == 1);
}

TEST_CASE("a failing effect is tried again, more and more slowly, and is dead in the end") {
  Fleet fleet;
  const wire::Message task = fleet.send(wire::TASK);
  for (int attempt = 1; attempt <= kMaxEffectAttempts; ++attempt) {
    REQUIRE(fleet.world.programs.size() == static_cast<std::size_t>(attempt));
    CHECK(fleet.effect(task)["attempts"] == attempt);
    fleet.ended(3, "no");
    if (attempt < kMaxEffectAttempts) fleet.world.pass(2h, {fleet.pm, fleet.li});
  }
  CHECK(fleet.effect(task)["state"] == "dead");
  CHECK(fleet.effect(task)["result"] == "ended with status 3: no");
  fleet.world.pass(24h, {fleet.pm, fleet.li});
  CHECK(fleet.world.programs.size() == kMaxEffectAttempts);
}

TEST_CASE("what a row's program sets does not fire that row again, nor for ever") {
  Fleet fleet;
  fleet.world.told("rules.apply", {{"text",
                                    "[data-state a]\nwhen.kind = task\nwhen.state = sent | again\n"
                                    "do.1 = run program=archive ok=again failed=again\n"
                                    "[data-state b]\nwhen.kind = task\nwhen.state = again\n"
                                    "do.1 = set_state state=sent\n"}});
  const wire::Message task = fleet.send(wire::TASK);
  REQUIRE(fleet.world.programs.size() == 1);
  fleet.ended(0);
  fleet.world.pass(1h, {fleet.pm, fleet.li});
  CHECK(fleet.world.programs.size() == 1);
  CHECK(fleet.world.told("tasks.show", {{"id", format_uuid(wire::id_of(task))}})["state"] ==
        "sent");
}

TEST_CASE("a program's end that is heard twice, or of an effect that is gone, changes nothing") {
  Fleet fleet;
  fleet.world.told("rules.apply", {{"text",
                                    "[data-state a]\nwhen.kind = task\n"
                                    "do.1 = run program=archive ok=kept\n"}});
  const wire::Message task = fleet.send(wire::TASK);
  fleet.ended(0);
  fleet.ended(0);
  fleet.world.programs.back().effect = 999;
  fleet.ended(0);
  const Json shown = fleet.world.told("tasks.show", {{"id", format_uuid(wire::id_of(task))}});
  CHECK(shown["state"] == "kept");
}

TEST_CASE("an attempt that was under way when the broker died is made again, and counted") {
  Fleet fleet;
  const wire::Message task = fleet.send(wire::TASK);
  REQUIRE(fleet.world.programs.size() == 1);
  fleet.world.restart();
  fleet.world.pass(30s);
  CHECK(fleet.world.programs.size() == 1);
  fleet.world.pass(31s);
  REQUIRE(fleet.world.programs.size() == 2);
  CHECK(fleet.world.programs[1].effect == fleet.world.programs[0].effect);
  CHECK(fleet.effect(task)["attempts"] == 2);
}

TEST_CASE("a web hook carries its effect's number and is done with a 2xx only") {
  Fleet fleet;
  const wire::Message question = fleet.send(wire::QUESTION);
  REQUIRE(fleet.world.webhooks.size() == 1);
  const SendWebhook hook = fleet.world.webhooks[0];
  CHECK(hook.url == "http://192.0.2.1/hook");
  CHECK(hook.secret == "a-secret");
  const Json body = Json::parse(hook.body);
  CHECK(body["effect"] == hook.effect);
  CHECK(body["message"]["kind"] == "question");
  CHECK_FALSE(hook.body.find("a-secret") != std::string::npos);
  fleet.world.step({WebhookEnded{hook.effect, 302, "", "moved"}});
  CHECK(fleet.effect(question)["state"] == "waiting");
  fleet.world.pass(3s);
  REQUIRE(fleet.world.webhooks.size() == 2);
  fleet.world.step({WebhookEnded{hook.effect, 0, "connection refused", ""}});
  fleet.world.pass(10s);
  REQUIRE(fleet.world.webhooks.size() == 3);
  fleet.world.step({WebhookEnded{hook.effect, 204, "", ""}});
  CHECK(fleet.effect(question)["state"] == "done");
}

TEST_CASE("a program that the configuration does not name is never started") {
  Fleet fleet;
  const wire::Message guidance = fleet.send(wire::GUIDANCE);
  CHECK(fleet.world.programs.empty());
  CHECK(fleet.effect(guidance)["state"] == "dead");
  CHECK_THAT(fleet.effect(guidance)["result"].get<std::string>(),
             Catch::Contains("[program absent]"));
}

TEST_CASE("only so many effects run at once, and the rest follow") {
  Fleet fleet;
  for (int i = 0; i < kEffectsAtOnce + 5; ++i) {
    wire::Message message = World::message("user:li", 1);
    message.set_id(std::string(derive_uuid(wire::id_of(message), std::to_string(i)).view()));
    fleet.world.send(fleet.pm, message);
  }
  CHECK(fleet.world.programs.size() == kEffectsAtOnce);
  fleet.ended(0);
  fleet.world.pass(1s);
  CHECK(fleet.world.programs.size() == kEffectsAtOnce + 1);
}

}  // namespace yizhan::broker
