// Rows of the client database that were changed behind the agent's back: each is given up alone.

#include <catch2/catch.hpp>

#include "store/row_hash.h"
#include "tests/agent/core_world.h"
#include "wire/codec.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;
using One = wire::PushResult::One;

namespace {

void damage(AgentWorld& world, const std::string& table, int number, const std::string& change) {
  std::string hex = id_text(number);
  std::erase(hex, '-');
  const std::string where = " WHERE id = X'" + hex + "'";
  REQUIRE(world.db.execute("UPDATE " + table + " SET " + change + where).ok());
}

void add_handler(AgentWorld& world) {
  HandlerOptions handler;
  handler.name = "omegat";
  handler.run = {"/opt/omegat", "{id}"};
  world.options.handlers.push_back(handler);
}

wire::Message incoming(int number, const std::string& attachment = "") {
  wire::Message message = message_from("user:wang", task_text(id_text(number)));
  if (attachment.empty()) return message;
  wire::Attachment* one = message.add_attachments();
  one->set_name("a.bin");
  one->set_sha256(std::string(sha256_of(attachment).view()));
  one->set_size(attachment.size());
  return message;
}

}  // namespace

TEST_CASE("a damaged message in the outbox is dead with its reason, and the others are pushed") {
  AgentWorld world;
  world.start();
  for (int i = 1; i <= 3; ++i) world.drop(std::to_string(i) + ".ini", task_text(id_text(i)));
  damage(world, "outgoing", 2,
         GENERATE(as<std::string>(), "message = X'00'", "recipient = 'user:eve'",
                  "content_hash = X'00'"));
  if (GENERATE(false, true)) world.start();
  world.connect();
  REQUIRE(world.pushed().size() == 2);
  CHECK(world.pushed()[1].id() == id(3).view());
  CHECK(world.state_of(2) == "dead");
  const auto dead = world.ask("dead.list")["dead"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["reason"] == store::kDamagedRow);
  CHECK(world.ask("ledger")["balanced"] == true);
  CHECK_THAT(world.log, Contains(id_text(2)) && Contains("damaged"));
  CHECK(world.ask("dead.retry", {{"id", id_text(2)}})["code"] == "invalid");
  CHECK(world.ask("dead.drop", {{"id", id_text(2)}})["state"] == "failed");
}

TEST_CASE("a damaged message that asked for room in a mailbox does not keep the others") {
  AgentWorld world;
  world.start();
  world.connect();
  for (int i = 1; i <= 2; ++i) world.drop(std::to_string(i) + ".ini", task_text(id_text(i)));
  world.answer_pushes(One::LATER, "the mailbox is full");
  damage(world, "outgoing", 1, "message = X'00'");
  world.pass(3s);
  CHECK(world.state_of(1) == "dead");
  REQUIRE_FALSE(world.pushed().empty());
  CHECK(world.pushed().back().id() == id(2).view());
}

TEST_CASE("a damaged message that expires is counted, and stops nothing") {
  AgentWorld world;
  world.start();
  world.drop("1.ini", task_text(id_text(1), "expires = 2026-03-04T09:00:05Z\n"));
  damage(world, "outgoing", 1, "message = X'00'");
  world.pass(10s);
  CHECK(world.state_of(1) == "dead");
  CHECK(world.ask("ledger")["balanced"] == true);
}

TEST_CASE("what is damaged before it was whole is refused to the broker, also when it asks again") {
  AgentWorld world;
  world.start();
  world.connect();
  world.deliver(7, incoming(1, "bytes"));
  REQUIRE(world.inbox_state_of(1) == "fetching");
  damage(world, "incoming", 1, "message = X'00'");
  if (GENERATE(false, true)) {
    world.start();  // found at the start
    CHECK(world.inbox_state_of(1) == "failed");
    world.connect();
  }
  for (int i = 0; i < 2; ++i) {
    world.clear();
    world.deliver(7, incoming(1, "bytes"));
    CHECK(world.delivery_answers() == "7:REFUSED");
    CHECK(world.inbox_state_of(1) == "failed");
  }
  world.deliver(8, incoming(2));
  CHECK(world.inbox_state_of(2) == "ready");
}

TEST_CASE("a delivered message that is damaged afterwards stays delivered") {
  AgentWorld world;
  world.start();
  world.connect();
  world.deliver(7, incoming(1));
  damage(world, "incoming", 1, "message = X'00'");
  world.clear();
  world.deliver(7, incoming(1));
  CHECK(world.delivery_answers() == "7:DELIVERED");
  CHECK(world.ask("tasks.list")["tasks"].size() == 1);
  CHECK(world.ask("tasks.show", {{"id", id_text(1)}})["text"].is_null());
  CHECK(world.ask("report", {{"id", id_text(1)}, {"event", "opened"}})["code"] == "corrupt");
}

TEST_CASE(
    "a message that is damaged while it waits for its program fails, and the next one starts") {
  AgentWorld world;
  add_handler(world);
  world.options.max_handlers = 1;
  world.start();
  world.connect();
  for (int i = 1; i <= 3; ++i) world.deliver(static_cast<std::uint64_t>(i), incoming(i));
  REQUIRE(world.started.size() == 1);
  damage(world, "incoming", 2, "message = X'00'");
  Exit exit;
  exit.run = world.started[0].run;
  world.clear();
  world.step({HandlerExited{exit}});
  CHECK(world.inbox_state_of(2) == "failed");
  CHECK(world.inbox_state_of(3) == "started");
}

TEST_CASE("a program ends for its message also when that is damaged by then") {
  AgentWorld world;
  add_handler(world);
  world.start();
  world.connect();
  world.deliver(1, incoming(1));
  REQUIRE(world.started.size() == 1);
  damage(world, "incoming", 1, "sender = 'user:eve'");
  if (GENERATE(false, true)) {
    world.start();
    CHECK(world.inbox_state_of(1) == "interrupted");
    return;
  }
  Exit exit;
  exit.run = world.started[0].run;
  world.step({HandlerExited{exit}});
  CHECK(world.inbox_state_of(1) == "done");
}
