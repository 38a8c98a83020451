#pragma once
// What the audit log must do on every database. Included by server_store_contract.h.

#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/audit_log.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"

namespace yizhan::store {

inline AuditRow act_of(std::int64_t number) {
  AuditRow row;
  row.at_us = 1000 + number;
  row.actor = "operator 李伟";
  row.act = "clients.accept";
  row.subject = "CODE-" + std::to_string(number);
  row.detail = R"({"client":"li"})";
  return row;
}

/// "whole 3", or "4: why" of the first row that does not fit; two rows at a time.
inline std::string followed(AuditLog& log) {
  AuditHead head;
  std::int64_t after = INT64_MIN;
  while (true) {
    const std::vector<AuditRow> page = take(log.rows_after(after, 2));
    if (page.empty()) return "whole " + std::to_string(head.n);
    for (const AuditRow& row : page) {
      if (const auto why = audit_misfit(head, row)) return std::to_string(row.n) + ": " + *why;
      head = {row.n, row.hash};
    }
    after = page.back().n;
  }
}

TEMPLATE_TEST_CASE("the audit log comes back as a chain", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  AuditLog first(*t.db);
  CHECK(take(first.head()).n == 0);
  CHECK(followed(first) == "whole 0");
  for (std::int64_t n = 1; n <= 3; ++n) take(first.append(act_of(n)));
  t.restart();
  AuditLog log(*t.db);
  take(log.append(act_of(4)));
  CHECK(followed(log) == "whole 4");
  const auto rows = take(log.rows_back(INT64_MAX, 3));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].n == 4);
  CHECK(rows[0].hash == take(log.head()).hash);
  CHECK(rows[2].n == 2);
  CHECK(rows[1].at_us == 1003);
  CHECK(rows[1].actor == "operator 李伟");
  CHECK(rows[1].act == "clients.accept");
  CHECK(rows[1].subject == "CODE-3");
  CHECK(rows[1].detail == R"({"client":"li"})");
  CHECK(take(log.rows_back(2, 3)).size() == 2);
}

TEMPLATE_TEST_CASE("what is rolled back is not in the chain, and leaves no gap", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  AuditLog log(*t.db);
  take(log.append(act_of(1)));
  {
    Transaction transaction = take(Transaction::open(*t.db));
    take(log.append(act_of(2)));
    CHECK(take(log.head()).n == 2);
  }
  CHECK(take(log.head()).n == 1);
  take(log.append(act_of(3)));
  CHECK(followed(log) == "whole 2");
}

TEMPLATE_TEST_CASE("whatever is changed in the audit log is found", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  AuditLog log(*t.db);
  for (std::int64_t n = 1; n <= 5; ++n) take(log.append(act_of(n)));
  const auto broken_by = [&](const std::string& sql) {
    Transaction transaction = take(Transaction::open(*t.db));
    take(t.db->execute(sql));
    return followed(log);
  };
  for (const char* change :
       {"at_us = 7", "actor = 'operator wang'", "act = 'clients.reject'", "subject = 'CODE-9'",
        "detail = ''", "hash = (SELECT hash FROM (SELECT hash FROM audit WHERE n = 2) AS x)"}) {
    INFO(change);
    CHECK_THAT(broken_by(std::string("UPDATE audit SET ") + change + " WHERE n = 3"),
               Catch::StartsWith("3: "));
  }
  CHECK_THAT(broken_by("DELETE FROM audit WHERE n = 1"), Catch::StartsWith("2: row 1 should"));
  CHECK_THAT(broken_by("DELETE FROM audit WHERE n = 3"), Catch::StartsWith("4: row 3 should"));
  CHECK_THAT(broken_by("UPDATE audit SET n = -1 WHERE n = 3"), Catch::StartsWith("-1: "));
  CHECK_THAT(broken_by("INSERT INTO audit (n, at_us, actor, act, subject, detail, previous, hash)"
                       " SELECT 6, at_us, actor, act, subject, detail, previous, hash FROM audit"
                       " WHERE n = 5"),
             Catch::StartsWith("6: "));
  // A row that is moved with its neighbours' numbers.
  CHECK_THAT(broken_by("UPDATE audit SET n = CASE n WHEN 4 THEN 50 ELSE 40 END WHERE n IN (4, 5)"),
             Catch::StartsWith("40: row 4 should"));
  CHECK(followed(log) == "whole 5");
}

TEMPLATE_TEST_CASE("a row that is written anew with its hash breaks the chain after it", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  AuditLog log(*t.db);
  for (std::int64_t n = 1; n <= 3; ++n) take(log.append(act_of(n)));
  AuditRow forged = take(log.rows_after(1, 1)).front();
  forged.actor = "operator wang";
  forged.hash = audit_hash(forged);
  Statement* update = take(t.db->prepare("UPDATE audit SET actor = ?, hash = ? WHERE n = 2"));
  take(update->run(forged.actor, Statement::Blob{forged.hash.view()}));
  CHECK_THAT(followed(log), Catch::StartsWith("3: it does not follow"));
}

TEMPLATE_TEST_CASE("the beginning of the log can be removed, and its first row is then another",
                   "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  AuditLog log(*t.db);
  CHECK_FALSE(take(log.first()));
  CHECK_FALSE(take(log.newest_of("clients.accept")));
  for (std::int64_t n = 1; n <= 5; ++n) take(log.append(act_of(n)));
  AuditRow other = act_of(6);
  other.act = kAuditPurge;
  take(log.append(other));
  take(log.append(act_of(7)));
  CHECK(take(log.first())->n == 1);
  CHECK(take(log.newest_of(kAuditPurge))->n == 6);
  CHECK(take(log.newest_of("clients.accept"))->n == 7);
  take(log.remove_to(3));
  CHECK(take(log.first())->n == 4);
  take(log.remove_to(3));
  take(log.append(act_of(8)));
  CHECK(take(log.head()).n == 8);
  CHECK(take(log.rows_after(0, 100)).size() == 5);
}

TEMPLATE_TEST_CASE("an audit row has bounds, and reaching one is said", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  AuditLog log(*t.db);
  AuditRow row = act_of(1);
  row.actor = std::string(kMaxAuditWord, 'a');
  row.detail = std::string(kMaxAuditDetail, 'd');
  take(log.append(row));
  row.detail += 'd';
  CHECK(outcome(log.append(row)) == "limit");
  row = act_of(2);
  row.subject = std::string(kMaxAuditWord + 1, 's');
  CHECK(outcome(log.append(row)) == "limit");
  CHECK(followed(log) == "whole 1");
  take(t.db->execute("UPDATE audit SET n = 9223372036854775807"));
  CHECK(outcome(log.append(act_of(2))) == "corrupt");
}

}  // namespace yizhan::store
