// The agent ends at a bad moment, and a new one finds everything: each task file in exactly one
// place, each message once.

#include <catch2/catch.hpp>

#include "agent/core.h"
#include "tests/agent/core_world.h"

using namespace yizhan;
using namespace yizhan::agent;
using Death = WatchedDb::Death;

namespace {

std::string beside(const std::string& name) {
  return std::string(kInbox) + "/" + name;
}
std::string part(const std::string& name) {
  return std::string(kInbox) + "/.yizhan/" + name;
}

}  // namespace

TEST_CASE("a file claimed but not committed is taken by the next process") {
  AgentWorld world;
  world.start();
  world.put(beside("a.ini"), task_text(id_text(1)));
  world.db.death = Death::kBeforeCommit;
  REQUIRE(world.step_fails({FolderHint{"drop", "a.ini"}}));
  CHECK(world.files(part("claimed")) == "#-a.ini");
  world.start();
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(part("claimed")).empty());
  CHECK(world.files(part("sent")) == "#-a.ini");
  CHECK(world.files(kInbox) == "a.ini.accepted");
}

TEST_CASE("a file committed but not moved on is moved on, and is one message") {
  AgentWorld world;
  world.start();
  world.put(beside("a.ini"), task_text(id_text(1)));
  world.db.death = Death::kAfterCommit;
  REQUIRE(world.step_fails({FolderHint{"drop", "a.ini"}}));
  CHECK(world.files(part("claimed")) == "#-a.ini");
  world.start();
  CHECK(world.files(part("sent")) == "#-a.ini");
  CHECK(world.text(beside("a.ini.accepted")).substr(0, 11) == "accepted at");
  const auto ledger = world.ask("ledger");
  CHECK(ledger["counters"]["accepted"] == 1);
  CHECK(ledger["balanced"] == true);
}

TEST_CASE("a wrong file that was claimed is rejected by the next process") {
  AgentWorld world;
  world.start();
  world.put(part("claimed/0123456789abcdef-a.ini"), "[yizhan]\nnonsense\n[end]\n");
  world.start();
  CHECK(world.files(part("rejected")) == "#-a.ini");
  CHECK(world.files(kInbox) == "a.ini.rejected");
}

TEST_CASE("a spool entry that was committed and not removed is one message") {
  AgentWorld world;
  world.start();
  const std::string entry = std::string(kState) + "/spool/" + id_text(77);
  world.put(entry + "/a.ini", task_text(id_text(1)));
  world.put(entry + "/.from", "/home/a.ini\n");
  world.db.death = Death::kAfterCommit;
  REQUIRE(world.step_fails({FolderHint{"spool", id_text(77)}}));
  world.start();
  CHECK(world.files(entry) == "no such folder");
  CHECK(world.ask("ledger")["counters"]["accepted"] == 1);
}

TEST_CASE("a handler is started only by a process whose commit succeeded") {
  const Death death = GENERATE(Death::kBeforeCommit, Death::kAfterCommit);
  AgentWorld world;
  world.options.user = "li.wei";
  world.options.handlers.push_back({"all", {}, {"/bin/work"}, 1min});
  world.start();
  world.connect();
  const wire::Message message = message_from("user:zhang.min", task_text(id_text(1)));
  wire::FromBroker delivery;
  delivery.mutable_deliver()->add_deliveries()->set_seq(1);
  *delivery.mutable_deliver()->mutable_deliveries(0)->mutable_message() = message;
  world.db.death = death;
  REQUIRE(world.step_fails({FrameFromBroker{delivery.SerializeAsString()}}));
  world.start();
  CHECK(world.started.empty());
  world.connect();
  world.frame(delivery);
  // Not committed: it is new. Committed: nobody knows whether the program ran.
  CHECK(world.inbox_state_of(1) == (death == Death::kBeforeCommit ? "started" : "interrupted"));
  CHECK(world.started.size() == (death == Death::kBeforeCommit ? 1 : 0));
}

TEST_CASE("an answer of the broker that was not committed comes again") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  wire::FromBroker answer;
  auto* one = answer.mutable_push_result()->add_results();
  one->set_id(std::string(id(1).view()));
  one->set_outcome(wire::PushResult::One::STORED);
  world.db.death = Death::kBeforeCommit;
  REQUIRE(world.step_fails({FrameFromBroker{answer.SerializeAsString()}}));
  world.start();
  world.clear();
  world.connect();
  CHECK(world.said() == "hello push");
  world.answer_pushes(wire::PushResult::One::STORED);
  CHECK(world.state_of(1) == "stored");
}

TEST_CASE("a file that cannot be moved on now is moved on later") {
  AgentWorld world;
  world.start();
  bool stuck = true;
  world.disk.set_fault([&](std::string_view call, const std::string& path) -> std::optional<Error> {
    const bool claimed = path.find("/claimed/") != std::string::npos;
    if (stuck && call == "rename" && claimed) return Error{Code::kIo, "no space left on device"};
    return std::nullopt;
  });
  world.drop("a.ini", task_text(id_text(1)));
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(part("claimed")) == "#-a.ini");
  stuck = false;
  world.pass(61s);
  CHECK(world.files(part("sent")) == "#-a.ini");
}

TEST_CASE("power cuts at every disk call of a drop lose nothing and double nothing") {
  for (std::uint64_t cut = 1; cut < 40; ++cut) {
    AgentWorld world;
    world.start();
    world.put(beside("a.ini"), task_text(id_text(1)));
    const std::uint64_t from = world.disk.calls();
    bool failed = false;
    world.disk.set_fault([&](std::string_view, const std::string&) -> std::optional<Error> {
      failed = failed || world.disk.calls() == from + cut;
      if (failed) return Error{Code::kIo, "the power is gone"};
      return std::nullopt;
    });
    if (world.core->step({FolderHint{"drop", "a.ini"}}, world.now).ok()) world.core->tidy();
    world.disk.set_fault({});
    world.disk.crash();
    world.start();
    world.pass(2min);
    INFO("cut at call " << cut);
    CHECK(world.state_of(1) == "queued");
    CHECK(world.ask("ledger")["counters"]["accepted"] == 1);
    if (!failed) break;
  }
}
