// Rows of the server database that were changed behind the broker's back: each is given up alone.

#include "store/row_hash.h"
#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using One = wire::PushResult::One;
using Catch::Matchers::Contains;

std::string id_text(int number) {
  return format_uuid(wire::id_of(World::message("x", number)));
}

/// Three messages wait for li, who is away; the second is damaged.
struct DamagedWorld : World {
  explicit DamagedWorld(const std::string& change = "body = X'00'") {
    pm = connected("pm", 1);
    li = connected("li", 2);
    leave(li);
    for (int i = 1; i <= 3; ++i) push(pm, message("user:li", i));
    damage(2, change);
  }
  void damage(int number, const std::string& change) {
    REQUIRE(db().execute("UPDATE message SET " + change + " WHERE seq = " + std::to_string(number))
                .ok());
  }
  std::string delivered_ids() {
    std::string all;
    for (const auto& one : delivered(li)) {
      all += std::to_string(static_cast<int>(one.message().id()[0])) + " ";
    }
    return all;
  }
  TestAgent pm, li;
};

TEST_CASE("one damaged message is dead with its reason, and what waits behind it is delivered") {
  DamagedWorld world(GENERATE(as<std::string>(), "body = X'00'", "envelope = X'ff'",
                              "content_hash = X'00'", "in_reply_to = X'0102'"));
  world.hello(world.li);
  CHECK(world.delivered_ids() == "1 3 ");
  const auto dead = world.told("dead.list")["dead"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["id"] == id_text(2));
  CHECK(dead[0]["client"] == "user:li");
  CHECK(dead[0]["reason"] == store::kDamagedRow);
  CHECK(world.told("ledger")["balanced"] == true);
  CHECK_THAT(world.logged(), Contains(id_text(2)) && Contains("damaged"));

  world.restart();
  world.hello(world.li);
  CHECK(world.delivered_ids() == "1 3 ");
}

TEST_CASE("a message that is damaged while its answer is awaited is not sent again") {
  DamagedWorld world;
  world.hello(world.li);
  world.heard(world.li);
  world.damage(1, "body = X'00'");
  wire::FromAgent ping;
  ping.mutable_ping()->set_number(1);
  for (int i = 0; i < 5; ++i) {
    world.advance(std::chrono::seconds(9));
    world.say(world.li, ping);
  }
  CHECK(world.delivered_ids() == "3 ");
  CHECK(world.told("dead.list")["dead"].size() == 2);
}

TEST_CASE("people see a damaged message for what it is, and can drop it") {
  DamagedWorld world;
  world.hello(world.li);
  CHECK(world.told("tasks.list")["tasks"].size() == 3);
  const auto shown = world.told("dead.show", {{"id", id_text(2)}});
  CHECK(shown["state"] == "damaged");
  CHECK(shown["recipients"][0]["state"] == "dead");
  const auto retry = world.ask(world.operator_(), "dead.retry", {{"id", id_text(2)}});
  CHECK(retry.code() == "invalid");
  CHECK_THAT(retry.error(), Contains("damaged") && Contains("dead drop"));
  world.told("dead.drop", {{"id", id_text(2)}});
  CHECK(world.told("dead.list")["dead"].empty());
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a report on a message that is damaged by now is relayed and moves its delivery") {
  World world("[data-state any]\nwhen.state = done\ndo.1 = set_state state=closed\n");
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  world.push(pm, World::message("user:li", 1));
  world.answer(li, world.delivered(li));
  REQUIRE(world.db().execute("UPDATE message SET envelope = X'00'").ok());
  wire::Message report = World::message("user:pm", 2, wire::STATUS);
  report.set_in_reply_to(id_text(1));
  World::set_field(&report, "status", "state", "done");
  CHECK(world.push(li, report).outcome() == One::STORED);
  CHECK(world.delivered(pm).size() == 1);
  CHECK(world.told("trace", {{"id", id_text(1)}})["recipients"][0]["state"] == "done");
}

TEST_CASE("the repeat of a damaged message is told that its id is taken") {
  DamagedWorld world("content_hash = X'00'");
  const One again = world.push(world.pm, World::message("user:li", 2));
  CHECK(again.outcome() == One::REFUSED);
}

TEST_CASE("retention passes a row that has lost its id") {
  DamagedWorld world("id = X'00'");
  world.hello(world.li);
  world.answer(world.li, world.delivered(world.li));
  world.advance(world.options().retention + std::chrono::hours(1));
  world.step();
  CHECK(world.told("ledger")["purged"] == 2);
  CHECK(world.told("ledger")["dead"] == 1);
  CHECK(world.told("ledger")["balanced"] == true);
}

}  // namespace
}  // namespace yizhan::broker
