// Longer stories of the cases of translation.md 6.1: files, commands, big imports, OmegaT; and who
// is told of what.

#include <catch2/catch.hpp>
#include <set>

#include "tests/history/story.h"
#include "wire/history.h"

using namespace yizhan;
using namespace std::chrono_literals;
using history_lab::check_same;
using history_lab::Json;
using history_lab::kTwo;
using history_lab::Lab;
using history_lab::Person;

namespace {

void pass(Lab& lab, Micros time) {
  for (Micros passed{}; passed < time; passed += 5s) {
    lab.advance(5s);
    lab.settle();
  }
}

struct Line {
  std::string source;
  std::string target;
  std::string uses = {};
};

/// As `yizhan import` spools a file.
wire::SyncPush chunk_of(const std::vector<Line>& lines) {
  wire::SyncPush chunk;
  for (const Line& line : lines) {
    wire::Change& change = *chunk.add_changes();
    change.set_groups(wire::kAllGroups);
    change.set_from_file(true);
    wire::Record& record = *change.mutable_record();
    record = wire::make_record(wire::UNIT);
    wire::set_value(&record, wire::unit::kSourceLang, "en-US");
    wire::set_value(&record, wire::unit::kTargetLang, "zh-CN");
    wire::set_value(&record, wire::unit::kSource, line.source);
    wire::set_value(&record, wire::unit::kTarget, line.target);
    wire::set_value(&record, wire::unit::kStatus, "translated");
    wire::set_value(&record, wire::unit::kUsage, line.uses);
  }
  return chunk;
}

void import(Lab& lab, std::size_t agent, const std::vector<wire::SyncPush>& chunks) {
  static int names = 0;
  const std::string name = "spool" + std::to_string(++names);
  int records = 0;
  for (const wire::SyncPush& one : chunks) records += one.changes_size();
  lab.spool(agent, name, chunks);
  const Json answer = lab.ask(agent, "import", {{"spool", name}, {"file", "memory.tmx"},
                                                {"records", records}, {"slice", Lab::kSlice}});
  INFO(answer.dump());
  REQUIRE(answer.contains("parts"));
}

std::string tu(const std::string& source, const std::string& target, const std::string& who,
               const std::string& changed) {
  return "<tu><tuv lang=\"en-US\"><seg>" + source + "</seg></tuv><tuv lang=\"zh-CN\" changeid=\"" +
         who + "\" changedate=\"" + changed + "\"><seg>" + target + "</seg></tuv></tu>\n";
}

}  // namespace

TEST_CASE("the same file twice changes nothing, on one machine or two, settled or not") {
  Lab lab(kTwo);
  const wire::SyncPush file = chunk_of(
      {{"Gear", "齿轮", "5"}, {"Bolt", "螺栓"}, {"Nut", "螺母"}, {"Nut", "螺帽"}});
  const bool settled = GENERATE(true, false);
  import(lab, 0, {file});
  lab.settle();
  const std::string once = lab.server_contents();
  import(lab, 0, {file});
  if (settled) lab.settle();
  import(lab, 0, {file});
  lab.settle();
  CHECK(Lab::difference(once, lab.server_contents()) == "");
  import(lab, 1, {file});
  check_same(lab);
  CHECK(Lab::difference(once, lab.server_contents()) == "");
}

TEST_CASE("the same file on two machines off line counts once, and what is added to it adds up") {
  Lab lab(kTwo);
  lab.all_online(false);
  import(lab, 0, {chunk_of({{"Gear", "齿轮", "5"}})});
  import(lab, 1, {chunk_of({{"Gear", "齿轮", "5"}})});
  check_same(lab);
  const std::string id = lab.unit(0, "Gear", "齿轮");
  CHECK(lab.record(1, id)["fields"]["uses"] == "5");
  lab.edit(0, id, {{"uses", "2"}});  // used twice more
  CHECK(lab.record(0, id)["fields"]["uses"] == "7");
  check_same(lab);
  CHECK(lab.record(1, id)["fields"]["uses"] == "7");
  // A file that was written later has counted on.
  import(lab, 1, {chunk_of({{"Gear", "齿轮", "9"}})});
  check_same(lab);
  CHECK(lab.record(0, id)["fields"]["uses"] == "9");
}

TEST_CASE("a file that comes again takes back nothing that people have done since") {
  Lab lab(kTwo);
  const wire::SyncPush file = chunk_of({{"Gear", "齿轮"}, {"Bolt", "螺栓"}, {"Seal", "密封"}});
  import(lab, 0, {file});
  lab.settle();
  const std::string gear = lab.unit(0, "Gear", "大齿轮");
  const std::string bolt = lab.unit(0, "Bolt", "螺栓");
  lab.remove(1, bolt);
  lab.settle();
  import(lab, GENERATE(0, 1), {file});
  check_same(lab);
  CHECK(lab.target(0, gear) == "大齿轮");
  CHECK(lab.target(0, bolt) == "(deleted)");
  CHECK(lab.inbox(0, "question").empty());
  CHECK(lab.inbox(1, "question").empty());
  // What the file says anew is taken.
  import(lab, 0, {chunk_of({{"Gear", "齿轮组"}})});
  check_same(lab);
  CHECK(lab.target(1, gear) == "齿轮组");
}

TEST_CASE(
    "case 13: commands and their results are rows that only grow; an expired one never runs") {
  Lab lab({{"wang", {"pm"}}, {"li.wei", {"translator"}, {"P"}, false, true}});
  const std::string head = "kind = command\nrecipient = user:li.wei\n";
  const std::string body = "[project]\nid = P\nclient = C\n[command]\ncommand.1 = sync_now\n";
  lab.online(1, false);
  lab.send(0, head + "expires = 2026-03-02T09:00:00Z\n" + body);
  const std::string fine = lab.send(0, head + body);
  lab.settle();
  lab.advance(2h);
  lab.settle();
  lab.online(1, true);
  lab.settle();
  CHECK(lab.started(1) == 1);  // the other came too late
  CHECK(lab.inbox(1, "command").size() == 1);
  const auto operations = [&](std::size_t agent) {
    return lab.ask(agent, "records.list", {{"kind", "operation"}})["records"];
  };
  const Json rows = operations(0);
  int commands = 0;
  std::multiset<std::string> results;
  for (const Json& one : rows) {
    const Json& fields = one["fields"];
    if (fields["operation_kind"] == "command") ++commands;
    if (fields["operation_kind"] == "result") {
      CHECK(fields["message"] == fine);
      results.insert(fields["state"].get<std::string>());
    }
    CHECK(one["rev"] == 1);
  }
  CHECK(commands == 2);
  CHECK(results.count("done") == 1);
  CHECK(operations(1).size() == rows.size());
  // What stands there is changed by nobody, also not by a repeat.
  lab.crash_agent(1);
  lab.settle();
  CHECK(lab.started(1) == 1);
  CHECK(operations(0) == rows);
  CHECK(lab.ask(1, "records.set", {{"kind", "operation"}, {"id", rows[0]["id"]},
                                   {"fields", {{"state", "done"}}}})["code"] == "denied");
  check_same(lab);
}

TEST_CASE("case 15: a question and an edit overtake a big import, which goes on after crashes") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"pm"}}});
  const std::string id = lab.unit(1, "Shaft", "轴");
  lab.settle();
  lab.online(0, false);
  constexpr int kChunks = 30;
  std::vector<wire::SyncPush> chunks;
  for (int i = 0; i < kChunks; ++i) {
    std::vector<Line> lines;
    for (int k = 0; k < 1000; ++k) {
      const std::string number = std::to_string(i * 1000 + k);
      lines.push_back({"Gear " + number, "齿轮 " + number});
    }
    chunks.push_back(chunk_of(lines));
  }
  import(lab, 0, chunks);
  lab.settle();
  lab.crash_agent(0);
  CHECK(lab.ask(0, "sync.status")["backlog"]["pushes"] == kChunks);  // all of it, off line
  lab.online(0, true);
  const auto at_server = [&] {
    const Json slices = lab.operate("slices.list")["slices"];
    for (const Json& slice : slices) {
      if (slice["name"] == Lab::kSlice) return slice["unit"].get<int>();
    }
    return 0;
  };
  for (int i = 0; i < 1000 && at_server() < 2000; ++i) lab.rounds(1);
  REQUIRE(at_server() >= 2000);
  lab.edit(0, id, {{"target", "主轴"}});
  lab.send(0, "kind = question\nrecipient = user:wang\n[project]\nid = P\nclient = C\n"
              "[question]\ncategory = context\ntext = 图 12？\n");
  int rounds = 0;
  while (lab.inbox(1, "question").empty() && rounds < 50) {
    lab.rounds(1);
    ++rounds;
  }
  CHECK(rounds < 50);
  for (; lab.record(1, id)["rev"] != 2 && rounds < 50; ++rounds) lab.rounds(1);
  const int taken = at_server();
  INFO("after " << rounds << " rounds the server had " << taken << " units");
  CHECK(taken < kChunks * 1000);
  lab.crash_agent(0);
  lab.all_online(false);
  lab.crash_broker();
  check_same(lab);
  CHECK(at_server() == kChunks * 1000 + 1);
  CHECK(lab.target(1, id) == "主轴");
}

TEST_CASE("case 17: what OmegaT fills in again, or had before, is no edit; what is typed is one") {
  Lab lab({{"li.wei", {"translator"}, {"P"}, true}, {"chen.jie", {"translator"}}});
  const std::string id = lab.unit(1, "Open.", "打开。");
  const std::string other = lab.unit(1, "Shut.", "关闭。");
  pass(lab, 60s);
  const auto pushed = [&](const std::string& text) {
    return lab.project_file(0, "tm/yizhan/hot.tmx").find(text) != std::string::npos;
  };
  REQUIRE(pushed("打开。"));
  // OmegaT fills both segments in from tm, under its user's name or its colleague's, and saves.
  const std::string filled = tu("Open.", "打开。", "chen.jie", "20260302T080000Z") +
                             tu("Shut.", "关闭。", "li.wei", "20260302T080200Z");
  lab.save_project(0, filled);
  pass(lab, 60s);
  CHECK(lab.record(0, id)["rev"] == 1);
  CHECK(lab.record(0, other)["fields"]["target"] == "关闭。");
  CHECK(lab.record(1, other)["fields"]["target"] == "关闭。");
  // His colleague goes on; OmegaT, open all the while or opened again, saves what it had.
  lab.edit(1, id, {{"target", "开启。"}});
  pass(lab, 60s);
  CHECK(pushed("开启。"));
  lab.save_project(0, filled + "\n");
  pass(lab, 60s);
  CHECK(lab.target(0, id) == "开启。");
  CHECK(lab.target(1, id) == "开启。");
  CHECK(lab.record(1, id)["rev"] == 2);
  // Also once the agent was killed and its database lost.
  lab.crash_agent(0);
  lab.save_project(0, filled + "\n\n");
  pass(lab, 60s);
  CHECK(lab.target(1, id) == "开启。");
  // Typing is another thing.
  lab.save_project(0, tu("Open.", "请打开。", "li.wei", "20260302T090000Z") +
                          tu("Shut.", "关闭。", "li.wei", "20260302T080200Z"));
  pass(lab, 60s);
  CHECK(lab.target(1, id) == "请打开。");
  const Json record = lab.record(1, id);
  std::set<std::string> texts;
  for (const Json& one : record["revisions"]) texts.insert(one["fields"].value("target", ""));
  CHECK(texts.contains("打开。"));
  CHECK(texts.contains("开启。"));
  check_same(lab);
}

TEST_CASE("only those whose rights changed are told") {
  Lab lab({{"li.wei", {"translator"}}, {"chen.jie", {"reviser"}}, {"spy", {"translator"}, {"Q"}}});
  using Frame = wire::FromBroker;
  const auto states = [&] {
    std::vector<int> counts;
    for (std::size_t i = 0; i < lab.size(); ++i) {
      counts.push_back(lab.received(i, Frame::kSyncState));
    }
    return counts;
  };
  const std::vector<int> before = states();
  const int spied = lab.received(2, Frame::kSyncChanged);
  const std::string id = lab.unit(0, "Gear", "齿轮");  // a new slice
  lab.settle();
  CHECK(lab.target(1, id) == "齿轮");
  CHECK(lab.target(2, id) == "(none)");
  CHECK(states() == before);  // its name was enough
  CHECK(lab.received(2, Frame::kSyncChanged) == spied);
  lab.operate("slices.allow", {{"path", "C/P"}, {"who", "user:spy"}, {"access", "read"}});
  lab.settle();
  CHECK(states() == std::vector<int>{before[0], before[1], before[2] + 1});
  CHECK(lab.target(2, id) == "齿轮");
  lab.operate("clients.set", {{"client", "chen.jie"}, {"remove_groups", Json::array({"P"})}});
  lab.settle();
  CHECK(states() == std::vector<int>{before[0], before[1] + 1, before[2] + 1});
  CHECK(lab.target(1, id) == "(none)");
  lab.edit(0, id, {{"target", "大齿轮"}});
  lab.settle();
  CHECK(lab.target(1, id) == "(none)");
  CHECK(lab.target(2, id) == "大齿轮");
  lab.operate("slices.allow", {{"path", "C/P"}, {"who", "user:spy"}, {"access", "none"}});
  lab.settle();
  CHECK(lab.target(2, id) == "(none)");
}

TEST_CASE("a new slice is found also if the word of it is lost") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Gear", "齿轮");
  lab.lose_percent = 60;
  lab.settle();
  lab.lose_percent = 0;
  lab.advance(31s);
  lab.settle();
  lab.advance(31s);
  check_same(lab);
  CHECK(lab.target(1, id) == "齿轮");
}

TEST_CASE(
    "a termbase is a slice of its own, for those who have a right on it or are of its group") {
  Lab lab({{"zhang", {"terminologist"}, {"termbase main"}},
           {"li.wei", {"translator"}, {"P"}},
           {"spy", {"translator", "pm"}, {"P"}}});
  const std::string path = "C/termbase main";
  const auto write = [&](std::size_t agent, const std::string& text) {
    const Json entry =
        lab.ask(agent, "records.set",
                {{"kind", "concept"},
                 {"slice", path + "/terms"},
                 {"fields", {{"termbase", "main"}, {"client", "C"}, {"entry", "breather plug"}}}});
    return lab.ask(agent, "records.set", {{"kind", "term"}, {"slice", path + "/terms"},
        {"fields", {{"concept", entry["id"]}, {"lang", "zh-CN"}, {"term_text", text},
                    {"status", "preferred"}}}})["id"].get<std::string>();
  };
  const auto finds = [&](std::size_t agent) {
    return lab.ask(agent, "records.search", {{"kind", "term"}, {"text", "通气塞"}})["records"].size();
  };
  write(0, "通气塞");
  lab.settle();
  CHECK(finds(1) + finds(2) == 0);
  lab.operate("slices.allow", {{"path", path}, {"who", "user:li.wei"}, {"access", "read"}});
  lab.settle();
  CHECK(finds(1) == 1);
  CHECK(finds(2) == 0);
  // A right to read is none to write: his proposal is kept aside.
  const std::string other = write(1, "透气塞");
  lab.settle();
  CHECK(lab.record(0, other, "term").is_null());
  CHECK(lab.ask(1, "sync.parked")["parked"].size() > 0);
  lab.operate("slices.allow", {{"path", path}, {"who", "user:li.wei"}, {"access", "none"}});
  lab.settle();
  CHECK(finds(0) == 1);
}
