// The conflict cases of translation.md 6.1, by number, with real cores on both sides.

#include <catch2/catch.hpp>
#include <set>

#include "tests/history/story.h"
#include "wire/history.h"

using namespace yizhan;
using history_lab::check_same;
using history_lab::Json;
using history_lab::kTwo;
using history_lab::Lab;
using history_lab::Person;

namespace {

const std::vector<Person> kWithReviser = {{"li.wei", {"translator"}}, {"chen.jie", {"reviser"}}};

/// Both change the unit off line; the first comes back before the second.
void edit_apart(Lab& lab, const std::string& id, const std::string& first,
                const std::string& second) {
  lab.all_online(false);
  lab.edit(0, id, {{"target", first}});
  lab.edit(1, id, {{"target", second}});
  lab.online(0, true);
  lab.settle();
  lab.online(1, true);
  lab.settle();
}

bool history_has(Lab& lab, std::size_t agent, const std::string& id, const std::string& text) {
  const Json record = lab.record(agent, id);
  if (record["fields"].value("target", "") == text) return true;
  for (const Json& revision : record["revisions"]) {
    if (revision["fields"].value("target", "") == text) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the agent keeps count of its records as they come, go and come back") {
  Lab lab(kTwo);
  const auto counted = [&](std::size_t agent) -> int {
    const Json status = lab.ask(agent, "sync.status", {{"count", true}});
    for (const Json& slice : status["slices"]) {
      if (slice["name"] == Lab::kSlice) return slice["unit"];
    }
    return 0;
  };
  const std::string id = lab.unit(0, "Check the gear.", "检查齿轮。");
  CHECK(counted(0) == 1);  // the rows were counted here; from now on it is kept
  lab.settle();
  CHECK(counted(1) == 1);
  lab.unit(0, "Open the cover.", "打开盖子。");
  lab.unit(1, "Close the cover.", "关上盖子。");
  lab.settle();
  CHECK(counted(0) == 3);
  CHECK(counted(1) == 3);
  lab.remove(1, id);
  CHECK(counted(1) == 2);
  lab.settle();
  CHECK(counted(0) == 2);
  lab.unit(0, "Check the gear.", "检查齿轮！");
  lab.settle();
  for (const std::size_t agent : {0, 1}) {
    const int kept = counted(agent);
    CHECK(kept == 3);
    lab.crash_agent(agent);
    CHECK(counted(agent) == kept);
  }
}

TEST_CASE("an import takes 8000 records in a step, and then lets others have their turn") {
  Lab lab(kTwo);
  std::vector<wire::SyncPush> chunks(9);
  for (std::size_t i = 0; i < 9000; ++i) {
    wire::Record* record = chunks[i / 1000].add_changes()->mutable_record();
    record->set_kind(wire::UNIT);
    wire::set_value(record, wire::unit::kSource, "Gear " + std::to_string(i));
    wire::set_value(record, wire::unit::kTarget, "齿轮 " + std::to_string(i));
    wire::set_value(record, wire::unit::kSourceLang, "en-US");
    wire::set_value(record, wire::unit::kTargetLang, "zh-CN");
    wire::set_value(record, wire::unit::kStatus, "translated");
  }
  lab.spool(0, "one", chunks);
  lab.ask(0, "import", {{"spool", "one"}, {"file", "gears.tmx"}, {"records", 9000},
                             {"slice", Lab::kSlice}});
  // A question is answered before the step goes on with the file.
  const Json first = lab.ask(0, "sync.status")["imports"];
  REQUIRE(first.size() == 1);
  CHECK(first[0]["done"] == 8000);
  const Json second = lab.ask(0, "sync.status", {{"count", true}});
  CHECK(second["slices"][0]["unit"] == 9000);
  lab.settle();
  CHECK(lab.ask(0, "sync.status")["imports"].empty());
  check_same(lab);
}

TEST_CASE("what one writes is at the other, and on the server") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Check the gear.", "检查齿轮。");
  CHECK(lab.target(0, id) == "检查齿轮。");  // at once, before the server knows
  lab.settle();
  CHECK(lab.target(1, id) == "检查齿轮。");
  lab.edit(1, id, {{"target", "请检查齿轮。"}});
  lab.settle();
  CHECK(lab.target(0, id) == "请检查齿轮。");
  CHECK(history_has(lab, 0, id, "检查齿轮。"));
  check_same(lab);
}

TEST_CASE("case 1: two edit the same unit off line: both texts are kept, the later stands") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Open the valve.", "打开阀门。");
  lab.settle();
  edit_apart(lab, id, "开启阀门。", "请打开阀。");
  CHECK(lab.target(0, id) == "请打开阀。");
  CHECK(lab.target(1, id) == "请打开阀。");
  CHECK(history_has(lab, 0, id, "开启阀门。"));
  CHECK(history_has(lab, 1, id, "开启阀门。"));
  check_same(lab);
}

TEST_CASE("case 1: the higher role's text stands, whoever comes first") {
  const bool reviser_first = GENERATE(true, false);
  Lab lab(kWithReviser);
  const std::string id = lab.unit(0, "Open the valve.", "打开阀门。");
  lab.settle();
  lab.all_online(false);
  lab.edit(0, id, {{"target", "译者的译文"}});
  lab.edit(1, id, {{"target", "审校的译文"}});
  lab.online(reviser_first ? 1 : 0, true);
  lab.settle();
  check_same(lab);
  CHECK(lab.target(0, id) == "审校的译文");
  CHECK(history_has(lab, 0, id, "译者的译文"));
}

TEST_CASE("case 2: one term, two translations: both stand in the concept") {
  Lab lab({{"li.wei", {"translator"}}, {"zhang", {"terminologist"}}});
  const auto concept_id = [&](std::size_t agent) {
    return lab
        .ask(
            agent, "records.set",
            {{"kind", "concept"},
             {"slice", "C/P/terms"},
             {"fields", {{"termbase", "main"}, {"client", "C"}, {"entry", "breather plug"}}}})["id"]
        .get<std::string>();
  };
  const auto add = [&](std::size_t agent, const std::string& id, const std::string& text,
                       const std::string& status) {
    return lab
        .ask(
            agent, "records.set",
            {{"kind", "term"},
             {"slice", "C/P/terms"},
             {"fields",
              {{"concept", id}, {"lang", "zh-CN"}, {"term_text", text}, {"status", status}}}})["id"]
        .get<std::string>();
  };
  lab.all_online(false);
  const std::string id = concept_id(0);
  CHECK(concept_id(1) == id);
  const std::string one = add(0, id, "呼吸器", "preferred");  // he may not decide that
  const std::string two = add(1, id, "通气塞", "preferred");
  check_same(lab);
  CHECK(lab.record(1, one, "term")["fields"]["status"] == "proposed");
  CHECK(lab.record(0, one, "term")["fields"]["status"] == "proposed");
  CHECK(lab.record(0, two, "term")["fields"]["status"] == "preferred");
}

TEST_CASE("case 3: an edit outlives a deletion; one of higher role does not") {
  const bool higher = GENERATE(false, true);
  const bool delete_first = GENERATE(false, true);
  Lab lab(higher ? kWithReviser : kTwo);
  const std::string id = lab.unit(0, "Stop.", "停。");
  lab.settle();
  lab.all_online(false);
  lab.edit(0, id, {{"target", "停止。"}});
  lab.remove(1, id);
  lab.online(delete_first ? 1 : 0, true);
  lab.settle();
  check_same(lab);
  CHECK(lab.target(0, id) == (higher ? "(deleted)" : "停止。"));
  CHECK(history_has(lab, 1, id, "停止。"));
}

TEST_CASE("case 4: both delete, both write the same: no conflict") {
  Lab lab(kTwo);
  const std::string gone = lab.unit(0, "One.", "一。");
  const std::string same = lab.unit(0, "Two.", "二。");
  lab.settle();
  lab.all_online(false);
  for (const std::size_t agent : {0, 1}) {
    lab.remove(agent, gone);
    lab.edit(agent, same, {{"target", "两个。"}});
  }
  check_same(lab);
  CHECK(lab.target(1, gone) == "(deleted)");
  CHECK(lab.target(1, same) == "两个。");
  const Json revisions = lab.record(0, same)["revisions"];
  for (const Json& revision : revisions) CHECK(revision["outcome"] != "superseded");
  CHECK(lab.inbox(0, "question").empty());
  CHECK(lab.inbox(1, "question").empty());
}

TEST_CASE("case 5: the same unit entered on two machines is one, with both names") {
  Lab lab(kTwo);
  lab.all_online(false);
  const std::string id = lab.unit(0, "Check the oil.", "检查油位。");
  CHECK(lab.unit(1, "Check  the oil.", "检查油位。") == id);
  check_same(lab);
  const Json record = lab.record(0, id);
  bool known = false;
  for (const Json& revision : record["revisions"]) {
    known = known || (revision["outcome"] == "duplicate" && revision["user"] == "chen.jie");
  }
  CHECK(known);
}

TEST_CASE("case 6: two new targets for one source: two variants, disputed if both are approved") {
  const bool approved = GENERATE(false, true);
  Lab lab(approved ? std::vector<Person>{{"a", {"reviser"}}, {"b", {"reviser"}}} : kTwo);
  lab.all_online(false);
  const Json status = {{"status", approved ? "reviewed" : "translated"}};
  const std::string id = lab.unit(0, "Fuse", "保险丝", status);
  CHECK(lab.unit(1, "Fuse", "熔断器", status) == id);
  check_same(lab);
  CHECK(history_has(lab, 0, id, "保险丝"));
  CHECK(history_has(lab, 0, id, "熔断器"));
  CHECK(lab.record(0, id)["fields"]["status"] == (approved ? "disputed" : "translated"));
}

TEST_CASE("case 7: text of one, note of the other, uses of both: nothing contradicts") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Seal", "密封件");
  lab.settle();
  lab.all_online(false);
  lab.edit(0, id, {{"target", "密封圈"}});
  lab.edit(1, id, {{"note", "见图 12"}});
  lab.edit(0, id, {{"uses", "2"}});
  lab.edit(1, id, {{"uses", "3"}});
  check_same(lab);
  const Json fields = lab.record(1, id)["fields"];
  CHECK(fields["target"] == "密封圈");
  CHECK(fields["note"] == "见图 12");
  CHECK(fields["uses"] == "5");
  CHECK(lab.inbox(0, "question").empty());
}

TEST_CASE("case 8: what a reviewer approved is not changed from below, but proposed") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"final_reviewer"}}});
  const std::string id = lab.unit(0, "Warning", "警示");
  lab.settle();
  lab.edit(1, id, {{"target", "警告"}, {"status", "final"}});
  lab.settle();
  lab.edit(0, id, {{"target", "注意"}});
  check_same(lab);
  CHECK(lab.target(0, id) == "警告");
  CHECK(lab.record(0, id)["fields"]["status"] == "final");
  bool proposed = false;
  const Json revisions = lab.record(1, id)["revisions"];
  for (const Json& one : revisions) {
    proposed = proposed || (one["outcome"] == "proposed" && one["fields"]["target"] == "注意");
  }
  CHECK(proposed);
}

TEST_CASE("case 9: wrong clocks decide nothing") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Bolt", "螺栓");
  lab.settle();
  lab.skew(0, std::chrono::hours(48));
  lab.skew(1, -std::chrono::hours(48));
  lab.all_online(false);
  lab.edit(0, id, {{"target", "来自未来"}});
  lab.edit(1, id, {{"target", "来自过去"}});
  lab.online(0, true);
  lab.settle();
  check_same(lab);
  CHECK(lab.target(0, id) == "来自过去");
  CHECK(history_has(lab, 1, id, "来自未来"));
}

TEST_CASE("case 10: a push whose answer was lost is one change") {
  Lab lab(kTwo);
  lab.lose_percent = 20;
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(lab.unit(i % 2, "Line " + std::to_string(i), "行"));
  lab.settle();
  for (const std::string& id : ids) lab.edit(0, id, {{"target", "第一次"}});
  lab.settle();
  lab.lose_percent = 0;
  check_same(lab);
  for (const std::string& id : ids) {
    CHECK(lab.target(1, id) == "第一次");
    CHECK(lab.record(0, id)["rev"] == 2);
  }
}

TEST_CASE("case 11: a client database from a backup, a copy, or none at all") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Pump", "泵");
  lab.settle();
  const std::string backup = lab.copy_agent(0);
  lab.edit(0, id, {{"target", "水泵"}});
  const std::string later = lab.unit(0, "Motor", "电机");
  lab.settle();
  SECTION("a backup: what was written since comes back") {
    lab.put_back_agent(0, backup);
    CHECK(lab.target(0, id) == "泵");
    check_same(lab);
    CHECK(lab.target(0, id) == "水泵");
    CHECK(lab.target(0, later) == "电机");
    CHECK_FALSE(lab.log.empty());  // and it is said
  }
  SECTION("none: all of it comes back") {
    lab.put_back_agent(0, "");
    check_same(lab);
    CHECK(lab.target(0, id) == "水泵");
  }
  SECTION("a copy on another client's machine") {
    lab.put_back_agent(1, backup);
    lab.edit(1, id, {{"target", "油泵"}});
    check_same(lab);
    CHECK(history_has(lab, 0, id, "水泵"));
    CHECK(history_has(lab, 0, id, "油泵"));
    CHECK(lab.target(1, later) == "电机");
  }
}

TEST_CASE("the server's database from a backup: what clients have comes back, nothing is lost") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Pump", "泵");
  lab.settle();
  const std::string backup = lab.copy_broker();
  lab.edit(0, id, {{"target", "水泵"}});
  lab.settle();
  lab.edit(1, id, {{"target", "离心泵"}});
  const std::string later = lab.unit(1, "Motor", "电机");
  lab.settle();
  lab.put_back_broker(backup);
  lab.all_online(false);
  SECTION("nothing happened since") {}
  SECTION("others have gone on with the old state") {
    lab.online(0, true);  // he brings what he knows
    lab.settle();
    lab.edit(0, id, {{"target", "新水泵"}});
    lab.settle();
  }
  lab.all_online(true);
  lab.settle();
  check_same(lab);
  CHECK(history_has(lab, 0, id, "离心泵"));
  CHECK(lab.target(0, later) == "电机");
  CHECK_FALSE(lab.log.empty());
}

TEST_CASE("a line that breaks while a restored server is filled up loses nothing") {
  Lab lab(kTwo);
  lab.unit(0, "Pump", "泵");
  lab.settle();
  const std::string backup = lab.copy_broker();
  // More than fits into one bite, and fewer than the server then counts anew.
  for (int i = 0; i < 600; ++i) lab.unit(1, "Part " + std::to_string(i), "零件");
  lab.settle();
  lab.put_back_broker(backup);
  lab.all_online(false);
  lab.online(1, true);
  lab.rounds(3);  // link and hello, both greetings, the first bite
  lab.online(1, false);
  lab.online(0, true);
  for (int i = 0; i < 400; ++i) lab.unit(0, "Bolt " + std::to_string(i), "螺栓");
  lab.settle();
  lab.all_online(true);
  lab.settle();
  check_same(lab);
  int parts = 0;
  const std::string server = lab.server_contents();
  for (int i = 0; i < 600; ++i) {
    if (server.find("Part " + std::to_string(i)) != std::string::npos) ++parts;
  }
  CHECK(parts == 600);
}

TEST_CASE("case 16: who leaves a project keeps nothing of it, once his own words are up") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Secret gear", "机密齿轮");
  lab.settle();
  lab.online(1, false);
  lab.edit(1, id, {{"target", "最后一句"}});
  const std::string own = lab.unit(1, "Own words", "自己的话");
  lab.operate("clients.set", {{"client", "chen.jie"}, {"remove_groups", Json::array({"P"})}});
  lab.online(1, true);
  lab.settle();
  // He may no longer write: his words are kept aside, with the reason, and so is the slice.
  CHECK(lab.ask(1, "sync.parked")["parked"].size() == 2);
  CHECK(lab.target(0, id) == "机密齿轮");
  const Json parked = lab.ask(1, "sync.parked")["parked"];
  for (const Json& one : parked) lab.ask(1, "sync.drop", {{"n", one["n"]}});
  lab.settle();
  CHECK(lab.target(1, id) == "(none)");
  CHECK(lab.target(1, own) == "(none)");
  CHECK(lab.contents(1).empty());
}

TEST_CASE("another client's memory is never sent") {
  Lab lab({{"li.wei", {"translator"}, {"P"}}, {"spy", {"translator", "pm"}, {"Q"}}});
  const std::string id = lab.unit(0, "Secret gear", "机密齿轮");
  lab.settle();
  CHECK(lab.target(1, id) == "(none)");
  // Nor may he write there.
  lab.ask(1, "records.set",
          {{"kind", "unit"},
           {"slice", Lab::kSlice},
           {"fields",
            {{"src_lang", "en-US"},
             {"tgt_lang", "zh-CN"},
             {"source", "Secret gear"},
             {"target", "假"}}}});
  lab.settle();
  CHECK(lab.target(0, id) == "机密齿轮");
  REQUIRE(lab.ask(1, "sync.parked")["parked"].size() == 1);
  CHECK(lab.ask(1, "sync.parked")["parked"][0]["reason"].get<std::string>().find("slices allow") !=
        std::string::npos);
  // Until an operator allows it.
  lab.operate("slices.allow", {{"path", "C/P"}, {"who", "user:spy"}, {"access", "read"}});
  lab.settle();
  CHECK(lab.target(1, id) == "机密齿轮");
}

TEST_CASE("search finds Chinese words of any length, also before they are in the index") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Check the gear box.", "检查齿轮箱。");
  lab.unit(0, "Check the oil.", "检查油位。");
  const auto found = [&](const std::string& text) {
    std::vector<std::string> ids;
    const Json records =
        lab.ask(0, "records.search", {{"kind", "unit"}, {"text", text}})["records"];
    for (const Json& one : records) ids.push_back(one["id"]);
    return ids;
  };
  for (const bool indexed : {false, true}) {
    if (indexed) {
      for (int i = 0; i < 100; ++i) lab.advance(std::chrono::seconds(3)), lab.settle();
    }
    CHECK(found("齿轮") == std::vector<std::string>{id});
    CHECK(found("箱") == std::vector<std::string>{id});
    CHECK(found("GEAR box") == std::vector<std::string>{id});
    CHECK(found("检查").size() == 2);
    CHECK(found("check").size() == 2);
    CHECK(found("齿箱").empty());
    CHECK(found("\" OR 1").empty());
    CHECK(found("ear").empty());
  }
}

TEST_CASE("a conflict opens a question to whoever lost, and the reply resolves it") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Open the valve.", "打开阀门。");
  lab.settle();
  edit_apart(lab, id, "开启阀门。", "请打开阀。");
  const auto asked = lab.inbox(0, "question");
  REQUIRE(asked.size() == 1);
  CHECK(lab.inbox(1, "question").empty());
  CHECK(asked[0].find("option.1 = 请打开阀。") != std::string::npos);
  CHECK(asked[0].find("option.2 = 开启阀门。") != std::string::npos);
  lab.reply(0, "question", {{"decision", "answered"}, {"option", "2"}});
  lab.settle();
  CHECK(lab.target(1, id) == "开启阀门。");
  check_same(lab);
}

TEST_CASE("questions and answers about a project are part of everybody's history") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"pm"}}, {"stranger", {"pm"}, {"Q"}}});
  const std::string question = lab.send(0,
      "kind = question\nrecipient = user:wang\n[project]\nid = P\nclient = C\n"
      "[question]\ncategory = context\ntext = 图 12 是什么？\noption.1 = 通气塞\noption.2 = 呼吸器\n");
  lab.settle();
  lab.send(1, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + question +
                  "\n[reply]\ndecision = answered\ntext = 通气塞\noption = 1\nfinal = yes\n");
  lab.settle();
  for (const std::size_t agent : {0, 1}) {
    const Json items = lab.ask(agent, "records.list", {{"kind", "item"}})["records"];
    REQUIRE(items.size() == 2);
    CHECK(items[0]["slice"] == "C/P/threads");
    CHECK(items[0]["fields"]["item_text"] == "图 12 是什么？");
    CHECK(items[1]["fields"]["thread"] == items[0]["fields"]["thread"]);
    CHECK(items[1]["fields"]["is_final"] == "yes");
  }
  CHECK(lab.ask(2, "records.list", {{"kind", "item"}})["records"].empty());
  // Who is not of the project puts nothing into its history.
  lab.send(2, "kind = question\nrecipient = user:wang\n[project]\nid = P\nclient = C\n"
              "[question]\ncategory = context\ntext = spam\n");
  lab.settle();
  for (const std::size_t agent : {0, 1, 2}) {
    const Json items =
        lab.ask(agent, "records.list", {{"kind", "item"}, {"slice", "C"}})["records"];
    CHECK(items.size() == (agent == 2 ? 0 : 2));
  }
  CHECK(lab.ask(0, "records.list", {{"kind", "item"}})["records"].size() == 2);
}

TEST_CASE("a challenge marks the unit as disputed") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"final_reviewer"}}});
  const std::string id = lab.unit(1, "Fuse", "保险丝", {{"status", "final"}});
  lab.settle();
  lab.send(0, "kind = challenge\nrecipient = user:wang\n[project]\nid = P\nclient = C\n"
              "[challenge]\nsubject = revision\nref = " + id + "\nreason = 客户用“熔断器”\n");
  lab.settle();
  CHECK(lab.record(0, id)["fields"]["status"] == "disputed");
  check_same(lab);
}

TEST_CASE("states of units are data states for the rules, and what no row asks for is not stored") {
  Lab lab(
      {{"li.wei", {"translator"}}, {"wang", {"reviser"}}, {"pm", {"pm"}}}, 1,
      "[data-state reviewed-unit]\nwhen.kind = unit\nwhen.state = changed translated -> reviewed\n"
      "do.1 = notify recipient=role:pm text=\"${unit.source}\"\n");
  const std::string id = lab.unit(0, "Fuse", "保险丝");
  lab.settle();
  CHECK(lab.inbox(2, "receipt").empty());
  lab.edit(1, id, {{"status", "reviewed"}});
  lab.settle();
  REQUIRE(lab.inbox(2, "receipt").size() == 1);
  CHECK(lab.inbox(2, "receipt")[0].find("Fuse") != std::string::npos);
  const Json tasks = lab.operate("tasks.list", {{"limit", 100}});
  int states = 0;
  for (const Json& one : tasks["tasks"]) states += one["kind"] == "unit" ? 1 : 0;
  CHECK(states == 1);
}

TEST_CASE("a final reply with terms is the termbase's, and who wrote otherwise is told") {
  Lab lab({{"li.wei", {"translator"}}, {"zhang", {"terminologist"}}}, 1,
          "[data-state final]\nwhen.kind = reply\nwhen.reply.final = yes\n"
          "when.terms.term.1 = exists\ndo.1 = upsert_terms\ndo.2 = find_affected\n");
  lab.unit(0, "Remove the breather plug.", "取下呼吸器。");
  lab.unit(0, "Clean the breather plug.", "清洁通气塞。");
  lab.settle();
  const auto reply = [&](std::size_t who, const std::string& target) {
    lab.send(who, "kind = reply\nrecipient = user:" + std::string(who == 0 ? "zhang" : "li.wei") +
                      "\n[project]\nid = P\nclient = C\n"
                      "[reply]\ndecision = answered\nfinal = yes\ntext = 见术语\n[terms]\nterm.1 = "
                      "breather plug | " + target + "\nterm.1.status = preferred\n"
                      "term.2 = breather plug | 呼吸器\nterm.2.status = forbidden\n");
    lab.settle();
  };
  reply(1, "通气塞");
  const auto status_of = [&](const std::string& text) {
    const Json terms = lab.ask(0, "records.search", {{"kind", "term"}, {"text", text}})["records"];
    return terms.size() == 1 ? terms[0]["fields"]["status"].get<std::string>() : "";
  };
  CHECK(status_of("通气塞") == "preferred");
  CHECK(status_of("呼吸器") == "forbidden");
  const auto told = lab.inbox(0, "guidance");
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("取下呼吸器") != std::string::npos);
  CHECK(told[0].find("清洁通气塞") == std::string::npos);
  // A translator's word is a proposal, and takes no decision back.
  reply(0, "透气塞");
  CHECK(status_of("透气塞") == "proposed");
  CHECK(status_of("呼吸器") == "forbidden");
  check_same(lab);
}

TEST_CASE("the terms of a reply are in the languages of what it answers") {
  Lab lab({{"li.wei", {"translator"}}, {"zhang", {"terminologist"}}}, 1,
          "[data-state final]\nwhen.kind = reply\nwhen.terms.term.1 = exists\n"
          "do.1 = upsert_terms\n");
  const std::string id = lab.send(
      0, "kind = question\nrecipient = user:zhang\n[project]\nid = P\nclient = C\n[job]\nid = J\n"
         "source_lang = en-US\ntarget_lang = zh-CN\n[question]\ncategory = terminology\n"
         "text = 哪个？\n");
  lab.settle();
  lab.send(1, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + id +
                  "\n[project]\nid = P\nclient = C\n[reply]\ndecision = answered\ntext = 见术语\n"
                  "[terms]\nterm.1 = breather plug | 通气塞\nterm.1.status = preferred\n");
  lab.settle();
  const Json terms = lab.ask(0, "records.search", {{"kind", "term"}, {"text", "通气塞"}})["records"];
  REQUIRE(terms.size() == 1);
  CHECK(terms[0]["fields"]["lang"] == "zh-CN");
}

TEST_CASE("a list goes on where it ended, over slices and deleted rows, page by page") {
  Lab lab(kTwo);
  const std::vector<std::string> slices = {"C/P/en-US/zh-CN", "C/P/en-US/de-DE"};
  std::set<std::string> expected;
  for (int i = 0; i < 14; ++i) {  // the rows of two slices lie mixed
    const Json fields = {{"src_lang", "en-US"}, {"tgt_lang", "zh-CN"},
                         {"source", "Line " + std::to_string(i)}, {"target", "行"}};
    const Json answer = lab.ask(0, "records.set", {{"kind", "unit"}, {"slice", slices[i % 2]},
                                                   {"fields", fields}});
    if (i % 3 == 0) {
      lab.remove(0, answer["id"]);
    } else {
      expected.insert(answer["id"].get<std::string>());
    }
  }
  for (const int limit : {1, 2, 3, 100}) {
    std::multiset<std::string> seen;
    std::string from;
    for (int pages = 0; pages == 0 || !from.empty(); ++pages) {
      REQUIRE(pages < 50);
      const Json page = lab.ask(0, "records.list", {{"kind", "unit"}, {"slice", "C/P"},
                                                    {"limit", limit}, {"from", from}});
      const Json records = page["records"];
      CHECK(records.size() <= static_cast<std::size_t>(limit));
      for (const Json& one : records) seen.insert(one["id"].get<std::string>());
      from = page["next"].get<std::string>();
    }
    CHECK(seen == std::multiset<std::string>(expected.begin(), expected.end()));
  }
}

TEST_CASE("a server that forgot what was never fetched leaves nobody asking for ever") {
  Lab lab(kTwo);
  lab.unit(0, "Pump", "泵");
  lab.settle();
  const std::string backup = lab.copy_broker();
  lab.online(1, false);
  lab.unit(0, "Motor", "电机");
  lab.settle();
  lab.put_back_agent(0, "");  // and the only other copy is gone as well
  lab.all_online(false);
  lab.put_back_broker(backup);
  lab.all_online(true);
  lab.settle();  // fails if it does not come to rest
  check_same(lab);
}
