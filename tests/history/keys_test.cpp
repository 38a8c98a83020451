// Case 14 of translation.md 6.1: how keys are compared has changed, and records move to their new
// ids in the background.

#include <catch2/catch.hpp>
#include <string>

#include "store/history_store.h"
#include "tests/history/story.h"
#include "wire/history.h"

using namespace yizhan;
using history_lab::check_same;
using history_lab::Json;
using history_lab::kTwo;
using history_lab::Lab;
using history_lab::Person;

namespace {

std::string bytes_of(const std::string& hex) {
  return std::string(wire::record_id_from_hex(hex)->view());
}

/// The record `id` as the first version of keys left it in a database, under languages as somebody
/// wrote them; its id there.
std::string make_old(store::Db& db, const std::string& id, const std::string& from,
                     const std::string& to) {
  store::HistoryStore records(db);
  REQUIRE(db.begin().ok());
  auto found = records.find(wire::UNIT, bytes_of(id));
  REQUIRE(found.ok());
  REQUIRE(found->has_value());
  store::StoredRecord row = **found;
  REQUIRE(records.remove(wire::UNIT, row.record.id()).ok());
  wire::set_value(&row.record, wire::unit::kSourceLang, from);
  wire::set_value(&row.record, wire::unit::kTargetLang, to);
  row.record.set_id(wire::record_id_of(row.record, Lab::kSlice, 1));
  REQUIRE(records.insert(row).ok());
  const std::string hex = wire::record_id_hex(row.record.id());
  REQUIRE(db.execute("UPDATE unit SET key_version = 1 WHERE id = X'" + hex + "'").ok());
  REQUIRE(db.execute("UPDATE revision SET record = X'" + hex + "' WHERE record = X'" + id + "'")
              .ok());
  REQUIRE(db.commit().ok());
  return hex;
}

/// The same in every database, and the server has to look at its keys again.
std::string make_old_everywhere(Lab& lab, const std::string& id) {
  std::string old_id;
  for (std::size_t i = 0; i < lab.size(); ++i) {
    old_id = make_old(lab.database(i), id, "EN_us", "zh-cn");
    lab.crash_agent(i);
  }
  make_old(lab.server_database(), id, "EN_us", "zh-cn");
  return old_id;
}

void start_new_version(Lab& lab) {
  lab.all_online(false);
  lab.settle();
  REQUIRE(lab.server_database().execute("DELETE FROM sync_mark").ok());
  lab.crash_broker();
}

}  // namespace

TEST_CASE("case 14: records move to the ids of new keys, everywhere, with their past") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Check the gear.", "检查齿轮。");
  const std::string same = lab.unit(0, "Open the cover.", "打开盖子。");
  lab.settle();
  const std::string old_id = make_old_everywhere(lab, id);
  REQUIRE(old_id != id);
  start_new_version(lab);
  check_same(lab);
  for (const std::size_t agent : {0, 1}) {
    CHECK(lab.target(agent, old_id) == "(deleted)");
    CHECK(lab.target(agent, id) == "检查齿轮。");
    CHECK(lab.target(agent, same) == "打开盖子。");
  }
  CHECK(lab.record(1, same)["rev"] == 1);  // its key is what it was
  // Who enters it again, as the languages are written today, means this one.
  CHECK(lab.unit(1, "Check the gear.", "请检查齿轮。") == id);
  check_same(lab);
  CHECK(lab.target(0, id) == "请检查齿轮。");
  CHECK(lab.inbox(0, "question").empty());
  CHECK(lab.operate("slices.list")["keys"]["version"] == wire::kKeyVersion);
}

TEST_CASE("case 14: what was edited off line before its record moved arrives, without a conflict") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Check the gear.", "检查齿轮。");
  lab.settle();
  const std::string old_id = make_old_everywhere(lab, id);
  lab.all_online(false);
  lab.edit(1, old_id, {{"target", "离线修改"}});
  start_new_version(lab);
  SECTION("the record has moved before") {
    lab.online(0, true);
    lab.settle();
  }
  SECTION("or moves because of it") {}
  lab.lose_percent = GENERATE(0, 20);
  lab.all_online(true);
  lab.settle();
  lab.lose_percent = 0;
  check_same(lab);
  CHECK(lab.target(0, id) == "离线修改");
  CHECK(lab.target(1, old_id) == "(deleted)");
  CHECK(lab.inbox(0, "question").empty());
  CHECK(lab.inbox(1, "question").empty());
  // Also a second edit under the old id, and a reply about it.
  lab.edit(1, old_id, {{"target", "再次修改"}});
  check_same(lab);
  CHECK(lab.target(0, id) == "再次修改");
}

TEST_CASE("case 14: two records that become one keep both texts, and whoever lost is asked") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Check the gear.", "检查齿轮。");
  lab.settle();
  const std::string old_id = make_old_everywhere(lab, id);
  lab.unit(1, "Check the gear.", "请查看齿轮。");
  lab.settle();
  start_new_version(lab);
  check_same(lab);
  std::set<std::string> texts = {lab.target(0, id)};
  const Json record = lab.record(0, id);
  for (const Json& one : record["revisions"]) texts.insert(one["fields"].value("target", ""));
  CHECK(texts == std::set<std::string>{"检查齿轮。", "请查看齿轮。"});
  CHECK(lab.target(1, old_id) == "(deleted)");
  CHECK(lab.inbox(0, "question").size() + lab.inbox(1, "question").size() == 1);
}

TEST_CASE(
    "case 14: an agent of an earlier version writes under its old ids, and nothing is doubled") {
  Lab lab(kTwo);
  lab.all_online(false);
  const std::string id = lab.unit(0, "Check the gear.", "检查齿轮。");
  // As an earlier version would have it in its tables and on its way.
  const std::string old_id = make_old(lab.database(0), id, "en_us", "zh-CN");
  store::Db& db = lab.database(0);
  store::Statement* select = *db.prepare("SELECT content FROM push");
  REQUIRE(*select->step());
  wire::SyncPush push;
  REQUIRE(push.ParseFromString(std::string(select->column_blob(0))));
  select->reset();
  push.mutable_changes(0)->mutable_record()->set_id(bytes_of(old_id));
  wire::set_value(push.mutable_changes(0)->mutable_record(), wire::unit::kSourceLang, "en_us");
  store::Statement* update = *db.prepare("UPDATE push SET content = ?");
  REQUIRE(update->run(store::Statement::Blob{push.SerializeAsString()}).ok());
  lab.crash_agent(0);
  check_same(lab);
  for (const std::size_t agent : {0, 1}) {
    CHECK(lab.target(agent, id) == "检查齿轮。");
    CHECK(lab.target(agent, old_id) == "(deleted)");
  }
}
