// Opening the server database, and its ledger.

#include "store/server_store.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "config/result.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/rows.h"
#include "store/server_schema.h"

namespace yizhan::store {
namespace {

/// Two aggregates are cheaper than MAX over both tables in one statement, on both dialects.
Result<MessageSeq> highest_seq(Db& db) {
  TRY_ASSIGN(Statement* const stored, db.prepare("SELECT MAX(seq) FROM message"));
  Rows rows(stored);
  TRY_ASSIGN(const bool row, rows.first());
  const MessageSeq newest = row ? rows->column_int(0) : 0;
  TRY_ASSIGN(Statement* const ledger, db.prepare("SELECT last_seq FROM ledger WHERE id = 1"));
  Rows removed(ledger);
  TRY_ASSIGN(const bool found, removed.first());
  if (!found) return Error{Code::kCorrupt, "table ledger has lost its row"};
  return std::max(newest, removed->column_int(0));
}

/// Where the ledger counts a delivery in `state`.
std::int64_t& counter(Ledger& ledger, DeliveryState state) {
  switch (state) {
    case DeliveryState::kQueued:
      return ledger.queued;
    case DeliveryState::kExpired:
      return ledger.expired;
    case DeliveryState::kDead:
      return ledger.dead;
    default:
      return ledger.done;
  }
}

}  // namespace

const char* client_state_name(ClientState state) {
  switch (state) {
    case ClientState::kPending:
      return "pending";
    case ClientState::kAccepted:
      return "accepted";
    case ClientState::kRejected:
      return "rejected";
    case ClientState::kRevoked:
      return "revoked";
  }
  return "unknown";
}

const char* delivery_state_name(DeliveryState state) {
  switch (state) {
    case DeliveryState::kQueued:
      return "queued";
    case DeliveryState::kDelivered:
      return "delivered";
    case DeliveryState::kOpened:
      return "opened";
    case DeliveryState::kAccepted:
      return "accepted";
    case DeliveryState::kDeclined:
      return "declined";
    case DeliveryState::kStarted:
      return "started";
    case DeliveryState::kDone:
      return "done";
    case DeliveryState::kFailed:
      return "failed";
    case DeliveryState::kExpired:
      return "expired";
    case DeliveryState::kDead:
      return "dead";
  }
  return "unknown";
}

Result<ServerStore> ServerStore::open(Db& db) {
  TRY(migrate(db, "server", server_schema(db.dialect())));
  ServerStore store(db);
  TRY_ASSIGN(store.epoch_, load_epoch(db));
  if (db.dialect() == Dialect::kSqlite) {
    // SQLite would give the seq of a removed newest message again; MySQL's counter never does.
    TRY_ASSIGN(const MessageSeq highest, highest_seq(db));
    store.next_seq_ = highest + 1;
  }
  return store;
}

void ServerStore::count(DeliveryState state, std::int64_t by) {
  counter(unflushed_, state) += by;
}

void ServerStore::count_waiting(ClientId client, std::int64_t by) {
  if (const auto known = waiting_.find(client); known != waiting_.end()) known->second += by;
}

Status ServerStore::flush() {
  const Ledger& change = unflushed_;
  if (change == Ledger{}) return {};
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE ledger SET accepted = accepted + ?, queued = queued + ?,"
                          " done = done + ?, expired = expired + ?, dead = dead + ?,"
                          " purged = purged + ?, messages = messages + ? WHERE id = 1"));
  TRY(update->run(change.accepted, change.queued, change.done, change.expired, change.dead,
                  change.purged, change.messages));
  unflushed_ = {};
  return {};
}

void ServerStore::forget() {
  unflushed_ = {};
  purge_from_ = 0;
  waiting_.clear();
  last_unknown_.reset();
  last_inserted_ = 0;
}

Result<Ledger> ServerStore::ledger_counters() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT accepted, queued, done, expired, dead, purged, messages"
                          " FROM ledger WHERE id = 1"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  if (!found) return Error{Code::kCorrupt, "table ledger has lost its row"};
  Ledger sum;
  sum.accepted = row->column_int(0) + unflushed_.accepted;
  sum.queued = row->column_int(1) + unflushed_.queued;
  sum.done = row->column_int(2) + unflushed_.done;
  sum.expired = row->column_int(3) + unflushed_.expired;
  sum.dead = row->column_int(4) + unflushed_.dead;
  sum.purged = row->column_int(5) + unflushed_.purged;
  sum.messages = row->column_int(6) + unflushed_.messages;
  return sum;
}

Result<Ledger> ServerStore::ledger_recount() {
  Ledger sum;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT state, COUNT(*) FROM delivery GROUP BY state"));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first());
    while (row) {
      counter(sum, static_cast<DeliveryState>(rows->column_int(0))) += rows->column_int(1);
      TRY_ASSIGN(row, rows.next());
    }
  }
  TRY_ASSIGN(Statement* const purged,
             db_->prepare("SELECT COUNT(*), COALESCE(SUM(deliveries), 0) FROM known_id"));
  Rows known(purged);
  TRY_ASSIGN(const bool has_known, known.first());
  TRY_ASSIGN(Statement* const messages, db_->prepare("SELECT COUNT(*) FROM message"));
  Rows stored(messages);
  TRY_ASSIGN(const bool has_stored, stored.first());
  CHECK_THAT_HOLDS(has_known && has_stored);  // an aggregate always gives a row
  sum.messages = known->column_int(0) + stored->column_int(0);
  sum.purged = known->column_int(1);
  sum.accepted = sum.queued + sum.done + sum.expired + sum.dead + sum.purged;
  return sum;
}

}  // namespace yizhan::store
