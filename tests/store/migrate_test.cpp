#include "store/migrate.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "store/client_store.h"
#include "store/db.h"
#include "store/server_store.h"
#include "tests/store/checks.h"

namespace yizhan::store {
namespace {

const MigrationStep kOne = {"CREATE TABLE a (x INTEGER)"};
const MigrationStep kTwo = {"ALTER TABLE a ADD COLUMN y INTEGER", "UPDATE a SET y = x"};

std::int64_t number(Db& db, const std::string& sql) {
  Statement& select = *take(db.prepare(sql));
  REQUIRE(take(select.first()));
  const std::int64_t value = select.column_int(0);
  select.reset();
  return value;
}

TEST_CASE("steps are taken once, in order, and later ones keep the rows") {
  const auto db = take(open_sqlite(":memory:"));
  take(migrate(*db, "test", {kOne}));
  take(db->execute("INSERT INTO a (x) VALUES (7)"));
  take(migrate(*db, "test", {kOne, kTwo}));
  take(migrate(*db, "test", {kOne, kTwo}));
  CHECK(number(*db, "SELECT y FROM a") == 7);
  CHECK(number(*db, "SELECT version FROM schema_version") == 2);
}

TEST_CASE("a step that fails leaves the version and the tables before it") {
  const auto db = take(open_sqlite(":memory:"));
  take(migrate(*db, "test", {kOne}));
  const Status failed = migrate(*db, "test", {kOne, {"CREATE TABLE b (x INTEGER)", "NONSENSE"}});
  CHECK(outcome(failed) == "invalid");
  CHECK_THAT(failed.error().message, Catch::Contains("version 2"));
  CHECK(number(*db, "SELECT version FROM schema_version") == 1);
  CHECK(number(*db, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'b'") == 0);
}

TEST_CASE("a newer database is refused, and both versions are named") {
  const auto db = take(open_sqlite(":memory:"));
  take(migrate(*db, "test", {kOne, kTwo}));
  const Status refused = migrate(*db, "test", {kOne});
  CHECK(outcome(refused) == "corrupt");
  CHECK_THAT(refused.error().message, Catch::Contains("version 2") && Catch::Contains("up to 1"));
}

TEST_CASE("an agent does not open a broker's database, nor a broker an agent's") {
  const auto server = take(open_sqlite(":memory:"));
  take(ServerStore::open(*server));
  CHECK(outcome(ClientStore::open(*server)) == "corrupt");
  const auto client = take(open_sqlite(":memory:"));
  take(ClientStore::open(*client));
  CHECK(outcome(ServerStore::open(*client)) == "corrupt");
}

TEST_CASE("the epoch is made once") {
  const auto db = take(open_sqlite(":memory:"));
  take(migrate(*db, "test", {kOne}));
  const std::uint64_t epoch = take(load_epoch(*db));
  CHECK(epoch != 0);
  CHECK(take(load_epoch(*db)) == epoch);
}

}  // namespace
}  // namespace yizhan::store
