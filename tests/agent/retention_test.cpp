#include "agent/retention.h"

#include <catch2/catch.hpp>

#include "tests/agent/core_world.h"
#include "wire/codec.h"

using namespace yizhan;
using namespace yizhan::agent;
using One = wire::PushResult::One;

namespace {

const std::string kSent = std::string(kInbox) + "/.yizhan/sent";
const std::string kRejected = std::string(kInbox) + "/.yizhan/rejected";

std::string blob_path(const std::string& bytes) {
  const std::string hex = to_hex(sha256_of(bytes));
  return std::string(kState) + "/blobs/" + hex.substr(0, 2) + "/" + hex;
}

/// Without waking the agent in between.
void sleep(AgentWorld& world, Micros time) {
  world.now.wall += time;
  world.now.steady += time;
  world.step();
}

/// A task with one attachment, dropped; its file is moved on.
void drop_with(AgentWorld& world, int number, const std::string& bytes) {
  const std::string name = std::to_string(number);
  world.put(std::string(kInbox) + "/" + name + ".bin", bytes);
  world.drop(name + ".ini", task_text(id_text(number), "",
                                      "[files]\nfile.1 = " + name + ".bin\nfile.1.size = " +
                                          std::to_string(bytes.size()) + "\n"));
}

}  // namespace

TEST_CASE("attachments are kept with their messages and go after them") {
  AgentWorld world;
  world.start();
  world.connect();
  drop_with(world, 1, "waits");
  world.clear();
  drop_with(world, 2, "relayed");
  world.answer_pushes(One::STORED);
  REQUIRE(world.state_of(2) == "stored");
  sleep(world, world.options.retention + 1h);
  CHECK(world.state_of(1) == "queued");
  CHECK(world.state_of(2) == "none");
  CHECK(world.text(blob_path("waits")) == "waits");
  CHECK(world.text(blob_path("relayed")).empty());
}

TEST_CASE("an attachment of a message that is still being fetched stays, complete or not") {
  AgentWorld world;
  world.start();
  world.connect();
  wire::Message message = message_from("user:wang", task_text(id_text(1)));
  for (const std::string bytes : {"first", "second"}) {
    wire::Attachment* one = message.add_attachments();
    one->set_name(bytes + ".bin");
    one->set_sha256(std::string(sha256_of(bytes).view()));
    one->set_size(bytes.size());
  }
  world.deliver(7, message);
  wire::FromBroker chunk;
  chunk.mutable_blob_chunk()->set_sha256(std::string(sha256_of("first").view()));
  chunk.mutable_blob_chunk()->set_size(5);
  chunk.mutable_blob_chunk()->set_data("first");
  world.frame(chunk);
  REQUIRE(world.text(blob_path("first")) == "first");
  sleep(world, 2 * world.options.retention);
  sleep(world, 2h);
  CHECK(world.inbox_state_of(1) == "fetching");
  CHECK(world.text(blob_path("first")) == "first");
}

TEST_CASE("files that were moved on go after retention, counted from the day they were moved") {
  AgentWorld world;
  world.start();
  world.put(std::string(kInbox) + "/old.bin", "old bytes");  // written long before it is needed
  sleep(world, 2 * world.options.retention);
  world.drop("old.ini", task_text(id_text(1), "", "[files]\nfile.1 = old.bin\nfile.1.size = 9\n"));
  world.drop("bad.ini", "[yizhan]\nversion = 1\nkind = nonsense\n[end]\n");
  REQUIRE(world.files(kSent) == "#-old.bin #-old.ini");
  REQUIRE(world.files(kRejected) == "#-bad.ini");
  sleep(world, world.options.retention - 1h);
  CHECK(world.files(kSent) == "#-old.bin #-old.ini");
  CHECK(world.files(kRejected) == "#-bad.ini");
  sleep(world, 3h);
  CHECK(world.files(kSent).empty());
  CHECK(world.files(kRejected).empty());
  CHECK(world.state_of(1) == "queued");  // the message itself waits on
  CHECK(world.text(blob_path("old bytes")) == "old bytes");
  CHECK(world.text(std::string(kInbox) + "/bad.ini.rejected") != "");
}

TEST_CASE("an attachment that was forgotten and is dropped again is there for its new message") {
  AgentWorld world;
  world.start();
  world.connect();
  drop_with(world, 1, "bytes");
  world.answer_pushes(One::STORED);
  sleep(world, world.options.retention + 1h);
  // Old, unnamed, and needed again in the step in which its sweep begins.
  world.now.wall += 1h;
  world.now.steady += 1h;
  drop_with(world, 2, "bytes");
  sleep(world, 1h);
  CHECK(world.state_of(2) == "queued");
  CHECK(world.text(blob_path("bytes")) == "bytes");
}

// The story: two messages, one kept and one gone; the power fails at each single call to the disk
// or commit; whatever is left, what is kept is whole, and the rest goes in the end.
TEST_CASE("retention may end at any call, and nothing that is kept loses its attachment") {
  bool finished = false;
  int cuts = 0;
  for (std::uint64_t cut = 1; !finished; ++cut, ++cuts) {
    AgentWorld world;
    world.start();
    world.connect();
    drop_with(world, 1, "waits");
    world.clear();
    drop_with(world, 2, "relayed");
    world.answer_pushes(One::STORED);
    world.now.wall += world.options.retention + 2h;
    world.now.steady += world.options.retention + 2h;
    const std::uint64_t last = world.disk.calls() + cut;
    world.disk.set_fault([&](std::string_view, const std::string&) -> std::optional<Error> {
      if (world.disk.calls() <= last) return std::nullopt;
      return Error{Code::kIo, "power is off"};
    });
    world.db.death = cut == 1   ? WatchedDb::Death::kBeforeCommit
                     : cut == 2 ? WatchedDb::Death::kAfterCommit
                                : WatchedDb::Death::kNone;
    bool alive = !world.step_fails({});
    while (alive && world.core->has_more()) alive = !world.step_fails({});
    finished = alive && world.disk.calls() < last;
    world.disk.set_fault(nullptr);
    world.disk.crash();
    world.start();
    CHECK(world.text(blob_path("waits")) == "waits");
    for (int i = 0; i < 3; ++i) sleep(world, 2h);
    CHECK(world.text(blob_path("waits")) == "waits");
    CHECK(world.text(blob_path("relayed")).empty());
    CHECK(world.ask("ledger")["balanced"] == true);
  }
  CHECK(cuts > 20);
}
