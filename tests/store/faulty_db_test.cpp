// The fault-injecting wrapper, and with it the store: whatever fails or dies at whatever point, the
// database holds all of a transaction or nothing, and the ledger is right.

#include "tests/store/faulty_db.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>

#include "store/db.h"
#include "store/server_store.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"
#include "tests/store/sqlite_fixture.h"

namespace yizhan::store {
namespace {

/// Relays message `number` to one client in a transaction of its own.
Status relay(Db& db, ServerStore& store, std::uint64_t number) {
  TRY_ASSIGN(Transaction transaction, Transaction::open(db));
  TRY_ASSIGN(const MessageSeq seq, store.insert_message(message_of(number)));
  TRY_ASSIGN(const bool queued, store.insert_delivery(seq, 1, 1, ""));
  CHECK(queued);
  TRY(store.flush());
  return transaction.commit();
}

struct Outcome {
  bool crashed = false;
  bool said_done = false;
  bool stored = false;
};

/// One relay under `plan`, then a restart on the same database.
Outcome relay_under(const FaultPlan& plan) {
  const auto inner = take(open_sqlite(":memory:"));
  Outcome outcome;
  {
    FaultyDb db(*inner);
    ServerStore store = take(ServerStore::open(db));
    take(relay(db, store, 1));
    db.arm(plan);
    try {
      outcome.said_done = relay(db, store, 2).ok();
    } catch (const CrashPoint& crash) {
      CHECK(crash.fault == plan.fault);
      outcome.crashed = true;
    }
  }
  ServerStore store = take(ServerStore::open(*inner));
  outcome.stored = take(store.find_message(id_of(2))).has_value();
  CHECK(take(store.mailbox_size(1)) == (outcome.stored ? 2 : 1));
  CHECK(take(store.ledger_counters()) == take(store.ledger_recount()));
  CHECK(outcome.stored == (take(store.ledger_counters()).messages == 2));
  return outcome;
}

TEST_CASE("a failed or crashed commit keeps nothing, a lost answer keeps all") {
  const Outcome failed = relay_under({.fault = Fault::kFailCommit});
  CHECK_FALSE(failed.said_done);
  CHECK_FALSE(failed.stored);
  const Outcome before = relay_under({.fault = Fault::kCrashBeforeCommit});
  CHECK(before.crashed);
  CHECK_FALSE(before.stored);
  const Outcome after = relay_under({.fault = Fault::kCrashAfterCommit});
  CHECK(after.crashed);
  CHECK(after.stored);
  const Outcome lost = relay_under({.fault = Fault::kLoseAnswer});
  CHECK_FALSE(lost.said_done);
  CHECK(lost.stored);
}

TEST_CASE("a failure or crash at any statement of a relay keeps nothing of it") {
  int points = 0;
  for (std::int64_t at = 1; at < 20; ++at) {
    const Outcome failed = relay_under({.fault = Fault::kFailStatement, .at = at});
    const Outcome crashed = relay_under({.fault = Fault::kCrashStatement, .at = at});
    CHECK(failed.stored == failed.said_done);
    CHECK(crashed.stored == crashed.said_done);
    CHECK(crashed.crashed == !failed.said_done);
    if (crashed.crashed) ++points;
  }
  CHECK(points == 4);  // is it known, message, delivery, ledger
}

TEST_CASE("a crash at any point of making the schema leaves a database that opens") {
  bool finished = false;
  for (std::int64_t at = 1; !finished; ++at) {
    REQUIRE(at < 100);
    const auto inner = take(open_sqlite(":memory:"));
    try {
      FaultyDb db(*inner);
      db.arm({.fault = Fault::kCrashStatement, .at = at});
      take(ServerStore::open(db));
      finished = true;
    } catch (const CrashPoint&) {
      ServerStore store = take(ServerStore::open(*inner));
      take(relay(*inner, store, 1));
    }
  }
}

TEST_CASE("after a made-up I/O error everything is refused, after a conflict nothing is") {
  const auto inner = take(open_sqlite(":memory:"));
  FaultyDb db(*inner);
  take(db.execute("CREATE TABLE t (x INTEGER)"));
  db.arm({.fault = Fault::kFailStatement, .error = {Code::kUnavailable, "busy"}});
  CHECK(outcome(db.execute("INSERT INTO t VALUES (1)")) == "unavailable");
  take(db.execute("INSERT INTO t VALUES (2)"));
  db.arm({.fault = Fault::kFailStatement});
  CHECK(outcome(db.execute("INSERT INTO t VALUES (3)")) == "io");
  CHECK(outcome(db.begin()) == "io");
  CHECK(outcome(db.prepare("SELECT 1")) == "io");
  FaultyDb restarted(*inner);
  Statement& select = *take(restarted.prepare("SELECT COUNT(*) FROM t"));
  REQUIRE(take(select.first()));
  CHECK(select.column_int(0) == 1);
}

}  // namespace
}  // namespace yizhan::store
