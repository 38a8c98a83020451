#include "agent/handlers.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "config/clean_tail.h"
#include "tests/agent/core_world.h"
#include "wire/codec.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;

namespace {

AgentWorld& receiving(AgentWorld& world) {
  world.options.user = "li.wei";
  world.options.handlers.push_back({"translate", {{"kind", "task"}}, {"/bin/work", "{file}"}, 90s});
  world.start();
  world.connect();
  world.clear();
  return world;
}

wire::Message task(int number, const std::string& envelope = "") {
  return message_from("user:zhang.min", task_text(id_text(number), envelope));
}

/// The words of the reports that were pushed, with their reasons.
std::string reports(const AgentWorld& world) {
  std::string all;
  for (const wire::Message& message : world.pushed()) {
    wire::Body body;
    REQUIRE(body.ParseFromString(message.body()));
    const std::string* word = wire::find_entry(body, "status", "state");
    if (word == nullptr) word = wire::find_entry(body, "receipt", "event");
    REQUIRE(word != nullptr);
    all += (all.empty() ? "" : " ") + *word;
  }
  return all;
}

std::string value_of(const wire::Message& message, const char* key) {
  wire::Body body;
  REQUIRE(body.ParseFromString(message.body()));
  const std::string* value = wire::find_entry(body, "status", key);
  return value == nullptr ? "none" : *value;
}

Exit ended(RunId run, int status, const std::string& output = "") {
  Exit exit;
  exit.run = run;
  exit.status = status;
  exit.output = output;
  return exit;
}

}  // namespace

TEST_CASE("a delivered message starts its handler after one commit, with its file beside it") {
  AgentWorld world;
  receiving(world);
  const int commits = world.db.commits;
  world.deliver(1, task(1));
  CHECK(world.db.commits == commits + 1);
  REQUIRE(world.started.size() == 1);
  const Command& command = world.started[0].command;
  const std::string folder = std::string(kState) + "/inbox/" + id_text(1);
  CHECK(command.argv == std::vector<std::string>{"/bin/work", folder + "/task.ini"});
  CHECK(command.folder == folder);
  CHECK(command.timeout == 90s);
  CHECK(command.output_limit == world.options.output_limit);
  CHECK_THAT(world.text(folder + "/task.ini"), Contains("sender = user:zhang.min"));
  const auto& env = command.environment;
  for (const std::string& wanted : std::vector<std::string>{
           "YIZHAN_ID=" + id_text(1), std::string("YIZHAN_KIND=task"),
           "YIZHAN_FILE=" + folder + "/task.ini", std::string("YIZHAN_SENDER=user:zhang.min"),
           "YIZHAN_FOLDER=" + folder, std::string("LANG=C.UTF-8")}) {
    CHECK(std::find(env.begin(), env.end(), wanted) != env.end());
  }
  CHECK(world.delivery_answers() == "1:DELIVERED");
  CHECK(reports(world) == "started");
  CHECK(world.inbox_state_of(1) == "started");
}

TEST_CASE("a handler gets the account that the agent runs as, and nothing that is not known") {
  AgentWorld world;
  receiving(world);
  world.deliver(1, task(1));
  world.machine.home.clear();
  world.machine.account.clear();
  world.deliver(2, task(2));
  REQUIRE(world.started.size() == 2);
  const auto account_in = [](const std::vector<std::string>& environment) {
    std::string found;
    for (const std::string& variable : environment) {
      const std::string name = variable.substr(0, variable.find('='));
      if (name == "HOME" || name == "USER" || name == "LOGNAME") found += variable + " ";
    }
    return found;
  };
  CHECK(account_in(world.started[0].command.environment) ==
        "HOME=/home/zhang USER=zhang LOGNAME=zhang ");
  CHECK(account_in(world.started[1].command.environment).empty());
}

TEST_CASE("the end of a handler is stored and told to the sender") {
  AgentWorld world;
  receiving(world);
  world.deliver(1, task(1));
  const RunId run = world.started[0].run;
  world.clear();
  world.step({HandlerExited{ended(run, 0, "translated 12 segments\n\x1b[31m\xFF")}});
  CHECK(world.inbox_state_of(1) == "done");
  REQUIRE(world.pushed().size() == 1);
  const wire::Message status = world.pushed()[0];
  CHECK(status.kind() == wire::STATUS);
  CHECK(status.ack() == wire::ACK_NONE);
  CHECK(status.recipient() == "user:zhang.min");
  CHECK(status.in_reply_to() == id_text(1));
  CHECK(value_of(status, "state") == "done");
  CHECK(value_of(status, "exit") == "0");
  CHECK(value_of(status, "handler") == "translate");
  CHECK(value_of(status, "output") == "translated 12 segments\n\xEF\xBF\xBD[31m\xEF\xBF\xBD");
  CHECK(wire::check_message(status).ok());
}

TEST_CASE("a handler that fails, cannot start or takes too long says so") {
  AgentWorld world;
  receiving(world);
  for (int i = 1; i <= 3; ++i) world.deliver(static_cast<std::uint64_t>(i), task(i));
  REQUIRE(world.started.size() == 3);
  Exit missing = ended(world.started[1].run, 127);
  missing.error = "/bin/work: no such file";
  Exit late = ended(world.started[2].run, 143);
  late.timed_out = true;
  const RunId first = world.started[0].run;
  world.clear();
  world.step({HandlerExited{ended(first, 3)}, HandlerExited{missing}, HandlerExited{late}});
  REQUIRE(world.pushed().size() == 3);
  CHECK(value_of(world.pushed()[0], "reason") == "ended with status 3");
  CHECK(value_of(world.pushed()[1], "reason") == "could not be started: /bin/work: no such file");
  CHECK(value_of(world.pushed()[2], "reason") == "ended after its timeout of 90s");
  for (int i = 1; i <= 3; ++i) CHECK(world.inbox_state_of(i) == "failed");
}

TEST_CASE("a message that comes again, also to a new process, starts nothing again") {
  AgentWorld world;
  receiving(world);
  world.deliver(1, task(1));
  world.deliver(1, task(1));
  CHECK(world.started.size() == 1);
  CHECK(world.delivery_answers() == "1:DELIVERED 1:DELIVERED");
  world.start();
  world.connect();
  world.deliver(8, task(1));
  CHECK(world.started.size() == 1);
}

TEST_CASE("what ran when the agent ended is interrupted, reported, and not run again") {
  AgentWorld world;
  receiving(world);
  world.deliver(1, task(1));
  world.answer_pushes(wire::PushResult::One::STORED);
  world.start();
  CHECK(world.inbox_state_of(1) == "interrupted");
  world.clear();
  world.connect();
  CHECK(reports(world) == "interrupted");
  CHECK(world.started.empty());
  world.step({HandlerExited{ended(1, 0)}});  // of the old process
  CHECK(world.inbox_state_of(1) == "interrupted");
}

TEST_CASE("only so many handlers run at once, in order, the rest waits, also over a restart") {
  AgentWorld world;
  world.options.max_handlers = 2;
  receiving(world);
  for (int i = 1; i <= 5; ++i) world.deliver(static_cast<std::uint64_t>(i), task(i));
  REQUIRE(world.started.size() == 2);
  CHECK(world.ask("status")["handlers"]["waiting"] == 3);
  CHECK(world.inbox_state_of(3) == "ready");
  world.step({HandlerExited{ended(world.started[0].run, 0)}});
  REQUIRE(world.started.size() == 3);
  CHECK_THAT(world.started[2].command.folder, Contains(id_text(3)));

  world.clear();
  world.start();
  REQUIRE(world.started.size() == 2);  // 2 and 3 were interrupted, 4 and 5 had waited
  CHECK_THAT(world.started[0].command.folder, Contains(id_text(4)));
  CHECK(world.inbox_state_of(2) == "interrupted");
}

TEST_CASE("a refused argument fails the message without starting anything") {
  AgentWorld world;
  world.options.user = "li.wei";
  world.options.handlers.push_back({"trap", {}, {"/bin/work", "{x.y}"}, 90s});
  world.start();
  world.connect();
  world.clear();
  world.deliver(1, message_from("user:eve", task_text(id_text(1), "", "[x]\ny = --evil\n")));
  CHECK(world.started.empty());
  CHECK(world.inbox_state_of(1) == "failed");
  CHECK(reports(world) == "failed");
}

TEST_CASE("a sender who wants no reports gets none") {
  AgentWorld world;
  receiving(world);
  world.deliver(1, task(1, "ack = none\n"));
  REQUIRE(world.started.size() == 1);
  world.step({HandlerExited{ended(world.started[0].run, 0)}});
  CHECK(world.pushed().empty());
  CHECK(world.inbox_state_of(1) == "done");
}

TEST_CASE("a handler that left the configuration fails what waited for it") {
  AgentWorld world;
  world.options.max_handlers = 1;
  receiving(world);
  world.deliver(1, task(1));
  world.deliver(2, task(2));
  world.options.handlers.clear();
  world.start();
  CHECK(world.inbox_state_of(2) == "failed");
}

TEST_CASE("output is cut to its end, between characters") {
  CHECK(clean_tail("abcdef", 4) == "cdef");
  CHECK(clean_tail("译译译", 4) == "译");
  CHECK(clean_tail(std::string("a\0b\tc\nd\r", 8), 100) ==
        "a\xEF\xBF\xBD"
        "b\tc\nd\xEF\xBF\xBD");
  CHECK(clean_tail("\xED\xA0\x80\xC0\xAF", 100).find('\xED') == std::string::npos);
  CHECK(clean_tail(std::string(10'000, '\x01'), 4096).size() <= 4096);
}
