// What a followed project of a task says by itself: a source that changed, a finished translation.

#include "agent/project_files.h"
#include "tests/agent/task_world.h"

namespace yizhan::agent {

TEST_CASE("a source file that changes under a task is told once, with both hashes") {
  TaskWorld world;
  world.source("Open it.");
  CHECK(world.said() == TaskWorld::change("Open.", "Open it."));
  world.answer_pushes(wire::PushResult::One::STORED);
  world.clear();
  world.look();
  world.start();  // and not again after a restart
  world.sync();
  world.look();
  CHECK(world.said().empty());
  // Back to the old one, and forth again: these are changes.
  world.source("Open.");
  CHECK(world.said() == TaskWorld::change("Open it.", "Open."));
  world.answer_pushes(wire::PushResult::One::STORED);
  world.clear();
  world.source("Open it.");
  CHECK(world.said() == TaskWorld::change("Open.", "Open it."));
}

TEST_CASE("a source that changed while the agent was away is told") {
  TaskWorld world;
  world.put(kTaskProject + "/source/a.txt", "Open it.");
  world.now.wall += 1min;
  world.start();
  world.sync();
  world.look();
  CHECK(world.said() == TaskWorld::change("Open.", "Open it."));
}

TEST_CASE("a source file is not looked at while it is being written") {
  TaskWorld world;
  world.put(kTaskProject + "/source/a.txt", "Ope");
  world.step({FolderHint{"project:P-1 J1/source", "a.txt"}});
  world.pass(1s);
  CHECK(world.said().empty());
  world.put(kTaskProject + "/source/a.txt", "Open it.");
  world.pass(10s);
  CHECK(world.said() == TaskWorld::change("Open.", "Open it."));
}

TEST_CASE("new source files, touched ones, and those of a finished task are not told") {
  TaskWorld world;
  world.put(kTaskProject + "/source/new.txt", "New.");
  world.put(kTaskProject + "/source/part/b.txt", "Close.");  // the same in it
  world.look();
  CHECK(world.said().empty());
  world.ask("report", {{"id", id_text(3)}, {"event", "done"}});
  world.clear();
  world.source("Open it.");
  CHECK(world.said().empty());
}

TEST_CASE("translated is told when nothing is left and the documents are there, once for each") {
  TaskWorld world;
  world.stats(1);
  world.translate("打开");
  CHECK(world.said().empty());
  world.stats(0);
  CHECK(world.said().empty());  // not exported
  world.translate("打开。");
  CHECK(world.said() == "translated 1\n");
  world.answer_pushes(wire::PushResult::One::STORED);
  world.clear();
  world.put(kTaskProject + "/P-1 J1-omegat.tmx", "<tmx>again</tmx>");
  world.step({FolderHint{"project:P-1 J1", ""}});
  world.pass(5s);
  CHECK(world.said().empty());
  world.translate("请打开。");
  CHECK(world.said() == "translated 1\n");
}

TEST_CASE("as many files of a project are looked at as kMaxProjectFiles says") {
  store::VirtualDisk disk;
  REQUIRE(disk.make_folder("/source/part", false).ok());
  for (std::size_t i = 0; i <= kMaxProjectFiles; ++i) {
    const std::string name = std::to_string(10'000 + i);
    REQUIRE(disk.write("/source/part/" + name, "x", false).ok());
  }
  const auto files = files_below(disk, "/source");
  CHECK(files.size() == kMaxProjectFiles);
  CHECK(files.begin()->first == "part/10000");
}

}  // namespace yizhan::agent
