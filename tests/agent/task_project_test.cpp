// A task that has become a project: opening it is not doing it.
#include "agent/task_project.h"

#include "tests/agent/task_world.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

struct OpenedTask : TaskWorld {
  OpenedTask() : TaskWorld(true) { REQUIRE(started.size() == 1); }
  void ends(int status, const std::string& error = "") {
    Exit exit;
    exit.run = started[0].run;
    exit.status = status;
    exit.error = error;
    step({HandlerExited{exit}});
  }
  std::string reports() const {
    std::string all;
    for (const wire::Message& one : pushed()) {
      wire::Body body;
      REQUIRE(body.ParseFromString(one.body()));
      all += *wire::find_entry(body, "status", "state");
      const std::string* reason = wire::find_entry(body, "status", "reason");
      all += reason == nullptr ? "\n" : ": " + *reason + "\n";
    }
    return all;
  }
};

}  // namespace

TEST_CASE("a task whose project was opened and closed is in progress, and its source is watched") {
  OpenedTask world;
  CHECK(world.inbox_state_of(3) == "started");
  world.ends(0);
  CHECK(world.inbox_state_of(3) == "in_progress");
  CHECK(world.reports().empty());
  world.source("Open it.");
  CHECK(world.said() == TaskWorld::change("Open.", "Open it."));
  world.start();
  CHECK(world.inbox_state_of(3) == "in_progress");
  world.ask("report", {{"id", id_text(3)}, {"event", "done"}});
  CHECK(world.inbox_state_of(3) == "done");
}

TEST_CASE("a task's project lies where the broker keeps its threads") {
  AgentOptions options;
  options.projects_dir = "/home/projects";
  const auto slice = [&](const std::string& project) {
    const wire::Message task = message_from(
        "user:wang.fang", "[yizhan]\nversion = 1\nkind = task\nid = " + id_text(3) +
                              "\ncreated = 2026-03-04T09:12:00Z\nrecipient = user:li.wei\n"
                              "[project]\n" +
                              project +
                              "[job]\nid = J1\ntype = translate\nsource_lang = en-US\n"
                              "target_lang = zh-CN\ndue = 2026-03-05T09:12:00Z\n[end]\n");
    wire::Body body;
    REQUIRE(body.ParseFromString(task.body()));
    const auto place = place_of_task(options, task, body);
    return place ? place->slice : "none";
  };
  CHECK(slice("id = P-1\nclient = HL\n") == "HL/P-1/en-US/zh-CN");
  CHECK(slice("id = P-1\n") == "-/P-1/en-US/zh-CN");
  CHECK(slice("id = a/b\nclient = C: D\n") == "C: D/a_b/en-US/zh-CN");
  CHECK(slice("id = " + std::string(wire::kMaxSliceBytes, 'p') + "\n") == "none");
}

TEST_CASE("a program that crashed over a project, or was killed with the agent, fails no task") {
  OpenedTask world;
  SECTION("it crashed") {
    world.ends(134);
    CHECK(world.reports() == "in_progress: ended with status 134\n");
  }
  SECTION("the agent ended while it ran") {
    world.start();
    world.sync();
    CHECK(world.reports() == "in_progress: the agent ended while the handler ran\n");
  }
  CHECK(world.inbox_state_of(3) == "in_progress");
}

TEST_CASE("a program that could not be started has opened nothing: the task has failed") {
  OpenedTask world;
  world.ends(0, "no such file");
  CHECK(world.reports() == "failed: could not be started: no such file\n");
  CHECK(world.inbox_state_of(3) == "failed");
}

TEST_CASE("a task without a project is done when its handler is") {
  OpenedTask world;
  REQUIRE(world.disk.remove(kTaskProject + "/omegat.project").ok());
  world.ends(0);
  CHECK(world.inbox_state_of(3) == "done");
  CHECK(world.reports() == "done\n");
}

}  // namespace yizhan::agent
