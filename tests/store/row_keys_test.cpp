#include "store/row_keys.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/client_schema.h"
#include "store/client_store.h"
#include "store/db.h"
#include "store/history_store.h"
#include "store/migrate.h"
#include "tests/store/checks.h"
#include "tests/store/sqlite_fixture.h"

namespace yizhan::store {
namespace {

/// The records of a client database, which forgets what it held in memory when it is restarted.
struct Client {
  Client() : db(take(open_sqlite(":memory:"))) {
    take(ClientStore::open(*db));
    restart();
  }
  void restart() { store.emplace(*db, HistoryStore::Ids::kRowKeys); }
  std::int64_t number(const std::string& sql) {
    Statement& select = *take(db->prepare(sql));
    REQUIRE(take(select.first()));
    const std::int64_t value = select.column_int(0);
    select.reset();
    return value;
  }
  std::string target_of(const std::string& source);

  std::unique_ptr<Db> db;
  std::optional<HistoryStore> store;
};

wire::Record unit(const std::string& source, const std::string& target = "t") {
  wire::Record record = wire::make_record(wire::UNIT);
  wire::set_value(&record, wire::unit::kSource, source);
  wire::set_value(&record, wire::unit::kTarget, target);
  wire::set_record_id(&record, "C/P");
  return record;
}

std::string Client::target_of(const std::string& source) {
  const auto found = take(store->find(wire::UNIT, unit(source).id()));
  return found ? wire::value(found->record, wire::unit::kTarget) : "none";
}

TEST_CASE("a record is found by its id before and after the ids are on disk") {
  Client client;
  CHECK(client.target_of("a") == "none");
  take(client.store->insert(unit("a", "1"), 1, 0, 0));
  CHECK(outcome(client.store->insert(unit("a", "2"), 1, 0, 0)) == "conflict");
  CHECK(client.target_of("a") == "1");
  CHECK(client.target_of("b") == "none");
  client.restart();
  CHECK(client.target_of("a") == "1");
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == 0);
  take(client.store->store_keys());
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == 1);
  CHECK(client.target_of("a") == "1");
  CHECK(outcome(client.store->insert(unit("a", "2"), 1, 0, 0)) == "conflict");
  client.restart();
  CHECK(client.target_of("a") == "1");
  take(client.store->insert(unit("b", "2"), 1, 0, 0));
  CHECK(client.target_of("b") == "2");
  client.restart();
  CHECK(client.target_of("b") == "2");
  take(client.store->store_keys());
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == 2);
}

TEST_CASE("a record is changed, settled and removed wherever its id is") {
  const bool on_disk = GENERATE(false, true);
  Client client;
  take(client.store->insert(unit("a"), 1, 0, 2));
  if (on_disk) take(client.store->store_keys());
  StoredRecord stored = take(client.store->find(wire::UNIT, unit("a").id())).value();
  wire::set_value(&stored.record, wire::unit::kTarget, "changed");
  take(client.store->update(stored));
  CHECK(client.target_of("a") == "changed");
  take(client.store->settle(wire::UNIT, unit("a").id(), 3, 4, 10, true));
  const auto settled = take(client.store->find(wire::UNIT, unit("a").id())).value();
  CHECK(settled.record.rev() == 3);
  CHECK(settled.pending == 1);
  take(client.store->remove(wire::UNIT, unit("a").id()));
  take(client.store->remove(wire::UNIT, unit("a").id()));
  CHECK(client.target_of("a") == "none");
  client.restart();
  CHECK(client.target_of("a") == "none");
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == 0);
  take(client.store->update(stored));  // nothing is there to be changed
  CHECK(client.target_of("a") == "none");
}

TEST_CASE("a row that gets the number of one that went is found after a restart too") {
  Client client;
  take(client.store->insert(unit("a"), 1, 0, 0));
  take(client.store->insert(unit("b"), 1, 0, 0));
  take(client.store->store_keys());
  CHECK(take(client.store->purge_slice(1, 1)) == 1);
  CHECK(take(client.store->purge_slice(1, 100)) == 1);
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == 0);
  CHECK(take(client.store->insert(unit("c", "3"), 1, 0, 0)) == 1);
  CHECK(client.target_of("c") == "3");
  client.restart();
  CHECK(client.target_of("c") == "3");
  CHECK(client.target_of("a") == "none");
  CHECK(client.target_of("b") == "none");
}

TEST_CASE("ids go to disk when as many are in memory as may be") {
  Client client;
  RowKeys keys(*client.db);
  constexpr auto kAll = static_cast<std::int64_t>(kMaxFreshKeys);
  const auto id = [](std::int64_t number) {
    const std::uint64_t spread = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15U;
    std::string bytes(wire::RecordId::kSize, 'i');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(spread >> (8 * i));
    return bytes;
  };
  take(client.db->begin());
  for (std::int64_t i = 1; i < kAll; ++i) take(keys.add(wire::UNIT, id(i), i));
  CHECK(keys.fresh() == kMaxFreshKeys - 1);
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == 0);
  take(keys.add(wire::UNIT, id(kAll), kAll));
  CHECK(keys.fresh() == 0);
  CHECK(client.number("SELECT COUNT(*) FROM unit_key") == kAll);
  CHECK(client.number("SELECT n FROM key_mark WHERE kind = 1") == kAll);
  CHECK(take(keys.find(wire::UNIT, id(1))).value() == 1);
  CHECK(take(keys.find(wire::UNIT, id(kAll))).value() == kAll);
  CHECK_FALSE(take(keys.find(wire::TERM, id(1))).has_value());
  CHECK_FALSE(take(keys.find(wire::UNIT, "short")).has_value());
  take(client.db->commit());
}

TEST_CASE("a client database with the former index of ids keeps its records") {
  const auto db = take(open_sqlite(":memory:"));
  std::vector<MigrationStep> steps = client_schema(db->dialect());
  const MigrationStep last = steps.back();
  steps.pop_back();
  take(migrate(*db, "client", steps));
  {
    HistoryStore before(*db);
    for (int i = 0; i < 100; ++i) {
      take(before.insert(unit("u" + std::to_string(i)), 1, 0, i % 2));
    }
    wire::Record term = wire::make_record(wire::TERM);
    wire::set_value(&term, wire::term::kText, "gear");
    wire::set_record_id(&term, "C/P");
    take(before.insert(term, 1, 0, 0));
  }
  steps.push_back(last);
  take(migrate(*db, "client", steps));
  HistoryStore after(*db, HistoryStore::Ids::kRowKeys);
  CHECK(take(after.count(wire::UNIT, 1)) == 100);
  CHECK(take(after.count(wire::TERM, 1)) == 1);
  for (int i = 0; i < 100; ++i) {
    const auto found = take(after.find(wire::UNIT, unit("u" + std::to_string(i)).id()));
    REQUIRE(found);
    CHECK_FALSE(found->damaged);
    CHECK(found->pending == i % 2);
  }
  CHECK(outcome(after.insert(unit("u7"), 1, 0, 0)) == "conflict");
  take(after.insert(unit("new"), 1, 0, 0));
  CHECK(take(after.find(wire::UNIT, unit("new").id())).has_value());
}

}  // namespace
}  // namespace yizhan::store
