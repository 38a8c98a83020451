#include "agent/projects.h"

#include "tests/agent/project_world.h"

namespace yizhan::agent {

TEST_CASE("a configured project is made with everything that OmegaT needs to open it") {
  ProjectWorld world;
  world.start();
  CHECK(has(world.text(kProject + "/omegat.project"), "<target_lang>zh-CN</target_lang>"));
  for (const char* folder :
       {"source", "target", "tm", "tm/yizhan", "glossary", "dictionary", "omegat"}) {
    INFO(folder);
    CHECK(world.disk.list(kProject + "/" + folder).ok());
  }
  CHECK(world.watched == "project:gear project:gear/omegat project:gear/glossary ");
  // Opened and set by a person, it stays as it is.
  world.put(kProject + "/omegat.project",
            "<omegat><project><source_lang>en-GB</source_lang>"
            "<target_lang>zh-CN</target_lang></project></omegat>");
  world.start();
  CHECK(has(world.text(kProject + "/omegat.project"), "en-GB"));
}

TEST_CASE("what others translate comes into tm/yizhan and glossary/yizhan, at most every 15 s") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.pass(20s);
  std::vector<wire::Record> records = entry_of("gearbox", "变速箱", "forbidden", 10);
  records.push_back(unit_of("Open.", "打开。", 1));
  records.push_back(unit_of("Shut.", "關閉。", 2, "zh-TW"));
  world.page(records);
  CHECK(has(world.hot(), "打开。"));
  CHECK(has(world.hot(), "xml:lang=\"zh-CN\""));
  CHECK_FALSE(has(world.hot(), "關"));
  CHECK(world.text(kProject + "/glossary/yizhan/HL.utf8") ==
        "# -*- coding: utf-8 -*-\ngearbox\t\t不要用 变速箱\n");
  CHECK(world.files(kProject + "/.yizhan/tmp").empty());
  world.page({unit_of("The pump.", "泵。", 20)});
  CHECK_FALSE(has(world.hot(), "泵。"));
  world.pass(16s);
  CHECK(has(world.hot(), "泵。"));
}

TEST_CASE("an open project gets new units and its older files are left alone") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.pass(20s);
  for (int i = 0; i < 5000; i += 1000) {
    std::vector<wire::Record> records;
    for (int k = i; k < i + 1000; ++k) {
      records.push_back(unit_of("Sentence " + std::to_string(k), "句", std::uint64_t(k) + 1));
    }
    world.page(records);
  }
  world.pass(100s);
  CHECK(world.files(kProject + "/tm/yizhan") == "cold-001.tmx hot.tmx");
  const std::string cold = world.text(kProject + "/tm/yizhan/cold-001.tmx");
  CHECK(has(cold, "Sentence 0<"));
  world.disk.locks.insert(kProject + "/omegat.project");
  wire::Record changed = unit_of("Sentence 0", "第一句", 6000);
  changed.set_rev(2);
  world.page({changed});
  world.pass(200s);
  CHECK(has(world.hot(), "第一句"));
  CHECK(world.text(kProject + "/tm/yizhan/cold-001.tmx") == cold);
  world.disk.locks.clear();
  world.pass(200s);
  CHECK_FALSE(has(world.text(kProject + "/tm/yizhan/cold-001.tmx"), "Sentence 0<"));
}

TEST_CASE("what is typed and saved is pushed once, and what came from others never") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.page({unit_of("The pump.", "泵。", 1)});
  world.clear();
  world.save(tu("Open.", "打开。") + tu("The pump.", "泵。", "", "20240305T101500Z"));
  CHECK(world.changes() == "unit Open.=打开。 base 0\n");
  world.answer_changes();
  world.save(tu("Open.", "打开。") + tu("The pump.", "泵。", "", "20240305T101500Z") + " ");
  CHECK(world.changes().empty());
  // He changes the colleague's text, having it before him; and takes back his own.
  world.save(tu("The pump.", "油泵。", "", "20240501T080000Z"));
  CHECK(world.changes() == "unit The pump.=油泵。 base 1\nunit Open.- base 1\n");
}

TEST_CASE("whatever step a crash comes after, what was saved is in the database once") {
  for (const auto death : {WatchedDb::Death::kBeforeCommit, WatchedDb::Death::kAfterCommit}) {
    ProjectWorld world;
    world.start();
    world.put(kProject + "/omegat/project_save.tmx",
              "<tmx version=\"1.1\"><header srclang=\"en-US\"/><body>" +
                  tu("Open.", "打开。", "? which") + "</body></tmx>");
    world.db.death = death;
    CHECK(world.step_fails({FolderHint{"project:gear/omegat", "project_save.tmx"}}));
    world.start();
    world.sync();
    CHECK(world.changes() == "unit Open.=打开。 base 0\n");
    CHECK(world.pushed().size() == 1);
    world.clear();
    world.pass(200s);
    CHECK(world.changes().empty());
  }
}

TEST_CASE("a full disk leaves the old memory whole, and is made good later") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.page({unit_of("Open.", "打开。", 1)});
  world.pass(60s);
  const std::string before = world.hot();
  CHECK(has(before, "打开。"));
  world.disk.set_fault([](std::string_view call, const std::string& path) -> std::optional<Error> {
    if (call != "write_at" || !has(path, "/.yizhan/tmp/")) return std::nullopt;
    return Error{Code::kIo, "no space left"};
  });
  world.clear();
  world.page({unit_of("The pump.", "泵。", 2)});
  world.pass(100s);
  CHECK(world.hot() == before);
  CHECK(has(world.log, "no space left"));
  CHECK(world.log.find("no space left") == world.log.rfind("no space left"));
  world.disk.set_fault(nullptr);
  world.pass(20s);
  CHECK(has(world.hot(), "泵。"));
}

TEST_CASE("what the agent may no longer read disappears from the project") {
  ProjectWorld world;
  world.start();
  world.sync();
  std::vector<wire::Record> records = entry_of("gearbox", "齿轮箱", "preferred", 10);
  records.push_back(unit_of("Open.", "打开。", 1));
  world.page(records);
  world.pass(16s);
  CHECK(has(world.hot(), "打开。"));
  wire::FromBroker state;
  state.mutable_sync_state()->set_epoch(std::string(16, 'e'));
  world.frame(state);
  world.pass(200s);
  CHECK(world.files(kProject + "/tm/yizhan").empty());
  CHECK(world.files(kProject + "/glossary/yizhan") == "");
  CHECK(world.text(kProject + "/glossary/yizhan/HL.utf8") == "");
}

TEST_CASE("a damaged memory changes nothing and is said") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.save(tu("Open.", "打开。"));
  world.answer_changes();
  world.put(kProject + "/omegat/project_save.tmx", "<tmx version=\"1.1\"><body><tu>");
  world.step({FolderHint{"project:gear/omegat", "project_save.tmx"}});
  CHECK(world.changes().empty());
  CHECK(has(world.log, "project gear"));
  world.save(tu("Open.", "打开！", "", "20240601T080000Z"));
  CHECK(has(world.changes(), "打开！"));
}

TEST_CASE("a note that begins with ? is asked, and its answer stands in the glossary") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.save(tu("Open the cover.", "", "? 是门还是盖？"));
  const auto asked = world.pushed();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].kind() == wire::QUESTION);
  CHECK(asked[0].recipient() == "role:pm");
  wire::Body body;
  REQUIRE(body.ParseFromString(asked[0].body()));
  CHECK(*wire::find_entry(body, "question", "text") == "是门还是盖？");
  CHECK(*wire::find_entry(body, "question", "source") == "Open the cover.");
  CHECK(world.changes().empty());
  const std::string about = format_uuid(wire::id_of(asked[0]));
  const auto reply = message_from(
      "user:wang.fang", "[yizhan]\nversion = 1\nkind = reply\nid = " + id_text(7) +
                            "\ncreated = 2026-03-04T09:12:00+08:00\nrecipient = user:zhang.min\n"
                            "in_reply_to = " +
                            about + "\n[reply]\ndecision = answered\ntext = 是盖\n[end]\n");
  world.deliver(1, reply);
  world.pass(20s);
  const std::string answers = kProject + "/glossary/yizhan/-answers.utf8";
  CHECK(world.text(answers) ==
        "# -*- coding: utf-8 -*-\nOpen the cover.\t\t? 是门还是盖？ → wang.fang: 是盖\n");
  // It outlives the process.
  REQUIRE(world.disk.remove(answers).ok());
  world.start();
  world.pass(20s);
  CHECK(has(world.text(answers), "是盖"));
}

TEST_CASE("a term that a translator adds is proposed to everybody") {
  ProjectWorld world;
  world.start();
  world.sync();
  world.put(kProject + "/glossary/glossary.txt", "breather\t通气塞\t见图 12\n");
  world.step({FolderHint{"project:gear/glossary", "glossary.txt"}});
  CHECK(world.changes() ==
        "concept breather base 0\nterm breather:proposed base 0\nterm 通气塞:proposed base 0\n");
  world.clear();
  world.put(kProject + "/glossary/glossary.txt", "breather\t通气塞\t见图 12\noil\t机油\n");
  world.step({FolderHint{"project:gear/glossary", "glossary.txt"}});
  CHECK(has(world.changes(), "term 机油:proposed"));
  CHECK_FALSE(has(world.changes(), "breather"));
}

TEST_CASE("a task to translate becomes a project that its handler can open") {
  ProjectWorld world;
  world.options.projects.clear();
  world.options.projects_dir = "/home/li/OmegaT";
  HandlerOptions handler;
  handler.name = "omegat";
  handler.when = {{"job.type", "translate"}};
  handler.run = {"/usr/bin/omegat", "{project}"};
  world.options.handlers.push_back(handler);
  world.start();
  world.sync();
  wire::Message task = message_from("user:wang.fang", task_text(id_text(3)));
  world.deliver(1, task);
  const std::string project = "/home/li/OmegaT/P-1 J1";
  REQUIRE(world.started.size() == 1);
  CHECK(world.started[0].command.argv == std::vector<std::string>{"/usr/bin/omegat", project});
  CHECK(has(world.text(project + "/omegat.project"), "<source_lang>en-US</source_lang>"));
  world.clear();
  world.put(project + "/omegat/project_stats.txt",
            "Total\t4\t10\t50\t60\nLeft\t1\t3\t9\t9\nUnique\t4\t10\t50\t60\nUL\t1\t3\t9\t9\n");
  world.step({FolderHint{"project:P-1 J1/omegat", "project_stats.txt"}});
  const auto said = world.pushed();
  REQUIRE(said.size() == 1);
  CHECK(said[0].kind() == wire::STATUS);
  CHECK(said[0].recipient() == "user:wang.fang");
  wire::Body body;
  REQUIRE(body.ParseFromString(said[0].body()));
  CHECK(*wire::find_entry(body, "status", "progress_segments") == "3/4");
  // It is followed again after a restart, and the translator's things stay as they are.
  world.put(project + "/omegat.project",
            "<omegat><project><source_lang>en</source_lang>"
            "<target_lang>zh-CN</target_lang></project></omegat>");
  world.watched.clear();
  world.start();
  CHECK(has(world.watched, "project:P-1 J1/omegat"));
  CHECK(has(world.text(project + "/omegat.project"), "<source_lang>en<"));
}

TEST_CASE("translated documents are complete two seconds after the last was written") {
  ProjectWorld world;
  world.start();
  world.pass(20s);
  world.put(kProject + "/target/a.txt", "译文");
  world.put(kProject + "/gear-omegat.tmx", "<tmx/>");
  world.step({FolderHint{"project:gear", "gear-omegat.tmx"}});
  world.pass(1s);
  CHECK_FALSE(has(world.log, "complete"));
  world.put(kProject + "/target/b.txt", "译文");
  world.pass(2s);
  CHECK_FALSE(has(world.log, "complete"));
  world.pass(3s);
  CHECK(has(world.log, "the translated documents are complete"));
}

}  // namespace yizhan::agent
