#include "agent/project_orders.h"

#include "tests/agent/project_world.h"

namespace yizhan::agent {

TEST_CASE("the broker's push comes as soon as the pace allows, and is answered") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.page({unit_of("Open.", "打开。", 1)});
  world.pass(1min);
  REQUIRE(has(world.hot(), "打开。"));
  world.deliver(1, gear_task(3));
  REQUIRE(world.inbox_state_of(3) != "none");
  world.clear();
  world.page({unit_of("Close.", "关闭。", 2)});
  world.step();
  world.pass(1s);
  REQUIRE(has(world.hot(), "关闭。"));
  // The last push is a moment ago.
  world.page({unit_of("Stop.", "停止。", 3)});
  world.deliver(2, ProjectWorld::order(4, "push_tm", 3));
  world.pass(10s);
  CHECK_FALSE(has(world.hot(), "停止。"));
  CHECK(world.answers().empty());
  CHECK(world.inbox_state_of(4) == "ready");
  world.start();  // a restart does not forget it
  world.sync();
  world.pass(20s);
  CHECK(has(world.hot(), "停止。"));
  CHECK(world.answers() == "done\n");
  CHECK(world.inbox_state_of(4) == "done");
  world.answer_pushes(wire::PushResult::One::STORED);
  // Nothing has changed: it is answered, and not a byte is written.
  const auto before = world.disk.info(kProject + "/tm/yizhan/hot.tmx");
  world.clear();
  world.deliver(3, ProjectWorld::order(5, "push_terms", 3));
  world.pass(20s);
  CHECK(world.answers() == "done\n");
  CHECK(*world.disk.info(kProject + "/tm/yizhan/hot.tmx") == *before);
}

TEST_CASE("a push for a project that is not on this machine is skipped, which is no failure") {
  ProjectWorld world;
  SECTION("no project is followed") {
    world.options.projects.clear();
    world.start();
    world.sync();
    world.deliver(1, ProjectWorld::order(4, "push_tm", 3));
    CHECK(world.answers() == "declined skipped: no project of it on this machine\n");
  }
  SECTION("the task is of another project") {
    world.start();
    world.sync();
    world.deliver(1, message_from("user:wang.fang", task_text(id_text(3))));
    world.deliver(2, ProjectWorld::order(4, "push_tm", 3));
    CHECK(world.answers() == "declined skipped: no project of it on this machine\n");
  }
  CHECK(world.inbox_state_of(4) == "done");
}

TEST_CASE("a push that cannot be made is answered with the reason") {
  ProjectWorld world;
  world.options.projects[0].create = false;
  world.start();
  world.sync();
  world.deliver(1, gear_task(3));
  world.deliver(2, ProjectWorld::order(4, "push_tm", 3));
  CHECK(has(world.answers(), "failed gear: "));
  CHECK(world.inbox_state_of(4) == "failed");
}

TEST_CASE("only the broker orders a push") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.deliver(1, ProjectWorld::order(4, "push_tm", 3, "user:wang.fang"));
  world.deliver(2, ProjectWorld::order(5, "own_thing", 3));
  world.pass(1min);
  CHECK(world.answers().empty());
  CHECK(world.inbox_state_of(4) == "ready");
  CHECK(world.inbox_state_of(5) == "ready");
}

}  // namespace yizhan::agent
