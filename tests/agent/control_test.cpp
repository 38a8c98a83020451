#include "agent/control.h"

#include <catch2/catch.hpp>

#include "tests/agent/core_world.h"

using namespace yizhan;
using namespace yizhan::agent;
using nlohmann::json;
using One = wire::PushResult::One;
using Catch::Matchers::Contains;

namespace {

void refuse_first(AgentWorld& world) {
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.answer_pushes(One::REFUSED, "no such recipient");
}

json arg(int number) {
  return {{"id", id_text(number)}};
}

}  // namespace

TEST_CASE("an unknown verb and wrong arguments are told what would be right") {
  AgentWorld world;
  world.start();
  CHECK(world.ask("stauts")["code"] == "invalid");
  CHECK_THAT(world.ask("stauts")["error"].get<std::string>(), Contains("status"));
  CHECK(world.ask("tasks.show", {{"id", "nonsense"}})["code"] == "invalid");
  CHECK(world.ask("tasks.show", {{"id", 7}})["code"] == "invalid");
  CHECK(world.ask("tasks.show", arg(5))["code"] == "not-found");
  CHECK(world.ask("tasks.list", {{"direction", "up"}})["code"] == "invalid");
  CHECK(world.ask("status", json::array({1}))["code"] == "invalid");
  world.step({ControlRequest{"person", "\xFF\xFF\xFF"}});
  CHECK(world.replies.back().code() == "invalid");
}

TEST_CASE("status shows the line, the outbox, the watches and the ledger") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1)));
  const json status = world.ask("status");
  CHECK(status["time"] == "2026-03-04T09:00:00Z");
  CHECK(status["user"] == "zhang.min");
  CHECK(status["outbox"] == 1);
  CHECK(status["watches"][0]["name"] == "drop");
  CHECK(status["watches"][0]["mode"] == "managed");
  CHECK(status["watches"][1]["name"] == "spool");
  CHECK(status["ledger"]["accepted"] == 1);
  CHECK(status["ledger"]["balanced"] == true);
}

TEST_CASE("tasks are listed newest first, by direction, and shown with their text") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.pass(1s);
  world.deliver(1, message_from("user:li.wei", task_text(id_text(2))));
  json list = world.ask("tasks.list")["tasks"];
  REQUIRE(list.size() == 2);
  CHECK(list[0]["id"] == id_text(2));
  CHECK(list[0]["direction"] == "in");
  CHECK(list[0]["from"] == "user:li.wei");
  CHECK(list[1]["state"] == "queued");
  CHECK(list[1]["accepted"] == "2026-03-04T09:00:00Z");
  CHECK(world.ask("tasks.list", {{"direction", "out"}})["tasks"].size() == 1);
  CHECK(world.ask("tasks.list", {{"limit", 1}})["tasks"].size() == 1);
  const json shown = world.ask("tasks.show", arg(1));
  CHECK(shown["origin"] == "watch:drop/a.ini");
  CHECK_THAT(shown["text"].get<std::string>(), Contains("[job]"));
}

TEST_CASE("a trace joins what the agent and the broker know") {
  AgentWorld world;
  world.start();
  world.connect();
  world.drop("a.ini", task_text(id_text(1)));
  world.answer_pushes(One::STORED);
  world.clear();
  CHECK(world.ask("trace", arg(1)).is_null());  // the broker is being asked
  REQUIRE(world.said() == "request");
  CHECK(world.sent[0].request().verb() == "trace");
  wire::FromBroker answer;
  answer.mutable_reply()->set_ref(world.sent[0].request().ref());
  answer.mutable_reply()->set_json(
      R"({"state":"routed","events":[)"
      R"({"time":"2026-03-04T08:59:59.5Z","at":"broker","what":"early"},7,)"
      R"({"time":"2026-03-04T09:00:01Z","at":"broker","what":"late"}]})");
  world.frame(answer);
  REQUIRE(world.replies.size() == 1);
  const json trace = json::parse(world.replies[0].json());
  CHECK(trace["broker"] == json{{"state", "routed"}});
  std::string history;
  for (const json& event : trace["events"]) history += event["what"].get<std::string>() + " ";
  CHECK(history == "early queued stored late ");
  CHECK(trace["events"][1]["detail"] == "watch:drop/a.ini");
  world.frame(answer);  // again: nobody waits for it
  CHECK(world.replies.size() == 1);
}

TEST_CASE("a trace does without the broker, at once or after two seconds") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1)));
  CHECK(world.ask("trace", arg(1))["broker"] == "unreachable");
  world.connect();
  world.clear();
  world.ask("trace", arg(1));
  world.pass(1999ms);
  CHECK(world.replies.empty());
  world.pass(1ms);
  REQUIRE(world.replies.size() == 1);
  CHECK(json::parse(world.replies[0].json())["broker"] == "unreachable");
  world.clear();
  world.ask("trace", arg(1));
  world.step({LinkDown{"cable", false}});
  CHECK(world.replies.size() == 1);
}

TEST_CASE("a ping measures the round trip, and says when there is none") {
  AgentWorld world;
  world.start();
  CHECK(world.ask("ping")["code"] == "unavailable");
  world.connect();
  world.clear();
  world.ask("ping");
  REQUIRE(world.said() == "ping");
  wire::FromBroker pong;
  pong.mutable_pong()->set_number(world.sent[0].ping().number());
  world.now.steady += 3ms;
  world.frame(pong);
  REQUIRE(world.replies.size() == 1);
  CHECK(json::parse(world.replies[0].json())["round_trip_us"] == 3000);
  world.clear();
  world.ask("ping");
  world.pass(2s);
  REQUIRE(world.replies.size() == 1);
  CHECK(world.replies[0].code() == "unavailable");
}

TEST_CASE("a ping to an address is the broker's to answer, also with an error") {
  AgentWorld world;
  world.start();
  world.connect();
  world.clear();
  world.ask("ping", {{"address", "user:nobody"}});
  REQUIRE(world.said() == "request");
  CHECK(world.sent[0].request().verb() == "ping");
  CHECK(json::parse(world.sent[0].request().json())["address"] == "user:nobody");
  wire::FromBroker answer;
  answer.mutable_reply()->set_ref(world.sent[0].request().ref());
  answer.mutable_reply()->set_code("not-found");
  answer.mutable_reply()->set_error("no client has it");
  world.frame(answer);
  CHECK(world.replies.back().code() == "not-found");
}

TEST_CASE("events stream until the asker is gone") {
  AgentWorld world;
  world.start();
  world.connect();
  CHECK(world.ask("events").is_null());
  REQUIRE(world.replies.size() == 1);
  CHECK(json::parse(world.replies[0].json())["what"] == "listening");
  world.clear();
  world.drop("a.ini", task_text(id_text(1)));
  world.answer_pushes(One::STORED);
  std::string what;
  world.drop("b.ini", "[yizhan]\nnonsense\n[end]\n");
  for (const wire::Reply& reply : world.replies) {
    CHECK(reply.more());
    const json event = json::parse(reply.json());
    CHECK(event["time"].is_string());
    what += event["what"].get<std::string>() + " ";
  }
  CHECK(what == "stored rejected ");
  world.step({AskerGone{"person"}});
  world.clear();
  world.drop("c.ini", task_text(id_text(3)));
  CHECK(world.replies.empty());
}

TEST_CASE("dead messages are listed, shown, tried again and given up") {
  AgentWorld world;
  refuse_first(world);
  const json dead = world.ask("dead.list")["dead"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["reason"] == "no such recipient");
  CHECK(world.ask("dead.show", arg(1))["state"] == "dead");
  CHECK(world.ask("dead.retry", arg(2))["code"] == "not-found");

  world.clear();
  CHECK(world.ask("dead.retry", arg(1))["state"] == "queued");
  CHECK(world.said() == "push");
  CHECK(world.ask("dead.retry", arg(1))["code"] == "invalid");
  world.answer_pushes(One::REFUSED, "still not");
  CHECK(world.ask("dead.drop", arg(1))["state"] == "failed");
  CHECK(world.ask("dead.list")["dead"].empty());
  CHECK(world.ask("ledger")["balanced"] == true);
}

TEST_CASE("a person says accepted, declined or done, and the sender is told once") {
  AgentWorld world;
  world.options.user = "li.wei";
  world.start();
  world.connect();
  world.deliver(1, message_from("user:zhang.min", task_text(id_text(1))));
  world.clear();
  json args = arg(1);
  args["event"] = "accepted";
  CHECK(world.ask("report", args)["opened"].is_string());
  REQUIRE(world.pushed().size() == 1);
  CHECK_THAT(world.pushed()[0].body(), Contains("accepted"));
  world.ask("report", args);
  CHECK(world.pushed().size() == 1);
  // Of a job that was paused meanwhile he can say it anew.
  const std::string first = world.pushed()[0].id();
  world.answer_pushes(wire::PushResult::One::STORED);
  world.now.wall += std::chrono::minutes(2);
  world.ask("report", args);
  world.ask("report", args);
  REQUIRE(world.pushed().size() == 1);
  CHECK(world.pushed()[0].id() != first);
  CHECK_THAT(world.pushed()[0].body(), Contains("accepted"));
  args["event"] = "declined";
  args["reason"] = "on holiday\n";
  CHECK(world.ask("report", args)["state"] == "failed");
  REQUIRE(world.pushed().size() == 2);
  CHECK_THAT(world.pushed()[1].body(), Contains("on holiday"));
  args["event"] = "eaten";
  CHECK(world.ask("report", args)["code"] == "invalid");
  CHECK(world.ask("report", {{"id", id_text(2)}, {"event", "done"}})["code"] == "not-found");
}

TEST_CASE("nobody calls a message done while its handler runs") {
  AgentWorld world;
  world.options.user = "li.wei";
  world.options.handlers.push_back({"all", {}, {"/bin/work"}, 1min});
  world.start();
  world.connect();
  world.deliver(1, message_from("user:zhang.min", task_text(id_text(1))));
  CHECK(world.ask("report", {{"id", id_text(1)}, {"event", "done"}})["code"] == "invalid");
  CHECK(world.inbox_state_of(1) == "started");
}

TEST_CASE("a rescan of one folder leaves the others") {
  AgentWorld world;
  world.start();
  world.put(std::string(kInbox) + "/a.ini", task_text(id_text(1)));
  world.ask("rescan", {{"watch", "spool"}});
  CHECK(world.state_of(1) == "none");
}

TEST_CASE("rescan looks at the folders now") {
  AgentWorld world;
  world.start();
  world.put(std::string(kInbox) + "/a.ini", task_text(id_text(1)));
  world.ask("rescan");
  CHECK(world.state_of(1) == "queued");
}
