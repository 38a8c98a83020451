#include "agent/outbox.h"

#include <catch2/catch.hpp>
#include <set>

#include "config/ids.h"
#include "tests/agent/core_world.h"
#include "wire/codec.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;
using One = wire::PushResult::One;

namespace {

std::string beside(const std::string& name) {
  return std::string(kInbox) + "/" + name;
}

void drop_many(AgentWorld& world, int from, int to) {
  for (int i = from; i <= to; ++i) {
    world.put(beside(std::to_string(i) + ".ini"), task_text(id_text(i)));
  }
  world.step({FolderHint{"drop", ""}});
}

wire::FromBroker blob_state(const std::string& bytes, std::uint64_t offset, bool complete) {
  wire::FromBroker frame;
  frame.mutable_blob_state()->set_sha256(std::string(sha256_of(bytes).view()));
  frame.mutable_blob_state()->set_offset(offset);
  frame.mutable_blob_state()->set_complete(complete);
  return frame;
}

void drop_with_blob(AgentWorld& world, const std::string& bytes) {
  world.put(beside("a.bin"), bytes);
  world.drop("job.ini", task_text(id_text(1), "", "[files]\nfile.1 = a.bin\n"));
  world.pass(1s);
}

void say_missing(AgentWorld& world, const std::string& bytes) {
  wire::FromBroker frame;
  One* one = frame.mutable_push_result()->add_results();
  one->set_id(std::string(id(1).view()));
  one->set_outcome(One::BLOBS_MISSING);
  one->add_missing(std::string(sha256_of(bytes).view()));
  world.clear();
  world.frame(frame);
}

}  // namespace

TEST_CASE("a dropped file is pushed in the step that takes it, after one commit") {
  AgentWorld world;
  world.start();
  world.connect();
  world.clear();
  const int commits = world.db.commits;
  world.drop("a.ini", task_text(id_text(1)));
  REQUIRE(world.said() == "push");
  CHECK(world.db.commits == commits + 1);
  world.answer_pushes(One::STORED);
  CHECK(world.state_of(1) == "stored");
  world.pass(10min);
  CHECK(world.pushed().empty());
}

TEST_CASE("messages are pushed in order, in batches, within the window") {
  AgentWorld world;
  world.start();
  drop_many(world, 1, 1500);
  world.clear();
  world.connect();
  std::vector<wire::Message> pushed = world.pushed();
  REQUIRE(pushed.size() == wire::kPushWindowMessages);
  for (const auto& frame : world.sent) {
    CHECK(frame.push().messages_size() <= static_cast<int>(wire::kBatchMessages));
    CHECK(wire::encode(frame).size() < wire::kMaxFrameBytes);
  }
  // Taken in the order of the folder's listing, pushed in the order in which they were taken.
  CHECK(pushed.front().id() == id(1).view());
  world.answer_pushes(One::STORED);
  CHECK(world.pushed().size() == 1500 - wire::kPushWindowMessages);
  world.answer_pushes(One::STORED);
  CHECK(world.ask("status")["outbox"] == 0);
}

TEST_CASE("large messages share no frame beyond its limit") {
  AgentWorld world;
  world.start();
  std::string text;
  for (int i = 1; i <= 20; ++i)
    text += "x" + std::to_string(i) + " = " + std::string(8000, 'x') + "\n";
  for (int i = 1; i <= 6; ++i) {
    world.drop(std::to_string(i) + ".ini", task_text(id_text(i), "", "[notes]\n" + text));
  }
  world.clear();
  world.connect();
  CHECK(world.pushed().size() == 6);
  for (const auto& frame : world.sent) CHECK(wire::encode(frame).size() < wire::kMaxFrameBytes);
}

TEST_CASE("what was unanswered is pushed again by a new session and a new process") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.clear();
  world.step({LinkDown{"cable", false}});
  world.connect();
  CHECK(world.said() == "hello push");
  world.start();
  world.clear();
  world.connect();
  CHECK(world.said() == "hello push");
}

TEST_CASE("an unanswered push is repeated with growing intervals") {
  AgentWorld world;
  world.options.heartbeat_interval = 1h;  // the session stays up without pongs
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.clear();
  world.pass(29s);
  CHECK(world.pushed().empty());
  world.pass(31s);
  CHECK(world.pushed().size() == 1);
  world.pass(30min);
  CHECK(world.pushed().size() >= 5);
  CHECK(world.pushed().size() <= 15);
}

TEST_CASE("a refused message is dead with its reason, and the others go on") {
  AgentWorld world;
  world.start();
  world.connect();
  drop_many(world, 1, 3);
  wire::FromBroker answer;
  for (int i = 1; i <= 3; ++i) {
    One* one = answer.mutable_push_result()->add_results();
    one->set_id(std::string(id(i).view()));
    one->set_outcome(i == 2 ? One::REFUSED : One::STORED);
    if (i == 2) one->set_reason("no such recipient: user:li.wei");
  }
  world.frame(answer);
  CHECK(world.state_of(1) == "stored");
  CHECK(world.state_of(2) == "dead");
  CHECK(world.state_of(3) == "stored");
  CHECK_THAT(world.text(beside("2.ini.rejected")),
             Contains("dead") && Contains("no such recipient"));
}

TEST_CASE("a message put off is kept and tried again, while others pass it") {
  AgentWorld world;
  world.start();
  world.connect();
  drop_many(world, 1, 2);
  wire::FromBroker answer;
  for (int i = 1; i <= 2; ++i) {
    One* one = answer.mutable_push_result()->add_results();
    one->set_id(std::string(id(i).view()));
    one->set_outcome(i == 1 ? One::LATER : One::STORED);
  }
  world.clear();
  world.frame(answer);
  world.drop("3.ini", task_text(id_text(3)));
  REQUIRE(world.pushed().size() == 1);
  CHECK(world.pushed()[0].id() == id(3).view());
  world.clear();
  world.pass(4s);
  REQUIRE(world.pushed().size() >= 1);
  CHECK(world.pushed()[0].id() == id(1).view());
}

TEST_CASE("a broker that puts everything off is left in peace for longer and longer") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("1.ini", task_text(id_text(1)));
  int rounds = 0;
  const Steady from = world.now.steady;
  while (world.now.steady < from + 2min) {
    if (world.pushed().empty()) {
      world.pass(100ms);
      wire::FromBroker alive;
      alive.mutable_pong();
      world.frame(alive);
      continue;
    }
    ++rounds;
    world.answer_pushes(One::LATER);
  }
  CHECK(rounds >= 5);
  CHECK(rounds <= 15);
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("any number of messages for a full mailbox hold up nobody else") {
  AgentWorld world;
  world.start();
  world.connect();
  // More than the outbox remembers of what was put off.
  const int many = 4 * static_cast<int>(wire::kPushWindowMessages) + 10;
  drop_many(world, 1, many);
  for (int i = 0; i < 8 && !world.pushed().empty(); ++i) {
    world.answer_pushes(One::LATER, "the mailbox is full");
  }
  std::string to_wang = task_text(id_text(many + 1));
  to_wang.replace(to_wang.find("user:li.wei"), 11, "user:wang");
  world.drop("other.ini", to_wang);
  REQUIRE(world.pushed().size() == 1);
  CHECK(world.pushed()[0].id() == id(many + 1).view());
  world.answer_pushes(One::STORED);
  CHECK(world.state_of(many + 1) == "stored");

  // One message at a time asks for room.
  world.clear();
  world.pass(2s);
  REQUIRE(world.pushed().size() == 1);
  CHECK(world.pushed()[0].id() == id(1).view());
  world.answer_pushes(One::LATER, "the mailbox is full");
  CHECK(world.pushed().empty());
  while (world.pushed().empty()) world.pass(1s);
  CHECK(world.pushed().size() == 1);
  // There is room: everything else follows, in the order of the folder, "10.ini" after "1.ini".
  world.answer_pushes(One::STORED);
  REQUIRE(world.pushed().size() == wire::kPushWindowMessages);
  CHECK(world.pushed()[0].id() == id(10).view());
  for (int i = 0; i < 8 && !world.pushed().empty(); ++i) world.answer_pushes(One::STORED);
  CHECK(world.state_of(many) == "stored");
}

TEST_CASE("when the message that asks for room ends, another asks") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("1.ini", task_text(id_text(1), "expires = 2026-03-04T09:00:05Z\n"));
  drop_many(world, 2, 3);
  world.answer_pushes(One::LATER, "the mailbox is full");
  CHECK(world.pushed().empty());
  world.pass(7s);
  CHECK(world.state_of(1) == "expired");
  REQUIRE_FALSE(world.pushed().empty());
  CHECK(world.pushed().back().id() != id(1).view());
  while (world.state_of(2) != "stored" || world.state_of(3) != "stored") {
    if (world.pushed().empty()) world.pass(1s);
    world.answer_pushes(One::STORED);
  }
}

TEST_CASE("attachments that the broker misses are uploaded, then the message is pushed again") {
  AgentWorld world;
  world.start();
  world.connect();
  const std::string bytes(3 * wire::kBlobChunkBytes + 10, 'b');
  drop_with_blob(world, bytes);
  say_missing(world, bytes);
  REQUIRE(world.said() == "offer");
  CHECK(world.sent[0].blob_offer().size() == bytes.size());
  world.clear();
  world.frame(blob_state(bytes, 100, false));  // an earlier upload got so far
  REQUIRE(world.said() == "chunk chunk");
  CHECK(world.sent[0].blob_chunk().offset() == 100);

  std::string received = bytes.substr(0, 100);
  while (received.size() < bytes.size()) {
    const auto frames = world.sent;
    REQUIRE_FALSE(frames.empty());
    world.clear();
    for (const auto& frame : frames) {
      REQUIRE(frame.blob_chunk().offset() == received.size());
      received += frame.blob_chunk().data();
      world.frame(blob_state(bytes, received.size(), received.size() == bytes.size()));
    }
  }
  CHECK(received == bytes);
  REQUIRE(world.said() == "push");
  world.answer_pushes(One::STORED);
  CHECK(world.state_of(1) == "stored");
}

TEST_CASE("an empty attachment is one empty chunk") {
  AgentWorld world;
  world.start();
  world.connect();
  drop_with_blob(world, "");
  say_missing(world, "");
  world.clear();
  world.frame(blob_state("", 0, false));
  REQUIRE(world.said() == "chunk");
  CHECK(world.sent[0].blob_chunk().data().empty());
  world.clear();
  world.frame(blob_state("", 0, true));
  CHECK(world.said() == "push");
}

TEST_CASE("a new session starts an upload anew and resumes it where the broker is") {
  AgentWorld world;
  world.start();
  world.connect();
  const std::string bytes(2 * wire::kBlobChunkBytes, 'b');
  drop_with_blob(world, bytes);
  say_missing(world, bytes);
  world.frame(blob_state(bytes, 0, false));
  world.clear();
  world.step({LinkDown{"cable", false}});
  world.connect();
  CHECK(world.said() == "hello push");
  say_missing(world, bytes);
  REQUIRE(world.said() == "offer");
  world.clear();
  world.frame(blob_state(bytes, wire::kBlobChunkBytes, false));
  REQUIRE(world.said() == "chunk");
  CHECK(world.sent[0].blob_chunk().offset() == wire::kBlobChunkBytes);
}

TEST_CASE("an upload that the broker refuses makes its message dead, with both reasons") {
  AgentWorld world;
  world.start();
  world.connect();
  drop_with_blob(world, "bytes");
  say_missing(world, "bytes");
  wire::FromBroker refusal = blob_state("bytes", 0, false);
  refusal.mutable_blob_state()->set_refused("quota");
  world.frame(refusal);
  CHECK(world.state_of(1) == "dead");
  CHECK_THAT(world.text(beside("job.ini.rejected")), Contains("quota"));
}

TEST_CASE("a message that expires before the broker takes it is expired, visibly") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1), "expires = 2026-03-04T09:01:00Z\n"));
  world.pass(59s);
  CHECK(world.state_of(1) == "queued");
  world.pass(61s);
  CHECK(world.state_of(1) == "expired");
  CHECK_THAT(world.text(beside("a.ini.rejected")), Contains("expired"));
  const auto ledger = world.ask("ledger");
  CHECK(ledger["counters"]["expired"] == 1);
  CHECK(ledger["balanced"] == true);
}

TEST_CASE("a message is done when every recipient reached what was asked for") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1), "ack = accepted\n"));
  world.answer_pushes(One::STORED, "", 2);
  world.report("user:li.wei", "delivered", 1);
  world.report("user:li.wei", "accepted", 1);
  CHECK(world.state_of(1) == "stored");
  CHECK(world.text(beside("a.ini.done")).empty());
  world.report("user:wang", "opened", 1);
  CHECK(world.state_of(1) == "stored");
  world.report("user:wang", "done", 1);
  CHECK(world.state_of(1) == "done");
  CHECK_THAT(world.text(beside("a.ini.done")),
             Contains("user:li.wei: accepted at 2026-03-04") && Contains("user:wang: done"));
}

TEST_CASE("states of a recipient only advance") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1), "ack = opened\n"));
  world.answer_pushes(One::STORED);
  world.report("user:li.wei", "done", 1);
  world.report("user:li.wei", "delivered", 1);
  world.report("user:li.wei", "failed", 1);
  const auto shown = world.ask("tasks.show", {{"id", id_text(1)}});
  CHECK(shown["recipient_states"][0]["state"] == "done");
  CHECK(shown["state"] == "done");
}

TEST_CASE("one recipient who declines or fails makes a message failed") {
  const std::string word = GENERATE("declined", "failed", "interrupted");
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.answer_pushes(One::STORED, "", 3);
  world.report("user:li.wei", word, 1);
  CHECK(world.state_of(1) == "failed");
  CHECK_THAT(world.text(beside("a.ini.done")), Contains("failed"));
}

TEST_CASE("a reply reaches what ack = replied asks for") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1), "ack = replied\n"));
  world.answer_pushes(One::STORED);
  world.report("user:li.wei", "accepted", 1);
  CHECK(world.state_of(1) == "stored");
  world.deliver(
      9, message_from("user:li.wei", "[yizhan]\nversion = 1\nkind = reply\nid = " + id_text(50) +
                                         "\ncreated = 2026-03-04T09:12:00Z\nrecipient = zhang.min\n"
                                         "in_reply_to = " +
                                         id_text(1) + "\n[reply]\ndecision = answered\n[end]\n"));
  CHECK(world.state_of(1) == "done");
}

TEST_CASE("a message that asks for nothing is done when the broker has it") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1), "ack = none\n"));
  world.answer_pushes(One::STORED);
  CHECK(world.state_of(1) == "done");
}

TEST_CASE("a report that comes before the answer to the push counts once that is here") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.report("user:li.wei", "delivered", 1);
  CHECK(world.state_of(1) == "queued");
  world.answer_pushes(One::STORED);
  CHECK(world.state_of(1) == "done");
}
