#include <catch2/catch.hpp>
#include <future>
#include <set>
#include <string>

#include "store/db.h"
#include "tests/store/checks.h"
#include "tests/store/mariadb_fixture.h"

#define STORE_FIXTURES Mariadb
#include "tests/store/db_contract.h"

namespace yizhan::store {
namespace {

std::int64_t connection_id(Db& db) {
  Statement& select = *take(db.prepare("SELECT CONNECTION_ID()"));
  REQUIRE(take(select.first()));
  const std::int64_t id = select.column_int(0);
  select.reset();
  return id;
}

TEST_CASE("a session is strict, reads committed rows, and speaks utf8mb4") {
  Mariadb mariadb;
  const auto db = take(mariadb.open());
  Statement& select = *take(db->prepare(
      "SELECT @@sql_mode, @@tx_isolation, @@character_set_client, @@collation_connection"));
  REQUIRE(take(select.first()));
  CHECK_THAT(std::string(select.column_text(0)), Catch::Contains("STRICT_ALL_TABLES"));
  CHECK(select.column_text(1) == "READ-COMMITTED");
  CHECK(select.column_text(2) == "utf8mb4");
  CHECK(select.column_text(3) == "utf8mb4_bin");
  select.reset();
}

TEST_CASE("a server that does not flush at commit is refused, by the setting's name") {
  Mariadb mariadb;
  const auto db = take(mariadb.open());
  take(db->execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2"));
  const auto refused = mariadb.open();
  take(db->execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1"));
  CHECK(outcome(refused) == "invalid");
  CHECK_THAT(refused.error().message, Catch::Contains("innodb_flush_log_at_trx_commit"));
  CHECK(outcome(mariadb.open()) == "ok");
}

TEST_CASE("a lost connection is reported on every call until the database is reopened") {
  ThingDb<Mariadb> t;
  const auto other = take(t.open());
  take(t.db->begin());
  take(t.insert("gone"));
  take(other->execute("KILL " + std::to_string(connection_id(*t.db))));
  CHECK(outcome(t.insert("after")) == "unavailable");
  CHECK(outcome(t.db->commit()) == "unavailable");
  CHECK(outcome(t.db->begin()) == "unavailable");
  CHECK(outcome(t.db->prepare("SELECT 17")) == "unavailable");
  t.db = take(t.open());
  CHECK(t.count() == 0);
}

TEST_CASE("what was committed survives the server's death, the rest does not") {
  ThingDb<Mariadb> t;
  take(t.db->begin());
  take(t.insert("kept"));
  take(t.db->commit());
  take(t.db->begin());
  take(t.insert("lost"));
  Mariadb::server().kill();
  CHECK(outcome(t.db->commit()) == "unavailable");
  CHECK(outcome(t.open()) == "unavailable");
  Mariadb::server().start();
  t.db = take(t.open());
  CHECK(t.count() == 1);
}

TEST_CASE("a lock that does not come in time fails the statement, and the next transaction works") {
  ThingDb<Mariadb> t;
  take(t.insert("a"));
  take(t.insert("b"));
  const auto other = take(t.open());
  take(other->execute("SET SESSION innodb_lock_wait_timeout = 1"));
  take(t.db->begin());
  take(other->begin());
  take(t.prepare("UPDATE thing SET number = 1 WHERE name = ?").run("a"));
  Statement& theirs = *take(other->prepare("UPDATE thing SET number = 2 WHERE name = ?"));
  CHECK(outcome(theirs.run("a")) == "unavailable");  // waits for the lock, in vain
  other->rollback();
  take(t.db->commit());
  take(other->begin());
  take(theirs.run("a"));
  take(other->commit());
}

TEST_CASE("of two transactions that wait for each other one is undone, and the other goes on") {
  ThingDb<Mariadb> t;
  take(t.insert("a"));
  take(t.insert("b"));
  const auto other = take(t.open());
  constexpr const char* kUpdate = "UPDATE thing SET number = number + 1 WHERE name = ?";
  Statement& ours = t.prepare(kUpdate);
  Statement& theirs = *take(other->prepare(kUpdate));
  take(t.db->begin());
  take(other->begin());
  take(ours.run("a"));
  take(theirs.run("b"));
  // Each wants what the other holds, so that whoever asks second closes the circle.
  auto waiting = std::async(std::launch::async, [&] { return outcome(theirs.run("a")); });
  const std::string our_outcome = outcome(ours.run("b"));
  if (our_outcome != "ok") t.db->rollback();
  const std::string their_outcome = waiting.get();
  if (their_outcome != "ok") other->rollback();
  CHECK(std::set<std::string>{our_outcome, their_outcome} ==
        std::set<std::string>{"ok", "unavailable"});
  Db& survivor = our_outcome == "ok" ? *t.db : *other;
  Db& victim = our_outcome == "ok" ? *other : *t.db;
  take(survivor.commit());
  take(victim.begin());
  take((&victim == t.db.get() ? ours : theirs).run("a"));
  take(victim.commit());
  Statement& sum = t.prepare("SELECT CAST(SUM(number) AS SIGNED) FROM thing");
  REQUIRE(take(sum.first()));
  CHECK(sum.column_int(0) == 3);  // both updates of the survivor, the repeated one of the other
  sum.reset();
}

TEST_CASE("access that the server denies is denied") {
  Mariadb mariadb;
  std::string url = mariadb.url;
  url.replace(url.find("root:"), 5, "nobody:geheim");
  const auto opened = open_url(url);
  CHECK(outcome(opened) == "denied");
  CHECK_THAT(opened.error().message, !Catch::Contains("geheim"));
}

}  // namespace
}  // namespace yizhan::store
