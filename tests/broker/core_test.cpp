#include "broker/core.h"

#include "tests/broker/world.h"
#include "wire/limits.h"

namespace yizhan::broker {
namespace {

using One = wire::PushResult::One;

wire::Message report(const TestAgent& from, const wire::Message& about, const std::string& state) {
  const MessageId id = derive_uuid(wire::id_of(about), state + from.user);
  wire::Message message = World::message("user:pm", 0, wire::STATUS);
  message.set_id(std::string(id.view()));
  message.set_in_reply_to(format_uuid(wire::id_of(about)));
  World::set_field(&message, "status", "state", state);
  return message;
}

TEST_CASE("a message goes from its sender to the mailbox and the agent of its recipient") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);

  const One stored = world.push(pm, World::message("user:li", 1));
  CHECK(stored.outcome() == One::STORED);
  CHECK(stored.recipients() == 1);

  const auto deliveries = world.delivered(li);
  REQUIRE(deliveries.size() == 1);
  CHECK(deliveries[0].message().id() == World::message("user:li", 1).id());
  CHECK(deliveries[0].message().sender() == "user:pm");
  world.answer(li, deliveries);
  CHECK(world.told("ledger")["done"] == 1);
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("heartbeats that come at any time are asked to come together") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  wire::FromAgent ping;
  ping.mutable_ping()->set_number(1);
  const auto next_of = [&](const TestAgent& agent) {
    world.say(agent, ping);
    return world.now().steady + Micros{world.heard(agent).back().pong().next_ping_us()};
  };
  world.advance(Micros{1'234'567});
  const Steady first = next_of(pm);
  CHECK(first <= world.now().steady + std::chrono::seconds(10));
  CHECK(first > world.now().steady + Micros{9'900'000});
  world.advance(first - world.now().steady - Micros{30'000});
  CHECK(next_of(li) + std::chrono::milliseconds(100) == first + std::chrono::seconds(10));
  world.advance(Micros{30'700});  // the network took a little
  CHECK(next_of(pm) == first + std::chrono::seconds(10));
}

TEST_CASE("a message for somebody who is away waits, also through a restart of the broker") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  TestAgent li = world.connected("li", 2);
  world.advance(std::chrono::minutes(5));  // li is silent and loses its session
  world.hello(pm);
  world.heard(pm);
  REQUIRE(world.push(pm, World::message("user:li", 1)).outcome() == One::STORED);
  CHECK(world.delivered(li).empty());

  world.restart();
  li.peer = "li again";
  world.hello(li);
  CHECK(world.delivered(li).size() == 1);
}

TEST_CASE("a repeated push is one message, and a reused id is refused") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  wire::Message message = World::message("user:li", 1);
  REQUIRE(world.push(pm, message).outcome() == One::STORED);
  const One again = world.push(pm, message);
  CHECK(again.outcome() == One::STORED);
  CHECK(again.recipients() == 1);
  CHECK(world.delivered(li).size() == 1);

  World::set_field(&message, "job", "id", "another");
  const One reused = world.push(pm, message);
  CHECK(reused.outcome() == One::REFUSED);
  CHECK(reused.reason().find("already belongs") != std::string::npos);

  // Whatever would be said of it today: a repeat is answered as it was.
  CHECK(world.told("clients.revoke", {{"client", "li"}})["state"] == "revoked");
  CHECK(world.push(pm, World::message("user:li", 1)).outcome() == One::STORED);
}

TEST_CASE("a delivery is repeated until it is answered, and told to the sender who asked") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  wire::Message message = World::message("user:li", 1);
  message.set_ack(wire::ACK_DELIVERED);
  world.push(pm, message);
  REQUIRE(world.delivered(li).size() == 1);

  wire::FromAgent ping;
  ping.mutable_ping()->set_number(1);
  for (int i = 0; i < 4; ++i) {
    world.advance(std::chrono::seconds(9));
    world.say(li, ping);
    world.say(pm, ping);
  }
  const auto repeated = world.delivered(li);
  REQUIRE(repeated.size() == 1);
  world.heard(pm);
  world.answer(li, repeated);
  const auto receipts = world.delivered(pm);
  REQUIRE(receipts.size() == 1);
  CHECK(receipts[0].message().kind() == wire::RECEIPT);
  CHECK(receipts[0].message().in_reply_to() == format_uuid(wire::id_of(message)));
  wire::Body body;
  REQUIRE(body.ParseFromString(receipts[0].message().body()));
  // Two machines of one user are two recipients.
  REQUIRE(wire::find_entry(body, "receipt", "code") != nullptr);
  CHECK(*wire::find_entry(body, "receipt", "code") == li.code());
  world.answer(li, repeated);  // answered twice
  CHECK(world.delivered(pm).empty());
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a message that a connected agent never acknowledges dies alone") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  world.push(pm, World::message("user:li", 1));
  wire::FromAgent ping;
  ping.mutable_ping()->set_number(1);
  std::size_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    world.advance(std::chrono::seconds(9));
    world.say(li, ping);
    world.say(pm, ping);
    sent += world.delivered(li).size();
  }
  CHECK(sent == wire::kMaxDeliveryAttempts);
  const auto dead = world.told("dead.list")["dead"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["attempts"] == wire::kMaxDeliveryAttempts);
  CHECK(world.told("ledger")["balanced"] == true);

  world.push(pm, World::message("user:li", 2));
  CHECK(world.delivered(li).size() == 1);
  world.told("dead.retry", {{"id", dead[0]["id"]}});
  CHECK(world.delivered(li).size() == 1);
  CHECK(world.told("dead.list")["dead"].empty());
}

TEST_CASE("the window bounds what is sent to an agent that does not answer") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  const int many = static_cast<int>(wire::kDeliverWindowMessages) + 100;
  for (int i = 0; i < many; ++i) {
    wire::Message message = World::message("user:li", 1);
    const MessageId id = derive_uuid(wire::id_of(message), std::to_string(i));
    message.set_id(std::string(id.view()));
    world.send(pm, message);
  }
  auto first = world.delivered(li);
  CHECK(first.size() == wire::kDeliverWindowMessages);
  world.answer(li, first);
  CHECK(world.delivered(li).size() == 100);
}

TEST_CASE("an expired message is counted, not delivered") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  TestAgent li = world.connected("li", 2);
  wire::FromAgent bye;
  bye.mutable_bye();
  world.say(li, bye);
  wire::Message message = World::message("user:li", 1);
  message.set_expires(format_time(world.now().wall + std::chrono::minutes(2)));
  REQUIRE(world.push(pm, message).outcome() == One::STORED);
  CHECK(world.core().next_wakeup() > world.now().steady);
  world.advance(std::chrono::minutes(3));
  world.step();
  world.hello(li);
  CHECK(world.delivered(li).empty());
  CHECK(world.told("ledger")["expired"] == 1);
  CHECK(world.told("ledger")["balanced"] == true);
  // The repeat of a lost answer is still a repeat.
  world.hello(pm);
  CHECK(world.push(pm, message).outcome() == One::STORED);
  wire::Message late = World::message("user:li", 2);
  late.set_expires("2020-01-01T00:00:00Z");
  CHECK(world.push(pm, late).outcome() == One::REFUSED);
}

TEST_CASE("who is addressed: user, code, role, group, several at once, and never nobody") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  const TestAgent wang = world.connected("wang", 3);
  world.told("clients.set",
             {{"client", "li"}, {"add_roles", {"translator"}}, {"add_groups", {"P1"}}});
  world.told("clients.set",
             {{"client", "wang"}, {"add_roles", {"reviser"}}, {"add_groups", {"P1"}}});
  world.told("clients.set", {{"client", "pm"}, {"add_groups", {"P1"}}});
  const auto reach = [&](const std::string& recipient, int number) {
    const One one = world.push(pm, World::message(recipient, number));
    std::string got = one.outcome() == One::STORED ? "" : "refused";
    for (const TestAgent& agent : {pm, li, wang}) {
      for (const auto& delivery : world.delivered(agent)) {
        (void)delivery;
        got += agent.user + " ";
      }
    }
    return got;
  };
  CHECK(reach("li", 1) == "li ");
  CHECK(reach("code:" + wang.code(), 2) == "wang ");
  CHECK(reach("role:translator", 3) == "li ");
  CHECK(reach("group:P1", 4) == "li wang ");  // who writes to the group does not write to himself
  CHECK(reach("user:pm", 5) == "pm ");
  CHECK(reach("li, role:reviser, role:translator", 6) == "li wang ");
  CHECK(reach("ip:127.0.0.1", 7) == "pm li wang ");
  CHECK(reach("role:nobody", 8) == "refused");
  CHECK(reach("role:nobody, li", 9) == "li ");
  CHECK(reach("planet:mars", 10) == "refused");
}

TEST_CASE("the sender is the key: another's name is refused, one's own is stamped") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  wire::Message message = World::message("user:li", 1);
  message.set_sender("user:boss");
  CHECK(world.push(pm, message).outcome() == One::REFUSED);
  message.set_sender("pm");
  CHECK(world.push(pm, message).outcome() == One::STORED);
  CHECK(world.delivered(li)[0].message().sender() == "user:pm");
}

TEST_CASE("a command needs a role that may command") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  const wire::Message command = World::message("user:li", 1, wire::COMMAND);
  CHECK(world.push(pm, command).outcome() == One::REFUSED);
  world.told("clients.set", {{"client", "pm"}, {"add_roles", {"pm"}}});
  CHECK(world.push(pm, command).outcome() == One::STORED);
}

TEST_CASE("a stranger waits for an operator, is told so, and speaks to nobody before") {
  World world;
  TestAgent stranger = world.agent("stranger", 9);
  stranger.address = "10.0.0.9";
  world.hello(stranger);
  const auto refused = world.heard(stranger);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].refused().reason() == wire::Refused::PENDING);
  world.send(stranger, World::message("user:stranger", 1));
  CHECK(world.heard(stranger)[0].has_no_session());

  world.told("clients.accept", {{"client", stranger.code()}});
  world.hello(stranger);
  CHECK(world.heard(stranger)[0].has_welcome());

  // Revoking ends the live session in the same step.
  world.told("clients.revoke", {{"client", stranger.code()}});
  CHECK(world.heard(stranger)[0].refused().reason() == wire::Refused::REVOKED);
  world.send(stranger, World::message("user:stranger", 2));
  CHECK(world.heard(stranger)[0].has_no_session());
  world.hello(stranger);
  CHECK(world.heard(stranger)[0].refused().reason() == wire::Refused::REVOKED);
}

TEST_CASE("a token enrols without an operator, a wrong one is told") {
  World world;
  world.options().enroll = Enroll::kToken;
  world.options().tokens = {"opensesame"};
  TestAgent first = world.agent("first", 1);
  world.hello(first, "wrong");
  CHECK(world.heard(first)[0].refused().reason() == wire::Refused::BAD_TOKEN);
  world.hello(first, "opensesame");
  CHECK(world.heard(first)[0].has_welcome());
}

TEST_CASE("strangers cannot fill the clients table") {
  World world;
  world.options().enroll = Enroll::kPending;
  for (std::size_t i = 0; i <= wire::kMaxPendingClients; ++i) {
    TestAgent stranger = world.agent("s" + std::to_string(i), 0);
    const Sha256 bytes = sha256_of(stranger.user);
    stranger.key = *PublicKey::from(bytes.view());
    world.hello(stranger);
    const auto reason = world.heard(stranger)[0].refused().reason();
    CHECK(reason == (i < wire::kMaxPendingClients ? wire::Refused::PENDING : wire::Refused::FULL));
  }
}

TEST_CASE("verbs: default deny, and nothing an asker sends aborts") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  for (const char* verb : {"clients.list", "clients.set", "dead.list", "rules.apply", "ledger"}) {
    CHECK(world.ask(pm, verb).code() == "denied");
  }
  CHECK(world.ask(pm, "status").code().empty());
  CHECK(world.ask(pm, "no.such.verb").code() == "invalid");
  CHECK(world.ask(world.operator_(), "clients.show", {{"client", 7}}).code() == "invalid");
  CHECK(
      world.ask(world.operator_(), "clients.set", {{"client", "pm"}, {"add_roles", "x"}}).code() ==
      "invalid");
  wire::FromAgent frame;
  frame.mutable_request()->set_verb("status");
  frame.mutable_request()->set_json("{broken");
  world.say(pm, frame);
  CHECK(world.heard(pm)[0].reply().code() == "invalid");
  world.step({FrameIn{pm.peer, pm.key, pm.address, "\xff\xff garbage"},
              FrameIn{pm.peer, pm.key, pm.address, ""}});
  CHECK(world.ask(pm, "status").code().empty());
}

TEST_CASE("a stored question fires the table in the same step and reaches the terminologist once") {
  World world(
      "[data-state terms]\nwhen.kind = question\nwhen.question.category = terminology\n"
      "do.1 = send recipient=role:terminologist template=forward\n"
      "do.2 = set_state state=routed\n");
  const TestAgent li = world.connected("li", 1);
  const TestAgent pm = world.connected("pm", 2);
  const TestAgent wang = world.connected("wang", 3);
  world.told("clients.set", {{"client", "wang"}, {"add_roles", {"terminologist"}}});
  wire::Message question = World::message("user:pm", 1, wire::QUESTION);
  World::set_field(&question, "question", "category", "terminology");
  world.push(li, question);
  world.push(li, question);
  CHECK(world.delivered(pm).size() == 1);
  CHECK(world.delivered(wang).size() == 1);
  const auto trace = world.told("trace", {{"id", format_uuid(wire::id_of(question))}});
  CHECK(trace["state"] == "routed");
  int fired = 0;
  for (const auto& event : trace["events"]) fired += event["what"] == "rule terms" ? 1 : 0;
  CHECK(fired == 1);
  CHECK(trace["recipients"].size() == 2);

  wire::Message other = World::message("user:pm", 2, wire::QUESTION);
  World::set_field(&other, "question", "category", "context");
  world.push(li, other);
  CHECK(world.delivered(wang).empty());
}

TEST_CASE("a value in a rule's command cannot add a recipient or an odd state") {
  World world(
      "[data-state a]\nwhen.kind = question\n"
      "do.1 = send recipient=${question.owner} template=forward\n"
      "do.2 = set_state state=${question.next}\n");
  const TestAgent li = world.connected("li", 1);
  const TestAgent pm = world.connected("pm", 2);
  const TestAgent wang = world.connected("wang", 3);
  const auto ask = [&](int number, const std::string& owner, const std::string& next) {
    wire::Message question = World::message("user:pm", number, wire::QUESTION);
    World::set_field(&question, "question", "owner", owner);
    World::set_field(&question, "question", "next", next);
    world.push(li, question);
    return world.told("trace", {{"id", format_uuid(wire::id_of(question))}})["state"];
  };
  CHECK(ask(1, "user:wang", "routed") == "routed");
  CHECK(world.delivered(wang).size() == 1);
  CHECK(ask(2, "user:li, user:wang", "routed; drop") == "open");
  CHECK(world.delivered(wang).empty());
}

TEST_CASE("the list on the envelope may be a rule's recipient, a list in any other field may not") {
  const auto reached = [](const std::string& written, const std::string& to,
                          const std::string& owner) {
    World world("[data-state a]\nwhen.kind = question\ndo.1 = notify recipient=" + written +
                " text=x\n");
    const TestAgent pm = world.connected("pm", 1);
    std::string all;
    wire::Message question = World::message(to, 1, wire::QUESTION);
    World::set_field(&question, "question", "owner", owner);
    const std::vector<TestAgent> agents = {world.connected("li", 2), world.connected("wang", 3),
                                           world.connected("zhao", 4)};
    REQUIRE(world.push(pm, question).outcome() == wire::PushResult::One::STORED);
    for (const TestAgent& agent : agents) {
      for (const auto& one : world.delivered(agent)) {
        if (one.message().kind() == wire::RECEIPT) all += agent.user + " ";
      }
    }
    return all;
  };
  CHECK(reached("${recipient}", "user:li, user:wang", "") == "li wang ");
  CHECK(reached("${recipient}", "li", "") == "li ");
  CHECK(reached("${question.owner}", "user:li", "user:wang") == "wang ");
  // Not with anything beside it, which would read as one address.
  CHECK(reached("\"${recipient}, user:zhao\"", "user:li, user:wang", "").empty());
  CHECK(reached("user:${recipient}", "li, wang", "").empty());
  CHECK(reached("\"${recipient}, user:zhao\"", "user:li", "") == "li zhao ");
  for (const char* owner :
       {"user:wang, user:zhao", "wang,zhao", ",wang", "wang,", "user:wang user:zhao",
        "wang\nrecipient = zhao", "wang\",zhao", "\"wang\"", "wang\tzhao", "${recipient}",
        "wang\n,zhao", "user:wang;user:zhao"}) {
    INFO(owner);
    CHECK(reached("${question.owner}", "user:li", owner).empty());
    CHECK(reached("user:${question.owner}", "user:li", owner).empty());
  }
}

TEST_CASE("an agent's reports move the delivery and the data state, and only its own") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  const TestAgent wang = world.connected("wang", 3);
  const wire::Message task = World::message("user:li", 1);
  world.push(pm, task);
  world.answer(li, world.delivered(li));
  const auto state = [&] {
    const auto trace = world.told("trace", {{"id", format_uuid(wire::id_of(task))}});
    return trace["state"].get<std::string>() + "/" +
           trace["recipients"][0]["state"].get<std::string>();
  };
  CHECK(state() == "sent/delivered");
  world.push(wang, report(wang, task, "done"));  // did not receive it
  CHECK(state() == "sent/delivered");
  world.push(li, report(li, task, "started"));
  CHECK(state() == "in_progress/started");
  world.push(li, report(li, task, "done"));
  CHECK(state() == "done/done");
  world.push(li, report(li, task, "failed"));  // an end stays an end
  CHECK(state() == "done/done");
  CHECK(world.told("ledger")["balanced"] == true);
}

TEST_CASE("a message with an attachment is stored only when the attachment is") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  const std::string bytes(300'000, 'x');
  const Sha256 hash = sha256_of(bytes);
  wire::Message message = World::message("user:li", 1);
  wire::Attachment* attachment = message.add_attachments();
  attachment->set_name("a.txt");
  attachment->set_sha256(std::string(hash.view()));
  attachment->set_size(bytes.size());
  const One missing = world.push(pm, message);
  REQUIRE(missing.outcome() == One::BLOBS_MISSING);
  REQUIRE(missing.missing(0) == hash.view());

  std::uint64_t offset = 0;
  while (offset < bytes.size()) {
    wire::FromAgent chunk;
    chunk.mutable_blob_chunk()->set_sha256(std::string(hash.view()));
    chunk.mutable_blob_chunk()->set_size(bytes.size());
    chunk.mutable_blob_chunk()->set_offset(offset);
    chunk.mutable_blob_chunk()->set_data(bytes.substr(offset, wire::kBlobChunkBytes));
    world.say(pm, chunk);
    const auto frames = world.heard(pm);
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].blob_state().refused().empty());
    REQUIRE(frames[0].blob_state().offset() > offset);
    offset = frames[0].blob_state().offset();
  }
  wire::FromAgent get;
  get.mutable_blob_get()->set_sha256(std::string(hash.view()));
  world.say(li, get);  // nothing on its way to li has it yet
  CHECK_FALSE(world.heard(li)[0].blob_state().refused().empty());

  CHECK(world.push(pm, message).outcome() == One::STORED);
  const auto deliveries = world.delivered(li);
  world.answer(li, deliveries, wire::DeliverResult::One::HELD);
  std::string got;
  while (got.size() < bytes.size()) {
    get.mutable_blob_get()->set_offset(got.size());
    world.say(li, get);
    const auto frames = world.heard(li);
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].has_blob_chunk());
    got += frames[0].blob_chunk().data();
  }
  CHECK(got == bytes);
  world.answer(li, deliveries);
  CHECK(world.told("ledger")["done"] == 1);
}

TEST_CASE("an idle broker wakes only for deadlines and never in the past") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  world.step();
  CHECK(world.core().next_wakeup() == world.now().steady + 3 * std::chrono::seconds(10));
  world.advance(std::chrono::seconds(31));
  world.step();
  CHECK(world.core().next_wakeup() > world.now().steady);
  CHECK(world.told("status")["online"] == 0);
}

TEST_CASE("rules are applied whole or not at all, and survive a restart") {
  World world;
  const wire::Reply broken = world.ask(world.operator_(), "rules.apply",
                                       {{"text",
                                         "[data-state a]\nwhen.kind = task\ndo.1 = fly to=moon\n"
                                         "[data-state b]\nwhat = x\n"},
                                        {"file", "my.ini"}});
  CHECK(broken.code() == "invalid");
  CHECK(broken.error().find("my.ini:3") != std::string::npos);
  CHECK(broken.error().find("my.ini:5") != std::string::npos);
  CHECK(world.told("status")["rules"]["rows"] == 0);
  world.told("rules.apply",
             {{"text", "[data-state a]\nwhen.kind = task\ndo.1 = set_state state=x\n"}});
  world.restart();
  CHECK(world.told("status")["rules"]["rows"] == 1);
}

}  // namespace
}  // namespace yizhan::broker
