// Presets, probes and activations: what fires, when, and once.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "store/non_matches.h"
#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const std::string kOffer = R"(
[preset offer]
for.kind = task
expect = accepted
interval = 15m
duration = 1h
on_interval.1 = resend
on_expire.1 = notify recipient=role:pm text="nobody accepted"
escalate.1 = after=30m recipient=user:lead text="still nobody"
on_activate.1 = set_flag flag=taken
[activation accepted]
when.state = accepted
when.preset = offer
do.1 = notify recipient=role:pm text="${activation.user} accepted"
[activation late]
when.late = yes
do.1 = set_flag flag=late
)";

/// A project manager, a translator and a lead; the manager has the role.
struct Fleet {
  explicit Fleet(const std::string& rules) : world(rules) {
    pm = world.connected("pm", 1);
    li = world.connected("li", 2);
    lead = world.connected("lead", 3);
    world.told("clients.set", {{"client", "pm"}, {"add_roles", {"pm"}}});
    world.heard(pm);
  }
  /// Pushes a task to li and takes its delivery.
  wire::Message task(int number = 1) {
    wire::Message message = World::message("user:li", number);
    REQUIRE(world.push(pm, message).outcome() == wire::PushResult::One::STORED);
    world.answer(li, world.delivered(li));
    return message;
  }
  void pass(Micros time) { world.pass(time, {pm, li, lead}); }
  /// The texts of what `agent` got since the last call, and takes them.
  std::string texts(const TestAgent& agent) {
    std::string all;
    const auto deliveries = world.delivered(agent);
    for (const auto& one : deliveries) {
      wire::Body body;
      REQUIRE(body.ParseFromString(one.message().body()));
      const std::string* event = wire::find_entry(body, "receipt", "event");
      const std::string* text = wire::find_entry(body, "receipt", "text");
      if (event != nullptr) all += *event;
      if (text != nullptr) all += ": " + *text;
      all += "\n";
    }
    if (!deliveries.empty()) world.answer(agent, deliveries);
    return all;
  }
  Json probe(int number = 0) {
    const Json list = world.told("probes.list")["probes"];
    REQUIRE(list.size() > static_cast<std::size_t>(number));
    return world.told("probes.show", {{"probe", list[static_cast<std::size_t>(number)]["probe"]}});
  }
  std::string turns() {
    std::string all;
    const Json shown = probe();
    for (const Json& turn : shown["turns"]) all += turn["turn"].get<std::string>() + "\n";
    return all;
  }

  World world;
  TestAgent pm, li, lead;
};

}  // namespace

TEST_CASE("what is not answered is asked again, then told, then escalated") {
  Fleet fleet(kOffer);
  fleet.task();
  CHECK(fleet.probe()["state"] == "waiting");
  fleet.pass(14min);
  CHECK(fleet.texts(fleet.li).empty());
  fleet.pass(2min);
  CHECK(fleet.texts(fleet.li) == "reminder\n");
  fleet.pass(43min);
  CHECK(fleet.texts(fleet.li) == "reminder\nreminder\n");
  CHECK(fleet.texts(fleet.pm).empty());
  fleet.pass(2min);
  CHECK(fleet.texts(fleet.pm) == "notice: nobody accepted\n");
  CHECK(fleet.probe()["state"] == "waiting");
  CHECK(fleet.texts(fleet.lead).empty());
  fleet.pass(30min);
  CHECK(fleet.texts(fleet.lead) == "escalated: still nobody\n");
  CHECK(fleet.probe()["state"] == "expired");
  fleet.pass(24h);
  CHECK(fleet.texts(fleet.li).empty());
  CHECK(fleet.turns() == "escalation 1\nexpiry\ninterval 1\ninterval 2\ninterval 3\n");
  CHECK(fleet.world.told("ledger")["balanced"] == true);
}

TEST_CASE("an activation ends the probe, and nothing starts after it") {
  Fleet fleet(kOffer);
  const wire::Message task = fleet.task();
  fleet.pass(16min);
  CHECK(fleet.texts(fleet.li) == "reminder\n");
  fleet.world.report(fleet.li, task, "accepted");
  const Json probe = fleet.probe();
  CHECK(probe["state"] == "activated");
  REQUIRE(probe["activations"].size() == 1);
  CHECK(probe["activations"][0]["code"] == fleet.li.code());
  CHECK(probe["activations"][0]["via"] == "agent");
  CHECK(probe["activations"][0]["expected"] == true);
  CHECK(probe["activations"][0]["late"] == false);
  fleet.pass(24h);
  CHECK(fleet.texts(fleet.li).empty());
  CHECK_THAT(fleet.texts(fleet.pm), Catch::Contains("notice: li accepted"));
  CHECK(fleet.texts(fleet.lead).empty());
}

TEST_CASE("the same report again is no second activation") {
  Fleet fleet(kOffer);
  const wire::Message task = fleet.task();
  fleet.world.report(fleet.li, task, "accepted");
  fleet.world.report(fleet.li, task, "accepted");
  CHECK(fleet.probe()["activations"].size() == 1);
}

TEST_CASE("who has accepted has opened; who has declined has not accepted") {
  Fleet fleet(R"(
[preset seen]
for.kind = task
expect = opened
duration = 1h
on_expire.1 = resend
[preset offer]
for.kind = task
expect = accepted
duration = 1h
on_expire.1 = resend
)");
  fleet.world.report(fleet.li, fleet.task(1), "accepted");
  CHECK(fleet.probe(0)["state"] == "activated");
  CHECK(fleet.probe(1)["state"] == "activated");
  fleet.world.report(fleet.li, fleet.task(2), "declined");
  const Json probes = fleet.world.told("probes.list")["probes"];
  for (const Json& probe : {probes[0], probes[1]}) {
    CHECK(probe["state"] == (probe["preset"] == "seen" ? "activated" : "waiting"));
  }
}

TEST_CASE("an agent without a network answers in time, and is heard of late") {
  Fleet fleet(kOffer);
  const wire::Message task = fleet.task();
  const Instant answered = fleet.world.now().wall + 20min;
  fleet.pass(2h);
  CHECK(fleet.texts(fleet.lead) == "escalated: still nobody\n");
  CHECK(fleet.probe()["state"] == "expired");
  fleet.texts(fleet.pm);
  fleet.world.report(fleet.li, task, "accepted", answered);
  CHECK(fleet.probe()["state"] == "activated");
  CHECK_THAT(fleet.probe()["reason"].get<std::string>(), Catch::Contains("answered in time"));
  CHECK_THAT(fleet.texts(fleet.lead), Catch::Contains("It was answered in time"));
  CHECK(fleet.probe()["activations"][0]["late"] == false);
}

TEST_CASE("an answer after the deadline is late, and rules see it") {
  Fleet fleet(kOffer);
  const wire::Message task = fleet.task();
  fleet.pass(61min);
  fleet.world.report(fleet.li, task, "accepted");
  CHECK(fleet.probe()["activations"][0]["late"] == true);
  const Json fired = fleet.world.told("why", {{"id", format_uuid(wire::id_of(task))}})["fired"];
  CHECK(std::any_of(fired.begin(), fired.end(),
                    [](const Json& one) { return one["rule"] == "activation/late"; }));
}

TEST_CASE("the broker was away: one reminder for the last interval, and the expiry") {
  for (const std::string policy : {"last", "all", "skip"}) {
    Fleet fleet(kOffer +
                "[preset away]\nfor.kind = question\nexpect = replied\ninterval = 1m\n"
                "duration = 30m\non_interval.1 = resend\n"
                "on_expire.1 = notify recipient=role:pm text=over\ncatch_up = " +
                policy + (policy == "all" ? "\nburst = 5\n" : "\n"));
    wire::Message question = World::message("user:li", 9, wire::QUESTION);
    fleet.world.push(fleet.pm, question);
    fleet.world.answer(fleet.li, fleet.world.delivered(fleet.li));
    fleet.world.advance(10min + 30s);  // nobody steps
    fleet.world.restart();
    fleet.world.hello(fleet.li);
    fleet.world.hello(fleet.pm);
    fleet.world.heard(fleet.pm);
    const std::string texts = fleet.texts(fleet.li);
    INFO(policy);
    if (policy == "last") CHECK(texts == "reminder\n");
    if (policy == "all") CHECK(texts == "reminder\nreminder\nreminder\nreminder\nreminder\n");
    if (policy == "skip") CHECK(texts.empty());
    fleet.world.advance(40min);
    fleet.world.step();
    fleet.world.hello(fleet.pm);
    CHECK_THAT(fleet.texts(fleet.pm), Catch::Contains("notice: over"));
  }
}

TEST_CASE("ten thousand probes fell due while the broker was away") {
  constexpr int kProbes = 10'000;
  struct Policy {
    std::string text;
    int reminders;  // of a probe that is not over yet
    int last;       // of one that is over: the expiry, and what is made up for before it
  };
  for (const auto& [policy, reminders, last] :
       {Policy{"catch_up = last", 1, 1}, Policy{"catch_up = all\nburst = 3", 3, 4},
        Policy{"catch_up = skip", 0, 1}}) {
    Fleet fleet(
        "[preset away]\nfor.kind = question\nexpect = replied\ninterval = 1m\n"
        "duration = 1h\non_interval.1 = notify recipient=user:lead text=waits\n"
        "on_expire.1 = notify recipient=user:lead text=over\n" +
        policy + "\n");
    for (int i = 0; i < kProbes; ++i) {
      wire::Message question = World::message("user:li", 1, wire::QUESTION);
      question.set_id(std::string(derive_uuid(wire::id_of(question), std::to_string(i)).view()));
      REQUIRE(fleet.world.push(fleet.pm, question).outcome() == wire::PushResult::One::STORED);
    }
    const auto sent = [&] { return fleet.world.told("ledger")["accepted"].get<int>(); };
    const int before = sent();
    const auto catch_up = [&](Micros away) {
      fleet.world.advance(away);  // nobody steps
      fleet.world.restart();
      int steps = 0;
      for (; fleet.world.core().next_wakeup() <= fleet.world.now().steady; ++steps) {
        fleet.world.step();
        REQUIRE(steps < kProbes);
      }
      CHECK(steps > 1);  // others have their turn in between
    };
    INFO(policy);
    catch_up(10min + 30s);
    CHECK(sent() - before == kProbes * reminders);
    fleet.world.restart();
    fleet.world.step();
    CHECK(sent() - before == kProbes * reminders);
    catch_up(2h);
    CHECK(sent() - before == kProbes * (reminders + last));
  }
}

TEST_CASE("a clock that jumps back fires nothing twice, one that jumps ahead misses nothing") {
  Fleet fleet(kOffer);
  fleet.task();
  fleet.pass(16min);
  CHECK(fleet.texts(fleet.li) == "reminder\n");
  fleet.world.jump(-1h);
  fleet.pass(50min);
  CHECK(fleet.texts(fleet.li).empty());
  fleet.world.jump(std::chrono::hours(24 * 400));
  fleet.pass(5s);
  CHECK(fleet.texts(fleet.pm) == "notice: nobody accepted\n");
  fleet.world.jump(-std::chrono::hours(24 * 400));
  fleet.pass(2h);
  CHECK(fleet.texts(fleet.pm).empty());
}

TEST_CASE("from = all watches every recipient alone") {
  Fleet fleet(R"(
[preset read]
for.kind = guidance
expect = opened
from = all
duration = 1h
on_expire.1 = notify recipient=role:pm text=unread
)");
  wire::Message guidance = World::message("user:li, user:lead", 1, wire::GUIDANCE);
  fleet.world.push(fleet.pm, guidance);
  CHECK(fleet.world.told("probes.list")["probes"].size() == 2);
  fleet.world.report(fleet.li, guidance, "opened");
  fleet.pass(61min);
  CHECK_THAT(fleet.texts(fleet.pm), Catch::Contains("notice: unread"));
  std::string states;
  const Json list = fleet.world.told("probes.list");
  for (const Json& probe : list["probes"]) {
    states += probe["client"].get<std::string>() + " " + probe["state"].get<std::string>() + "\n";
  }
  CHECK(states == "user:lead expired\nuser:li activated\n");
}

TEST_CASE("an operator pauses, resumes and cancels a probe") {
  Fleet fleet(kOffer);
  fleet.task();
  const Json number = fleet.probe()["probe"];
  CHECK(fleet.world.told("probes.pause", {{"probe", number}})["state"] == "paused");
  fleet.pass(5h);
  CHECK(fleet.texts(fleet.li).empty());
  CHECK(fleet.world.ask(fleet.world.operator_(), "probes.pause", {{"probe", number}}).code() ==
        "invalid");
  CHECK(fleet.world.told("probes.resume", {{"probe", number}})["state"] == "waiting");
  fleet.pass(1min);
  CHECK_THAT(fleet.texts(fleet.pm), Catch::Contains("nobody accepted"));
  CHECK(fleet.world.told("probes.cancel", {{"probe", number}})["state"] == "cancelled");
  fleet.pass(5h);
  CHECK(fleet.texts(fleet.lead).empty());
  CHECK(fleet.world.ask(fleet.world.operator_(), "probes.cancel", {{"probe", number}}).code() ==
        "invalid");
  CHECK(fleet.world.ask(fleet.world.operator_(), "probes.show", {{"probe", 999}}).code() ==
        "not-found");
}

TEST_CASE("a preset that the tables lose ends its probes, with the reason") {
  Fleet fleet(kOffer);
  fleet.task();
  fleet.world.told("rules.apply", {{"text",
                                    "[preset other]\nfor.kind = reply\nexpect = opened\n"
                                    "duration = 1h\non_expire.1 = resend\n"}});
  fleet.pass(16min);
  CHECK(fleet.probe()["state"] == "cancelled");
  CHECK_THAT(fleet.probe()["reason"].get<std::string>(), Catch::Contains("no longer have"));
}

TEST_CASE("a flag that a rule sets lets other rules look again, and no rule twice") {
  Fleet fleet(R"(
[data-state flags]
when.kind = task
do.1 = set_flag flag=seen
[data-state sees]
when.flag = seen
do.1 = notify recipient=role:pm text="flag is set"
do.2 = set_flag flag=seen value=no
)");
  const wire::Message task = fleet.task();
  CHECK(fleet.texts(fleet.pm) == "notice: flag is set\n");
  const Json fired = fleet.world.told("why", {{"id", format_uuid(wire::id_of(task))}})["fired"];
  CHECK(fired.size() == 2);
  CHECK(fired[0]["tables"] == 1);
  CHECK(fired[0]["author"] == "first start");
}

TEST_CASE("a state that one row sets is not lost to a flag that the next one sets") {
  Fleet fleet(R"(
[data-state state]
order = 1
when.kind = task
do.1 = set_state state=seen
[data-state flag]
order = 2
when.kind = task
do.1 = set_flag flag=noted
)");
  const wire::Message task = fleet.task();
  const std::string id = format_uuid(wire::id_of(task));
  CHECK(fleet.world.told("tasks.show", {{"id", id}})["state"] == "seen");
}

TEST_CASE("rules that change a message again and again stop at the fourth") {
  std::string rules;
  for (int i = 0; i < 6; ++i) {
    rules += "[data-state r" + std::to_string(i) + "]\nwhen.kind = task\nwhen.state = " +
             (i == 0 ? std::string("sent") : "s" + std::to_string(i)) +
             "\ndo.1 = set_state state=s" + std::to_string(i + 1) + "\n";
  }
  Fleet fleet(rules);
  const std::string id = format_uuid(wire::id_of(fleet.task()));
  CHECK(fleet.world.told("tasks.show", {{"id", id}})["state"] == "s4");
  CHECK_THAT(fleet.world.logged(), Catch::Contains("no further rule is asked"));
}

TEST_CASE(
    "a preset in the shadow is recorded, and nothing begins; one that is put there is silent") {
  const std::string shadow =
      "[preset p]\nfor.kind = task\nexpect = opened\nduration = 1h\n"
      "on_expire.1 = notify recipient=role:pm text=over\n";
  Fleet fleet("");
  fleet.world.told("rules.apply", {{"text", shadow + "enabled = shadow\n"}});
  const std::string id = format_uuid(wire::id_of(fleet.task(1)));
  const Json why = fleet.world.told("why", {{"id", id}});
  REQUIRE(why["fired"].size() == 1);
  CHECK(why["fired"][0]["effect"] == "shadow: nothing was begun");
  CHECK(fleet.world.told("probes.list")["probes"].empty());

  fleet.world.told("rules.apply", {{"text", shadow}});
  fleet.task(2);
  fleet.world.told("rules.apply", {{"text", shadow + "enabled = shadow\n"}});
  fleet.pass(61min);
  CHECK(fleet.texts(fleet.pm).empty());
  CHECK(fleet.probe()["turns"][0]["effect"] == "shadow: nothing was carried out");
}

TEST_CASE("a probe whose message is damaged ends alone") {
  Fleet fleet(kOffer);
  fleet.task(1);
  fleet.task(2);
  REQUIRE(fleet.world.db()
              .execute("UPDATE message SET body = x'00' WHERE seq ="
                       " (SELECT MIN(message) FROM probe)")
              .ok());
  fleet.pass(16min);
  CHECK(fleet.probe(1)["state"] == "cancelled");
  CHECK(fleet.probe(0)["state"] == "waiting");
  CHECK(fleet.texts(fleet.li) == "reminder\n");
}

TEST_CASE("a row outside its hours fires, and speaks when they open on the receiver's clock") {
  Fleet fleet(R"(
[data-state at-work]
when.kind = task
hours = 08:00-18:00 recipient
do.1 = notify recipient=user:lead text=morning
)");
  // 14:13 UTC is 22:13 in Shanghai.
  fleet.world.told("clients.set", {{"client", "li"}, {"zone", "Asia/Shanghai"}});
  const wire::Message task = fleet.task();
  fleet.pass(9h);
  CHECK(fleet.texts(fleet.lead).empty());
  const Json waits = fleet.world.told("why", {{"id", format_uuid(wire::id_of(task))}});
  CHECK_THAT(waits["fired"][0]["effect"].get<std::string>(),
             Catch::Contains("waits for its hours"));
  fleet.pass(1h);
  CHECK(fleet.texts(fleet.lead) == "notice: morning\n");
  fleet.pass(24h);
  CHECK(fleet.texts(fleet.lead).empty());
  CHECK(
      fleet.world
          .ask(fleet.world.operator_(), "clients.set", {{"client", "li"}, {"zone", "Asia/Nowhere"}})
          .code() == "invalid");
}

TEST_CASE("hours are read on the clock that the agent says, unless an operator has said another") {
  Fleet fleet(R"(
[data-state at-work]
when.kind = task
hours = 08:00-18:00 recipient
do.1 = notify recipient=user:lead text=morning
)");
  // 14:13 UTC is 22:13 in Shanghai, 07:13 in Los Angeles, 16:13 in Berlin.
  const auto says = [&](const std::string& zone) {
    wire::FromAgent frame;
    frame.mutable_hello()->set_version(1);
    frame.mutable_hello()->set_user("li");
    frame.mutable_hello()->set_heartbeat_ms(10'000);
    frame.mutable_hello()->set_time_zone(zone);
    fleet.world.say(fleet.li, frame);
    REQUIRE(fleet.world.heard(fleet.li).front().has_welcome());
    return fleet.world.told("clients.show", {{"client", "li"}});
  };
  int last = 0;
  const auto is_told_at_once = [&] {
    fleet.task(++last);
    return !fleet.texts(fleet.lead).empty();
  };
  CHECK(fleet.world.told("clients.show", {{"client", "li"}})["zone"] == "");
  CHECK(is_told_at_once());  // UTC
  Json shown = says("Asia/Shanghai");
  CHECK(shown["zone"] == "Asia/Shanghai");
  CHECK(shown["zone_by"] == "agent");
  CHECK_FALSE(is_told_at_once());
  // The hello of an agent that does not know the field says nothing new.
  CHECK(says("")["zone"] == "Asia/Shanghai");
  fleet.world.logged();
  for (const char* odd : {"Asia/Nowhere", "CST-8", "../../etc/passwd", "\"\n\x01"}) {
    CHECK(says(odd)["zone"] == "Asia/Shanghai");
    CHECK_THAT(fleet.world.logged(), Catch::Contains("not known here"));
  }
  CHECK(says(std::string(100'000, 'A'))["zone"] == "Asia/Shanghai");
  CHECK(says("Europe/Berlin")["zone"] == "Europe/Berlin");
  CHECK(is_told_at_once());
  shown = fleet.world.told("clients.set", {{"client", "li"}, {"zone", "America/Los_Angeles"}});
  CHECK(shown["zone_by"] == "operator");
  CHECK_FALSE(is_told_at_once());
  CHECK(says("Asia/Tokyo")["zone"] == "America/Los_Angeles");
  shown = fleet.world.told("clients.set", {{"client", "li"}, {"zone", ""}});
  CHECK(shown["zone"] == "Asia/Tokyo");
}

TEST_CASE("why-not names the first condition that failed, for each version") {
  Fleet fleet(
      "[data-state only-urgent]\nwhen.kind = task\nwhen.priority = urgent\n"
      "do.1 = set_state state=hot\n");
  const wire::Message task = fleet.task();
  const Json answer =
      fleet.world.told("why_not", {{"id", format_uuid(wire::id_of(task))}, {"row", "only-urgent"}});
  REQUIRE(answer["versions"].size() == 1);
  CHECK(answer["versions"][0]["matched"] == false);
  CHECK_THAT(answer["versions"][0]["reason"].get<std::string>(), Catch::Contains("priority"));
}

TEST_CASE("what a row did not fire on is kept, the newest of each row, until other tables come") {
  const std::string tables =
      "[data-state only-urgent]\nwhen.kind = task\nwhen.priority = urgent\n"
      "do.1 = set_state state=hot\n";
  Fleet fleet(tables);
  const auto why_not = [&fleet](const wire::Message& task) {
    return fleet.world.told(
        "why_not", {{"id", format_uuid(wire::id_of(task))}, {"row", "only-urgent"}})["versions"][0];
  };
  const wire::Message first = fleet.task(1);
  CHECK(why_not(first)["failed_then"] == "when.priority = urgent");
  for (int i = 1; i < store::kNonMatchesKept; ++i) fleet.task(1 + i);
  CHECK(why_not(first).contains("failed_then"));
  fleet.world.restart();
  fleet.world.hello(fleet.li);
  fleet.world.hello(fleet.pm);
  const wire::Message last = fleet.task(100);
  CHECK_FALSE(why_not(first).contains("failed_then"));
  CHECK(why_not(first)["matched"] == false);  // still worked out
  CHECK(why_not(last)["failed_then"] == "when.priority = urgent");
  fleet.world.told("rules.apply", {{"text", tables + "# the same again\n"}, {"author", "me"}});
  CHECK_FALSE(why_not(last).contains("failed_then"));
  CHECK(why_not(fleet.task(101)).contains("failed_then"));
}

TEST_CASE("tables are tested on past events without effect, and their differences shown") {
  Fleet fleet("[data-state a]\nwhen.kind = task\ndo.1 = set_state state=seen\n");
  const wire::Message task = fleet.task();
  const std::string other =
      "[data-state b]\nwhen.kind = task\nwhen.state = sent\n"
      "do.1 = notify recipient=role:pm text=\"${sender} sent it\"\n";
  const Json test = fleet.world.told(
      "rules.test", {{"text", other}, {"id", format_uuid(wire::id_of(task))}, {"version", 1}});
  REQUIRE(test["matched"] == 1);
  CHECK_THAT(test["matches"][0]["do"][0].get<std::string>(), Catch::Contains("user:pm sent it"));
  const Json diff = fleet.world.told("rules.diff", {{"text", other}, {"against", "7d"}});
  CHECK(diff["messages"] == 1);
  CHECK(diff["changed"] == 2);  // version 1: a → b, version 2: a → nothing
  CHECK(diff["complete"] == true);
  CHECK(fleet.texts(fleet.pm).empty());
  CHECK(fleet.world.told("rules.list")["rules"][0]["name"] == "a");
}

TEST_CASE("a broken table is refused whole, and the old one stays; an old one comes back") {
  Fleet fleet("[data-state a]\nwhen.kind = task\ndo.1 = set_state state=seen\n");
  const wire::Reply refused =
      fleet.world.ask(fleet.world.operator_(), "rules.apply",
                      {{"text", "[data-state b]\nwhen.kind = tsk\n[preset p]\nfor.kind = task\n"}});
  CHECK(refused.code() == "invalid");
  CHECK_THAT(refused.error(), Catch::Contains(":2:") && Catch::Contains(":3:"));
  CHECK(fleet.world.told("rules.list")["rules"].size() == 1);
  fleet.world.told("rules.apply", {{"text",
                                    "[data-state c]\nwhen.kind = reply\n"
                                    "do.1 = set_state state=x\n"},
                                   {"author", "ana"}});
  CHECK(fleet.world.told("rules.list")["rules"][0]["name"] == "c");
  const Json back = fleet.world.told("rules.rollback", {{"version", 1}, {"author", "ana"}});
  CHECK(back["version"] == 3);
  CHECK(fleet.world.told("rules.list")["rules"][0]["name"] == "a");
  const Json history = fleet.world.told("rules.history")["history"];
  REQUIRE(history.size() == 3);
  CHECK(history[0]["author"] == "ana, back to version 1");
}

TEST_CASE("an earlier version is shown with its own rows") {
  const std::string row = "[data-state a]\nwhen.kind = task\ndo.1 = set_state state=seen\n";
  Fleet fleet(row);
  fleet.world.told("rules.apply", {{"text", row + "[data-state b]\nwhen.kind = reply\n"
                                                  "do.1 = set_state state=x\n"}});
  const auto show = [&](const Json& arguments) {
    return fleet.world.told("rules.show", arguments);
  };
  CHECK(show(Json::object())["rows"] == 2);
  CHECK(show({{"version", 2}})["rows"] == 2);
  const Json first = show({{"version", 1}});
  CHECK(first["rows"] == 1);
  CHECK_THAT(first["text"].get<std::string>(), Catch::Contains("[data-state a]"));
  CHECK_THAT(first["text"].get<std::string>(), !Catch::Contains("[data-state b]"));
  // One that an older program took and this one does not: its text is still there.
  REQUIRE(fleet.world.db()
              .execute("UPDATE rule_version SET rules = '[data-state a]\nold = x\n'"
                       " WHERE version = 1")
              .ok());
  const Json old = show({{"version", 1}});
  CHECK_FALSE(old.contains("rows"));
  CHECK_THAT(old["unreadable"].get<std::string>(), Catch::Contains("version 1:2"));
}

TEST_CASE("a preset is simulated on a virtual clock") {
  Fleet fleet(kOffer);
  const Json never = fleet.world.told("rules.simulate", {{"preset", "offer"}});
  std::string whats;
  for (const Json& line : never["timeline"]) whats += line["what"].get<std::string>() + "\n";
  CHECK_THAT(whats, Catch::Contains("interval 3") && Catch::Contains("escalat"));
  const Json soon =
      fleet.world.told("rules.simulate", {{"preset", "offer"}, {"activate_at", "7m"}});
  CHECK(soon["timeline"].size() < never["timeline"].size());
}

TEST_CASE("ten thousand races of an activation against a timer: nothing after the activation") {
  Fleet fleet(
      "[preset race]\nfor.kind = task\nexpect = accepted\nduration = 10s\n"
      "on_expire.1 = set_flag flag=expired\non_activate.1 = set_flag flag=activated\n");
  constexpr int kRounds = 100;
  constexpr int kEach = 100;
  std::int64_t activated = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<wire::Message> tasks;
    for (int i = 0; i < kEach; ++i) {
      wire::Message message = World::message("user:li", 1);
      message.set_id(
          std::string(derive_uuid(wire::id_of(message), std::to_string(round * kEach + i)).view()));
      fleet.world.send(fleet.pm, message);
      tasks.push_back(message);
    }
    fleet.world.advance(10s - 2ms);
    // Each report comes in a step of its own, around the millisecond at which the timer is due.
    for (int i = 0; i < kEach; ++i) {
      fleet.world.report(fleet.li, tasks[static_cast<std::size_t>(i)], "accepted");
      fleet.world.advance(40us);
    }
    fleet.world.step();
    fleet.world.heard(fleet.li);
    fleet.world.heard(fleet.pm);
  }
  auto count = [&](const std::string& sql) {
    auto statement = fleet.world.db().prepare(sql);
    REQUIRE(statement.ok());
    REQUIRE((*statement)->first().ok());
    const std::int64_t number = (*statement)->column_int(0);
    (*statement)->reset();
    return number;
  };
  activated = count("SELECT COUNT(*) FROM probe WHERE state = 1");
  const std::int64_t expired = count("SELECT COUNT(*) FROM message_flag WHERE flag = 'expired'");
  const std::int64_t both = count(
      "SELECT COUNT(*) FROM message_flag a JOIN message_flag b ON a.message = b.message"
      " WHERE a.flag = 'expired' AND b.flag = 'activated'");
  CHECK(count("SELECT COUNT(*) FROM probe") == kRounds * kEach);
  CHECK(activated > kRounds);
  CHECK(expired > kRounds);
  // An answer at a time before the deadline that comes after the expiry is still an answer; but no
  // command of the expiry follows an activation.
  CHECK(activated + expired >= kRounds * kEach);
  CHECK(both == 0);
}

}  // namespace yizhan::broker
