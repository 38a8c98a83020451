// Full mailboxes: what stays with its sender, what is parked, and that nobody else notices.

#include "broker/mailboxes.h"
#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using One = wire::PushResult::One;
using Catch::Matchers::Contains;

int waiting_for(World& world, const std::string& user) {
  return world.told("clients.show", {{"client", user}})["mailbox"];
}

/// A world whose mailboxes hold two messages, with `li` away and his mailbox full.
struct FullWorld : World {
  explicit FullWorld(const std::string& rules = "") : World(rules) {
    options().max_mailbox = 2;
    pm = connected("pm", 1);
    li = connected("li", 2);
    wang = connected("wang", 3);
    leave(li);
    REQUIRE(push(pm, message("user:li", 1)).outcome() == One::STORED);
    REQUIRE(push(pm, message("user:li", 2)).outcome() == One::STORED);
    logged();
  }
  bool has(int number) {
    const MessageId id = wire::id_of(message("x", number));
    return ask(operator_(), "trace", {{"id", format_uuid(id)}}).code().empty();
  }
  TestAgent pm, li, wang;
};

TEST_CASE("what a full mailbox cannot take is put off, nothing of it is stored, others pass") {
  FullWorld world;
  const One later = world.push(world.pm, World::message("user:li", 3));
  CHECK(later.outcome() == One::LATER);
  CHECK_THAT(later.reason(), Contains("mailbox of user:li is full"));
  CHECK_FALSE(world.has(3));
  CHECK(waiting_for(world, "li") == 2);
  CHECK(world.told("status")["full_mailboxes"] == 1);
  CHECK(world.push(world.pm, World::message("user:wang", 4)).outcome() == One::STORED);
  CHECK(world.delivered(world.wang).size() == 1);

  // One message taken is room for one more.
  world.hello(world.li);
  auto mail = world.delivered(world.li);
  REQUIRE(mail.size() == 2);
  mail.pop_back();
  world.answer(world.li, mail);
  CHECK(world.told("status")["full_mailboxes"] == 0);
  CHECK(world.push(world.pm, World::message("user:li", 3)).outcome() == One::STORED);
  CHECK(world.push(world.pm, World::message("user:li", 5)).outcome() == One::LATER);
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a mailbox that was full before the broker started anew is full afterwards") {
  FullWorld world;
  world.restart();
  world.hello(world.pm);
  world.heard(world.pm);
  CHECK(world.push(world.pm, World::message("user:li", 3)).outcome() == One::LATER);
}

TEST_CASE("the repeat of a stored message is answered as before, however full the mailbox is") {
  FullWorld world;
  const One again = world.push(world.pm, World::message("user:li", 2));
  CHECK(again.outcome() == One::STORED);
  CHECK(again.recipients() == 1);
  CHECK(world.push(world.pm, World::message("user:li", 0)).outcome() == One::LATER);
}

TEST_CASE("what is put off needs no attachment yet") {
  FullWorld world;
  wire::Message message = World::message("user:li", 3);
  wire::Attachment* attachment = message.add_attachments();
  attachment->set_name("a.txt");
  attachment->set_sha256(std::string(sha256_of("bytes").view()));
  attachment->set_size(5);
  const One later = world.push(world.pm, message);
  CHECK(later.outcome() == One::LATER);
  CHECK(later.missing_size() == 0);
}

TEST_CASE("one full mailbox of several parks its own delivery and keeps nobody waiting") {
  FullWorld world;
  const One stored = world.push(world.pm, World::message("user:li, user:wang", 3));
  CHECK(stored.outcome() == One::STORED);
  CHECK(stored.recipients() == 2);
  CHECK_THAT(stored.reason(), Contains("1 parked: mailbox full"));
  CHECK(world.delivered(world.wang).size() == 1);
  const auto dead = world.told("dead.list")["dead"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["client"] == "user:li");
  CHECK(dead[0]["reason"] == kFullMailboxReason);
  CHECK(world.told("ledger")["balanced"] == true);

  const nlohmann::json named{{"id", dead[0]["id"]}};
  CHECK(world.ask(world.operator_(), "dead.retry", named).code() == "limit");
  world.hello(world.li);
  world.answer(world.li, world.delivered(world.li));
  world.told("dead.retry", named);
  CHECK(world.delivered(world.li).size() == 1);
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a rule that sends into a full mailbox does not fail the pusher") {
  FullWorld world(
      "[data-state tell]\nwhen.kind = question\ndo.1 = send recipient=user:li template=forward\n"
      "do.2 = send recipient=user:li template=receipt\ndo.3 = set_state state=routed\n");
  const wire::Message question = World::message("user:wang", 3, wire::QUESTION);
  CHECK(world.push(world.pm, question).outcome() == One::STORED);
  CHECK(world.delivered(world.wang).size() == 1);
  CHECK(waiting_for(world, "li") == 2);
  const auto trace = world.told("trace", {{"id", format_uuid(wire::id_of(question))}});
  CHECK(trace["state"] == "routed");
  bool said = false;
  for (const auto& event : trace["events"]) {
    if (event["what"] != "rule tell") continue;
    CHECK_THAT(event["detail"].get<std::string>(), Contains("0 clients, 1 dead: mailbox full"));
    said = true;
  }
  CHECK(said);
  CHECK(world.told("dead.list")["dead"].size() == 2);
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a receipt that its sender's full mailbox cannot take does not undo the delivery") {
  FullWorld world;
  wire::Message asked = World::message("user:wang", 3);
  asked.set_ack(wire::ACK_DELIVERED);
  world.hello(world.li);
  const auto mail = world.delivered(world.li);
  world.push(world.li, asked);
  world.leave(world.li);
  world.answer(world.wang, world.delivered(world.wang));
  CHECK(waiting_for(world, "li") == 2);
  const auto dead = world.told("dead.list")["dead"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["kind"] == "receipt");
  CHECK(world.told("ledger")["done"] == 1);
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a full mailbox is told of once a minute, however often it is asked") {
  FullWorld world;
  for (int i = 0; i < 20; ++i) world.push(world.pm, World::message("user:li", 3));
  const std::string once = world.logged();
  CHECK_THAT(once, Contains("mailbox of user:li") && Contains("max_mailbox"));
  CHECK(std::count(once.begin(), once.end(), '\n') == 1);
  world.advance(kFullMailboxInterval);
  world.hello(world.pm);
  world.heard(world.pm);
  world.push(world.pm, World::message("user:li", 3));
  CHECK_THAT(world.logged(), Contains("mailbox of user:li"));
}

TEST_CASE("whoever follows the events sees a mailbox become full") {
  FullWorld world;
  world.ask(world.operator_(), "events");
  world.push(world.pm, World::message("user:li", 3));
  const auto frames = world.heard(world.operator_());
  REQUIRE(frames.size() == 1);
  const auto event = nlohmann::json::parse(frames[0].reply().json());
  CHECK(event["what"] == "mailbox_full");
  CHECK(event["whom"] == "user:li");
}

}  // namespace
}  // namespace yizhan::broker
