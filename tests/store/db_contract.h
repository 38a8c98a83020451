#pragma once
// What every Db must do. Included by one test file per driver, which first defines STORE_FIXTURES:
// the databases to run on (sqlite_fixture.h, mariadb_fixture.h).

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/dialect.h"
#include "tests/store/checks.h"

namespace yizhan::store {

/// A database with one table, thing.
template <class Fixture>
struct ThingDb : Fixture {
  ThingDb() : db(take(this->open())) {
    const std::vector<Table> tables = {{.name = "thing",
                                        .columns = "seq $serial, name $text UNIQUE, bytes $blob,"
                                                   " number $int, maybe $maybe_id"}};
    for (const std::string& sql : create_tables(db->dialect(), tables)) take(db->execute(sql));
  }

  Statement& prepare(std::string_view sql) { return *take(db->prepare(sql)); }

  Status insert(std::string_view name, std::string_view bytes = {}, std::int64_t number = 0) {
    return prepare("INSERT INTO thing (name, bytes, number) VALUES (?, ?, ?)")
        .run(name, Statement::Blob{bytes}, number);
  }

  std::int64_t count() {
    Statement& select = prepare("SELECT COUNT(*) FROM thing");
    REQUIRE(take(select.first()));
    const std::int64_t rows = select.column_int(0);
    select.reset();
    return rows;
  }

  std::unique_ptr<Db> db;
};

TEMPLATE_TEST_CASE("text comes back as it went in, whatever its script", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  const std::vector<std::string> texts = {"",
                                          "plain",
                                          "驿站 译站",
                                          "👩🏽‍🔬🇨🇳",
                                          "a ",
                                          "a",
                                          std::string("nul\0inside", 10),
                                          "'; DROP TABLE thing; --",
                                          "not \xff\xfe utf-8"};
  for (const std::string& text : texts) take(t.insert(text));
  Statement& select = t.prepare("SELECT name FROM thing WHERE name = ?");
  for (const std::string& text : texts) {
    INFO(text);
    REQUIRE(take(select.first(text)));
    CHECK(select.column_text(0) == text);
    CHECK_FALSE(take(select.step()));
  }
}

TEMPLATE_TEST_CASE("text is compared bytewise: case, accents and spaces count", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  for (const char* name : {"Resume", "resume", "résumé", "RÉSUMÉ", "resume "}) {
    CHECK(outcome(t.insert(name)) == "ok");
  }
  CHECK(t.count() == 5);
  CHECK(outcome(t.insert("résumé")) == "conflict");
}

TEMPLATE_TEST_CASE("blobs of any bytes and up to 256 KiB come back whole", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  for (const std::size_t size : {0U, 1U, 255U, 256U, 4096U, 65535U, 65536U, 262144U, 700000U}) {
    const std::string bytes = all_bytes(size);
    const std::string name = "blob" + std::to_string(size);
    take(t.insert(name, bytes));
    Statement& select = t.prepare("SELECT bytes FROM thing WHERE name = ?");
    REQUIRE(take(select.first(name)));
    CHECK((select.column_blob(0) == bytes));
    CHECK_FALSE(select.column_is_null(0));
    select.reset();
  }
}

TEMPLATE_TEST_CASE("integers keep all 64 bits and NULL reads as nothing", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  using Limits = std::numeric_limits<std::int64_t>;
  int at = 0;
  for (const std::int64_t number :
       {Limits::min(), std::int64_t{-1}, std::int64_t{0}, Limits::max()}) {
    take(t.insert(std::to_string(++at), "", number));
    Statement& select = t.prepare("SELECT number, maybe FROM thing WHERE number = ?");
    REQUIRE(take(select.first(number)));
    CHECK(select.column_int(0) == number);
    CHECK(select.column_is_null(1));
    CHECK(select.column_blob(1).empty());
    CHECK(select.column_int(1) == 0);
    select.reset();
  }
  take(t.prepare("UPDATE thing SET maybe = ?").run(Statement::Blob{std::string(16, '\0')}));
  take(t.prepare("UPDATE thing SET maybe = ? WHERE number = 0").run(nullptr));
  Statement& select = t.prepare("SELECT COUNT(*) FROM thing WHERE maybe IS NULL");
  REQUIRE(take(select.first()));
  CHECK(select.column_int(0) == 1);
  select.reset();
}

TEMPLATE_TEST_CASE("a repeated unique key is a conflict and leaves the transaction usable", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  Transaction transaction = take(Transaction::open(*t.db));
  take(t.insert("one"));
  CHECK(outcome(t.insert("one")) == "conflict");
  take(t.insert("two"));
  take(transaction.commit());
  CHECK(t.count() == 2);
}

TEMPLATE_TEST_CASE("a transaction that is not committed leaves nothing", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  take(t.insert("before"));
  {
    Transaction transaction = take(Transaction::open(*t.db));
    take(t.insert("inside"));
    CHECK(t.count() == 2);
  }
  CHECK(t.count() == 1);
  take(t.insert("after"));
  CHECK(t.count() == 2);
}

TEMPLATE_TEST_CASE("the end of a transaction ends reading that was left open", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  for (const char* name : {"a", "b", "c"}) take(t.insert(name));
  Statement& select = t.prepare("SELECT name FROM thing ORDER BY name");
  {
    Transaction transaction = take(Transaction::open(*t.db));
    REQUIRE(take(select.first()));
    take(transaction.commit());
  }
  Transaction transaction = take(Transaction::open(*t.db));
  take(t.insert("d"));
  take(transaction.commit());
  REQUIRE(take(t.prepare("SELECT name FROM thing ORDER BY name").first()));
  CHECK(select.column_text(0) == "a");
  select.reset();
}

TEMPLATE_TEST_CASE("changes counts the rows that matched, keys grow", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  take(t.insert("a"));
  const std::int64_t first = t.db->last_insert_id();
  take(t.insert("b"));
  CHECK(t.db->last_insert_id() > first);
  take(t.prepare("UPDATE thing SET number = ?").run(0));  // to the value that it has
  CHECK(t.db->changes() == 2);
  take(t.prepare("UPDATE thing SET number = ? WHERE name = ?").run(1, "nobody"));
  CHECK(t.db->changes() == 0);
  take(t.prepare("DELETE FROM thing WHERE name = ?").run("a"));
  CHECK(t.db->changes() == 1);
}

TEMPLATE_TEST_CASE("rows come in order, one at a time, and reading can be ended early", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  for (const char* name : {"c", "a", "b"}) take(t.insert(name));
  Statement& select = t.prepare("SELECT name FROM thing WHERE number >= ? ORDER BY name");
  REQUIRE(take(select.first(0)));
  CHECK(select.column_text(0) == "a");
  REQUIRE(take(select.step()));
  CHECK(select.column_text(0) == "b");
  select.reset();
  std::string names;
  bool row = take(select.first(0));
  while (row) {
    names += select.column_text(0);
    row = take(select.step());
  }
  CHECK(names == "abc");
}

TEMPLATE_TEST_CASE("what run() was lent is kept, and what is optional may be NULL", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  std::string name = "lent";
  std::string bytes("a\0b", 3);
  std::string id(16, 'i');
  Statement& insert =
      t.prepare("INSERT INTO thing (seq, name, bytes, number, maybe) VALUES (?, ?, ?, ?, ?)");
  take(insert.run(std::optional<std::int64_t>(7), name, Statement::Blob{bytes}, 1,
                  std::optional(Statement::Blob{id})));
  name = bytes = id = "another value of any length";
  take(insert.run(std::optional<std::int64_t>(), "", Statement::Blob{}, 2,
                  std::optional<Statement::Blob>()));
  Statement& rows = t.prepare("SELECT seq, name, bytes, maybe FROM thing ORDER BY number");
  REQUIRE(take(rows.first()));
  CHECK(rows.column_int(0) == 7);
  CHECK(rows.column_text(1) == "lent");
  CHECK(rows.column_blob(2) == std::string("a\0b", 3));
  CHECK(rows.column_blob(3) == std::string(16, 'i'));
  REQUIRE(take(rows.step()));
  CHECK(rows.column_int(0) == 8);
  CHECK_FALSE(rows.column_is_null(1));
  CHECK_FALSE(rows.column_is_null(2));
  CHECK(rows.column_is_null(3));
  rows.reset();
}

TEMPLATE_TEST_CASE("the same text is the same statement, ready to be bound", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  take(t.insert("a"));
  Statement& select = t.prepare("SELECT name FROM thing");
  REQUIRE(take(select.first()));
  CHECK(&t.prepare("SELECT name FROM thing") == &select);
  REQUIRE(take(select.first()));
  select.reset();
}

TEMPLATE_TEST_CASE("wrong SQL, and two statements in one, are refused", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  CHECK(outcome(t.db->prepare("SELEKT 1")) == "invalid");
  CHECK(outcome(t.db->prepare("SELECT * FROM nothing")) == "invalid");
  CHECK(outcome(t.db->prepare("SELECT 1; DELETE FROM thing")) == "invalid");
  CHECK(outcome(t.db->execute("CREATE NONSENSE")) == "invalid");
  take(t.insert("still works"));
}

TEMPLATE_TEST_CASE("a required column does not take NULL", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  Statement& insert = t.prepare("INSERT INTO thing (name, bytes, number) VALUES (?, ?, ?)");
  CHECK(outcome(insert.run("a", Statement::Blob{""}, nullptr)) == "invalid");
  CHECK(t.count() == 0);
}

TEMPLATE_TEST_CASE("committed rows are there after reopening", "[db]", STORE_FIXTURES) {
  ThingDb<TestType> t;
  if constexpr (TestType::kSurvivesClosing) {
    take(t.insert("kept"));
    take(t.db->begin());
    take(t.insert("given up"));
    t.db.reset();
    t.db = take(t.open());
    CHECK(t.count() == 1);
  }
}

TEMPLATE_TEST_CASE("a second opener is refused where one connection must be alone", "[db]",
                   STORE_FIXTURES) {
  ThingDb<TestType> t;
  const auto second = t.open();
  if constexpr (TestType::kOneOpener) {
    CHECK(outcome(second) == "unavailable");
    CHECK_THAT(second.error().message, Catch::Contains("in use"));
    take(t.insert("the first goes on"));
    t.db.reset();
    take(t.open());
  } else {
    CHECK(outcome(second) == "ok");
  }
}

}  // namespace yizhan::store
