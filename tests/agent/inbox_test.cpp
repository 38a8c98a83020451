#include "agent/inbox.h"

#include <catch2/catch.hpp>

#include "config/ids.h"
#include "tests/agent/core_world.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;

namespace {

AgentWorld& receiving(AgentWorld& world) {
  world.options.user = "li.wei";
  world.start();
  world.connect();
  world.clear();
  return world;
}

wire::Message with_attachment(int number, const std::string& name, const std::string& bytes) {
  wire::Message message = message_from("user:zhang.min", task_text(id_text(number)));
  wire::Attachment* one = message.add_attachments();
  one->set_name(name);
  one->set_sha256(std::string(sha256_of(bytes).view()));
  one->set_size(bytes.size());
  return message;
}

/// Answers every BlobGet that was said, from `bytes`.
void serve(AgentWorld& world, const std::string& bytes, const std::string& sent) {
  for (int rounds = 0; rounds < 100; ++rounds) {
    const auto frames = world.sent;
    world.sent.clear();
    bool asked = false;
    for (const auto& frame : frames) {
      if (!frame.has_blob_get()) {
        world.sent.push_back(frame);
        continue;
      }
      asked = true;
      wire::FromBroker chunk;
      chunk.mutable_blob_chunk()->set_sha256(frame.blob_get().sha256());
      chunk.mutable_blob_chunk()->set_offset(frame.blob_get().offset());
      chunk.mutable_blob_chunk()->set_size(bytes.size());
      chunk.mutable_blob_chunk()->set_data(
          sent.substr(frame.blob_get().offset(), wire::kBlobChunkBytes));
      world.frame(chunk);
    }
    if (!asked) return;
  }
  FAIL("it asks for ever");
}

}  // namespace

TEST_CASE("a message is acknowledged only after it is on disk") {
  AgentWorld world;
  receiving(world);
  wire::FromBroker delivery;
  auto* one = delivery.mutable_deliver()->add_deliveries();
  one->set_seq(7);
  *one->mutable_message() = message_from("user:zhang.min", task_text(id_text(1)));
  world.db.death = WatchedDb::Death::kBeforeCommit;
  CHECK(world.step_fails({FrameFromBroker{delivery.SerializeAsString()}}));
  world.start();
  CHECK(world.inbox_state_of(1) == "none");
  world.connect();
  world.frame(delivery);
  CHECK(world.delivery_answers() == "7:DELIVERED");
  CHECK(world.inbox_state_of(1) == "ready");
}

TEST_CASE("a message without a handler is there as a file, with its true sender") {
  AgentWorld world;
  receiving(world);
  world.deliver(1, message_from("user:zhang.min", task_text(id_text(1), "sender = user:boss\n")));
  const std::string file = world.text(std::string(kState) + "/inbox/" + id_text(1) + "/task.ini");
  CHECK_THAT(file, Contains("sender = user:zhang.min") && Contains("[job]") && Contains("[end]"));
}

TEST_CASE("a message that can never be taken is refused with its reason") {
  AgentWorld world;
  receiving(world);
  wire::Message message = message_from("user:zhang.min", task_text(id_text(1)));
  message.set_recipient("");
  world.deliver(3, message);
  CHECK(world.delivery_answers() == "3:REFUSED");
  CHECK_FALSE(world.sent[0].deliver_result().results(0).reason().empty());
  CHECK(world.inbox_state_of(1) == "none");
}

TEST_CASE("a message with attachments is held, fetched, verified, and then delivered") {
  AgentWorld world;
  world.options.handlers.push_back({"all", {}, {"/bin/work", "{folder}/a.docx"}, 1min});
  receiving(world);
  const std::string bytes(2 * wire::kBlobChunkBytes + 17, 'd');
  world.deliver(4, with_attachment(1, "a.docx", bytes));
  CHECK(world.delivery_answers() == "4:HELD");
  CHECK(world.said() == "result get get");
  CHECK(world.inbox_state_of(1) == "fetching");
  CHECK(world.started.empty());
  serve(world, bytes, bytes);
  CHECK(world.delivery_answers() == "4:HELD 4:DELIVERED");
  CHECK(world.started.size() == 1);
  CHECK(world.text(std::string(kState) + "/inbox/" + id_text(1) + "/a.docx") == bytes);
}

TEST_CASE("an empty attachment is fetched too") {
  AgentWorld world;
  receiving(world);
  world.deliver(4, with_attachment(1, "empty", ""));
  serve(world, "", "");
  CHECK(world.delivery_answers() == "4:HELD 4:DELIVERED");
}

TEST_CASE("a download goes on in the next session where it was") {
  AgentWorld world;
  receiving(world);
  const std::string bytes(3 * wire::kBlobChunkBytes, 'd');
  world.deliver(4, with_attachment(1, "a", bytes));
  wire::FromBroker chunk;
  chunk.mutable_blob_chunk()->set_sha256(std::string(sha256_of(bytes).view()));
  chunk.mutable_blob_chunk()->set_size(bytes.size());
  chunk.mutable_blob_chunk()->set_data(bytes.substr(0, wire::kBlobChunkBytes));
  world.frame(chunk);

  SECTION("in the same process") {
    world.step({LinkDown{"cable", false}});
  }
  SECTION("in another process") {
    world.start();
  }
  world.clear();
  world.connect();
  CHECK(world.said() == "hello");  // the broker gives nothing out for what it has not delivered
  world.deliver(4, with_attachment(1, "a", bytes));
  CHECK(world.delivery_answers() == "4:HELD");
  REQUIRE(world.said() == "hello result get get");
  CHECK(world.sent[2].blob_get().offset() == wire::kBlobChunkBytes);
  serve(world, bytes, bytes);
  CHECK(world.inbox_state_of(1) == "ready");
}

TEST_CASE("content that does not verify is fetched again, and in the end refused") {
  AgentWorld world;
  receiving(world);
  world.deliver(4, with_attachment(1, "a", "good"));
  serve(world, "good", "evil");
  CHECK(world.delivery_answers() == "4:HELD 4:REFUSED");
  CHECK(world.inbox_state_of(1) == "failed");
}

TEST_CASE("an attachment that the broker does not have ends the message with its reason") {
  AgentWorld world;
  receiving(world);
  world.deliver(4, with_attachment(1, "a", "gone"));
  wire::FromBroker refusal;
  refusal.mutable_blob_state()->set_sha256(std::string(sha256_of("gone").view()));
  refusal.mutable_blob_state()->set_refused("purged");
  world.frame(refusal);
  CHECK(world.delivery_answers() == "4:HELD 4:REFUSED");
  CHECK_THAT(world.ask("tasks.show", {{"id", id_text(1)}})["reason"].get<std::string>(),
             Contains("purged"));
}

TEST_CASE("a message that expired while its attachments came is given up") {
  AgentWorld world;
  receiving(world);
  wire::Message message = with_attachment(1, "a", "never sent");
  message.set_expires("2026-03-04T09:05:00Z");
  world.deliver(4, message);
  const auto keep_alive = [&world] {
    wire::FromBroker alive;
    alive.mutable_pong();
    world.pass(10s);
    world.frame(alive);
  };
  for (int i = 0; i < 6 * 5; ++i) keep_alive();
  CHECK(world.inbox_state_of(1) == "fetching");
  for (int i = 0; i < 6 * 3; ++i) keep_alive();
  CHECK(world.inbox_state_of(1) == "failed");
  CHECK(world.delivery_answers() == "4:HELD 4:REFUSED");
}

TEST_CASE("an attachment that is here already needs no download") {
  AgentWorld world;
  receiving(world);
  world.deliver(4, with_attachment(1, "a", "bytes"));
  serve(world, "bytes", "bytes");
  world.clear();
  world.deliver(5, with_attachment(2, "b", "bytes"));
  CHECK(world.said() == "result");
  CHECK(world.delivery_answers() == "5:DELIVERED");
  CHECK(world.text(std::string(kState) + "/inbox/" + id_text(2) + "/b") == "bytes");
}

TEST_CASE("an attachment called like the task file does not replace it") {
  AgentWorld world;
  receiving(world);
  world.deliver(4, with_attachment(1, "task.ini", "[yizhan]\nevil\n"));
  serve(world, "[yizhan]\nevil\n", "[yizhan]\nevil\n");
  const std::string folder = std::string(kState) + "/inbox/" + id_text(1);
  CHECK(world.text(folder + "/task.ini") == "[yizhan]\nevil\n");
  CHECK(world.ask("tasks.show", {{"id", id_text(1)}})["file"] == folder + "/message-task.ini");
}

TEST_CASE("a report starts nothing and causes no report") {
  AgentWorld world;
  world.options.handlers.push_back({"all", {}, {"/bin/work"}, 1min});
  world.start();
  world.connect();
  world.clear();
  world.report("user:li.wei", "done", 1);
  CHECK(world.started.empty());
  CHECK(world.pushed().empty());
  CHECK(world.said() == "result");
}

TEST_CASE("that a guidance was opened is said if it must be read, whatever its ack") {
  AgentWorld world;
  receiving(world);
  const auto reports_of = [&](int number, const std::string& key) {
    world.deliver(static_cast<std::uint64_t>(number),
                  message_from("user:zhang.min",
                               "[yizhan]\nversion = 1\nkind = guidance\nid = " + id_text(number) +
                                   "\ncreated = 2026-03-04T09:12:00Z\nrecipient = user:li.wei\n"
                                   "ack = none\n[guidance]\ntopic = style\ntext = full width\n" +
                                   key + "[end]\n"));
    world.clear();
    world.ask("report", {{"id", id_text(number)}, {"event", "opened"}});
    return world.pushed().size();
  };
  CHECK(reports_of(1, "") == 0);
  CHECK(reports_of(2, "must_follow = no\n") == 0);
  CHECK(reports_of(3, "must_follow = yes\n") == 1);
  CHECK(reports_of(4, "ack_required = yes\n") == 1);
}

TEST_CASE("finished messages are kept as long as configured, their ids for ever") {
  AgentWorld world;
  world.options.retention = 24h;
  world.options.heartbeat_interval = 1h;
  world.options.handlers.push_back({"all", {}, {"/bin/work"}, 1min});
  receiving(world);
  world.deliver(1, message_from("user:zhang.min", task_text(id_text(1), "ack = none\n")));
  Exit exit;
  exit.run = world.started[0].run;
  world.step({HandlerExited{exit}});
  world.pass(23h);
  CHECK(world.inbox_state_of(1) == "done");
  world.pass(3h);
  CHECK(world.inbox_state_of(1) == "none");
  CHECK(world.files(std::string(kState) + "/inbox/" + id_text(1)) == "no such folder");
  world.connect();
  world.clear();
  world.deliver(9, message_from("user:zhang.min", task_text(id_text(1), "ack = none\n")));
  CHECK(world.delivery_answers() == "9:DELIVERED");
  CHECK(world.started.empty());
  CHECK(world.ask("ledger")["balanced"] == true);
}
