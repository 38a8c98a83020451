#pragma once
// What history data must do on every server database. Included by server_store_contract.h.

#include <string>

#include "store/history_store.h"
#include "store/sync_server_store.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"
#include "wire/limits.h"

namespace yizhan::store {

inline StoredRecord stored_unit(SliceId slice, const std::string& source,
                                const std::string& target, std::uint64_t seq) {
  StoredRecord stored;
  stored.record = wire::make_record(wire::UNIT);
  wire::set_value(&stored.record, wire::unit::kSourceLang, "en-US");
  wire::set_value(&stored.record, wire::unit::kTargetLang, "zh-CN");
  wire::set_value(&stored.record, wire::unit::kSource, source);
  wire::set_value(&stored.record, wire::unit::kTarget, target);
  wire::set_record_id(&stored.record, "C/P");
  stored.record.set_rev(1);
  stored.record.set_seq(seq);
  stored.record.set_rank(10);
  stored.slice = slice;
  return stored;
}

TEMPLATE_TEST_CASE("a record comes back as it was, emoji and case and full width too", "[history]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  HistoryStore store(*t.db);
  SyncServerStore sync(*t.db);
  const SliceId slice = take(sync.insert_slice("C/P", 1));
  StoredRecord unit = stored_unit(slice, "Résumé Ａ①𠀀😀", "简历\n第二行\t", 7);
  unit.record.add_values("of a newer version");
  take(store.insert(unit));
  CHECK(outcome(store.insert(unit)) == "conflict");
  const auto found = take(store.find(wire::UNIT, unit.record.id()));
  REQUIRE(found.has_value());
  CHECK_FALSE(found->damaged);
  CHECK(found->record.SerializeAsString() == unit.record.SerializeAsString());
  CHECK(found->slice == slice);
  StoredRecord next = *found;
  wire::set_value(&next.record, wire::unit::kTarget, "履历");
  next.record.set_deleted(true);
  next.record.set_rev(2);
  take(store.update(next));
  CHECK(take(store.find(wire::UNIT, unit.record.id()))->record.SerializeAsString() ==
        next.record.SerializeAsString());
  CHECK(take(store.count(wire::UNIT, slice)) == 0);
  // Sources that differ by case or accent only are different units.
  take(store.insert(stored_unit(slice, "Resume", "简历", 8)));
  take(store.insert(stored_unit(slice, "resume", "继续", 9)));
  CHECK(take(store.count(wire::UNIT, slice)) == 2);
  take(t.db->execute("UPDATE unit SET target = 'x' WHERE seq = 9"));
  CHECK(take(store.find(wire::UNIT, stored_unit(slice, "resume", "", 9).record.id()))->damaged);
}

TEMPLATE_TEST_CASE("pages go by sequence over all kinds and leave out the writer's own words",
                   "[history]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  HistoryStore store(*t.db);
  SyncServerStore sync(*t.db);
  const SliceId slice = take(sync.insert_slice("C/P", 1));
  const SliceId other = take(sync.insert_slice("C/Q", 1));
  const int units = static_cast<int>(wire::kPageRecords) + 5;
  for (int i = 1; i <= units; ++i) {
    StoredRecord unit = stored_unit(slice, "source " + std::to_string(i), "t",
                                    static_cast<std::uint64_t>(2 * i));
    unit.writer = i % 2;
    take(store.insert(unit));
  }
  take(store.insert(stored_unit(other, "secret", "t", 3)));
  wire::Revision revision;
  revision.set_record(stored_unit(slice, "source 1", "", 0).record.id());
  revision.set_kind(wire::UNIT);
  revision.set_rev(1);
  revision.set_seq(5);
  revision.set_outcome(wire::SUPERSEDED);
  revision.set_user("li.wei");
  revision.set_code("code");
  revision.add_values("kept");
  take(store.add_revision(slice, revision, wire::bit(wire::FieldGroup::kText)));
  std::uint64_t after = 0;
  std::size_t records = 0;
  std::size_t revisions = 0;
  for (int pages = 0;; ++pages) {
    REQUIRE(pages < 10);
    const auto page = take(store.page(slice, after, 1));
    for (const wire::Record& record : page.records) {
      CHECK(record.seq() > after);
      CHECK(record.seq() % 4 == 0);  // not those that writer 1 wrote
    }
    records += page.records.size();
    revisions += page.revisions.size();
    after = page.to;
    if (page.complete) break;
  }
  CHECK(records == static_cast<std::size_t>(units / 2));
  CHECK(revisions == 1);
  CHECK(take(store.page(slice, 0, 0)).records.size() == wire::kPageRecords);
  CHECK(take(store.revisions(revision.record())).size() == 1);
  CHECK(take(store.groups_since(revision.record(), 0, "another")) == 0);  // it lost
  take(store.keep_revision(slice, revision));
  CHECK(take(store.revisions(revision.record())).size() == 1);
}

TEMPLATE_TEST_CASE("numbers, pushes, rights and epochs survive a restart", "[history]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const auto epoch = [](char c) { return *EpochId::from(std::string(16, c)); };
  {
    SyncServerStore sync(*t.db);
    take(sync.begin_epoch(epoch('a'), 1));
    CHECK(take(sync.take_numbers(3)) == 1);
    CHECK(take(sync.take_numbers(1)) == 4);
    const PushId push = *PushId::from(std::string(16, 'p'));
    CHECK_FALSE(take(sync.is_known(push)));
    take(sync.remember(push, 1));
    take(sync.set_right({"C/P", "user:li.wei", Access::kWrite}));
    take(sync.set_right({"C/P", "user:li.wei", Access::kRead}));
    take(sync.set_right({"C", "role:pm", Access::kWrite}));
    take(sync.set_right({"C", "role:pm", Access::kNone}));
  }
  t.restart();
  SyncServerStore sync(*t.db);
  CHECK(take(sync.is_known(*PushId::from(std::string(16, 'p')))));
  const auto rights = take(sync.rights());
  REQUIRE(rights.size() == 1);
  CHECK(rights[0].access == Access::kRead);
  CHECK(take(sync.agreed(std::string(16, 'a'), 4)) == 4);
  CHECK(take(sync.agreed(std::string(16, 'z'), 4)) == 0);  // an epoch that this server never had
  take(sync.begin_epoch(epoch('b'), 2));
  CHECK(take(sync.agreed(std::string(16, 'a'), 9)) == 4);  // seen in 'a' above where 'b' began
  CHECK(take(sync.agreed("", 0)) == 0);
}

TEMPLATE_TEST_CASE("rows with older keys are found in bites, once", "[history]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  HistoryStore store(*t.db);
  const SliceId slice = take(SyncServerStore(*t.db).insert_slice("C/P", 1));
  for (std::uint64_t i = 1; i <= 5; ++i) {
    take(store.insert(stored_unit(slice, "Source " + std::to_string(i), "x", i)));
  }
  take(t.db->execute("UPDATE unit SET key_version = 1 WHERE seq = 2 OR seq = 5"));
  for (const std::size_t expected : {std::size_t{2}, std::size_t{0}}) {
    std::int64_t from = 0;
    std::size_t found = 0;
    for (bool end = false; !end;) {
      found += take(store.take_old_keys(wire::UNIT, &from, 2, &end)).size();
    }
    CHECK(found == expected);
  }
}

TEMPLATE_TEST_CASE("old deletions are purged in order, a few at a time, and revisions stay",
                   "[history]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  HistoryStore store(*t.db);
  SyncServerStore sync(*t.db);
  const SliceId slice = take(sync.insert_slice("C/P", 1));
  std::string id;
  for (std::uint64_t i = 1; i <= 6; ++i) {
    StoredRecord unit = stored_unit(slice, "Source " + std::to_string(i), "x", i);
    unit.record.set_deleted(i % 2 == 0);
    take(store.insert(unit));
    if (i == 2) id = unit.record.id();
  }
  wire::Revision revision;
  revision.set_record(id);
  revision.set_kind(wire::UNIT);
  revision.set_rev(7);
  revision.set_seq(2);
  revision.set_outcome(wire::APPLIED);
  take(store.add_revision(slice, revision, 1));
  auto purged = take(store.purge_deleted(wire::UNIT, slice, 0, 5, 1));
  CHECK(purged.rows == 1);
  CHECK(purged.to == 2);
  purged = take(store.purge_deleted(wire::UNIT, slice, 0, 5, 10));
  CHECK(purged.rows == 1);
  CHECK(purged.to == 4);
  CHECK(take(store.purge_deleted(wire::UNIT, slice, 0, 5, 10)).rows == 0);
  CHECK_FALSE(take(store.find(wire::UNIT, id)).has_value());
  CHECK(take(store.revisions(id)).size() == 1);
  CHECK(take(store.last_revision(id)) == 7);
  CHECK(take(store.last_revision(stored_unit(slice, "Source 1", "x", 1).record.id())) == 0);
  // Its past under another id, with new numbers.
  const std::string other = stored_unit(slice, "Other", "x", 9).record.id();
  CHECK(take(store.copy_revisions(slice, id, other, 20, true)) == 1);
  CHECK(take(store.revisions(other))[0].seq() == 20);
  CHECK(take(store.groups_since(other, 6, "nobody")) == 1);
  CHECK(take(store.groups_since(other, 7, "nobody")) == 0);
  take(sync.set_purged(slice, 4));
  take(sync.set_purged(slice, 6));
  CHECK(take(sync.slices())[0].purged == 6);
}

TEMPLATE_TEST_CASE("the age of numbers is noted, and what was purged", "[history]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  SyncServerStore sync(*t.db);
  CHECK(take(sync.last_day()).at_us == 0);
  CHECK(take(sync.number_before(1000)) == 0);
  take(sync.note_day({10, 1000}));
  take(sync.note_day({20, 2000}));
  CHECK(take(sync.last_day()).seq == 20);
  CHECK(take(sync.number_before(999)) == 0);
  CHECK(take(sync.number_before(1999)) == 10);
  CHECK(take(sync.number_before(2000)) == 20);
  take(sync.forget_days(20));
  CHECK(take(sync.number_before(1999)) == 0);
  take(sync.set_purged(15));
  SyncServerStore again(*t.db);
  take(again.last_number());
  CHECK(again.purged() == 15);
  CHECK(take(sync.mark("keys")) == 0);
  take(sync.set_mark("keys", 1));
  take(sync.set_mark("keys", 2));
  CHECK(take(sync.mark("keys")) == 2);
}

TEMPLATE_TEST_CASE("answers are held until their question comes, or they are old", "[history]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  SyncServerStore sync(*t.db);
  const std::string question(16, 'q');
  take(sync.hold({std::string(16, 'a'), 3, "envelope\0", "body"}, question, 100));
  take(sync.hold({std::string(16, 'b'), 4, "", ""}, question, 200));
  CHECK(take(sync.held()) == 2);
  const auto held = take(sync.held_for(question));
  REQUIRE(held.size() == 2);
  CHECK(held[0].id == std::string(16, 'a'));
  CHECK(held[0].client == 3);
  CHECK(held[0].body == "body");
  CHECK(take(sync.held_for(std::string(16, 'x'))).empty());
  CHECK(take(sync.held_before(200, 10)).size() == 1);
  CHECK(take(sync.is_held(held[0].id)));
  take(sync.release(held[0].id));
  CHECK_FALSE(take(sync.is_held(held[0].id)));
  CHECK(take(sync.held()) == 1);
}

}  // namespace yizhan::store
