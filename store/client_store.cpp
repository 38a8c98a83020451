// Opening the client database; its ledger, retention, and small facts.

#include "store/client_store.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/ids.h"
#include "config/result.h"
#include "store/client_schema.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/rows.h"

namespace yizhan::store {
namespace {

/// Where the ledger counts an outgoing message in `state`.
std::int64_t& counter(ClientLedger& ledger, OutgoingState state) {
  switch (state) {
    case OutgoingState::kQueued:
      return ledger.queued;
    case OutgoingState::kExpired:
      return ledger.expired;
    case OutgoingState::kDead:
      return ledger.dead;
    default:
      return ledger.done;
  }
}

Result<std::int64_t> count_rows(Db& db, std::string_view sql) {
  TRY_ASSIGN(Statement* const select, db.prepare(sql));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  return found ? row->column_int(0) : 0;
}

Result<std::vector<std::string>> messages_after(Db& db, std::string_view sql, LocalSeq* after,
                                                int limit) {
  TRY_ASSIGN(Statement* const select, db.prepare(sql));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(*after, limit));
  std::vector<std::string> found;
  while (row) {
    *after = rows->column_int(0);
    found.emplace_back(rows->column_blob(1));
    TRY_ASSIGN(row, rows.next());
  }
  return found;
}

}  // namespace

const char* outgoing_state_name(OutgoingState state) {
  switch (state) {
    case OutgoingState::kQueued:
      return "queued";
    case OutgoingState::kStored:
      return "stored";
    case OutgoingState::kDone:
      return "done";
    case OutgoingState::kFailed:
      return "failed";
    case OutgoingState::kExpired:
      return "expired";
    case OutgoingState::kDead:
      return "dead";
  }
  return "unknown";
}

const char* incoming_state_name(IncomingState state) {
  switch (state) {
    case IncomingState::kFetching:
      return "fetching";
    case IncomingState::kReady:
      return "ready";
    case IncomingState::kStarted:
      return "started";
    case IncomingState::kDone:
      return "done";
    case IncomingState::kFailed:
      return "failed";
    case IncomingState::kInterrupted:
      return "interrupted";
    case IncomingState::kInProgress:
      return "in_progress";
    case IncomingState::kDelivered:
      return "delivered";
  }
  return "unknown";
}

Result<ClientStore> ClientStore::open(Db& db) {
  if (db.dialect() != Dialect::kSqlite) {
    return Error{Code::kInvalid, "the client database is SQLite only"};
  }
  TRY(migrate(db, "client", client_schema(db.dialect())));
  ClientStore store(db);
  TRY_ASSIGN(store.epoch_, load_epoch(db));
  return store;
}

void ClientStore::count(OutgoingState state, std::int64_t by) {
  counter(unflushed_, state) += by;
}

Status ClientStore::flush() {
  const ClientLedger& change = unflushed_;
  if (change == ClientLedger{}) return {};
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE ledger SET accepted = accepted + ?, queued = queued + ?,"
                          " done = done + ?, expired = expired + ?, dead = dead + ?,"
                          " purged = purged + ?, received = received + ? WHERE id = 1"));
  TRY(update->run(change.accepted, change.queued, change.done, change.expired, change.dead,
                  change.purged, change.received));
  unflushed_ = {};
  return {};
}

Result<ClientLedger> ClientStore::ledger_counters() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT accepted, queued, done, expired, dead, purged, received"
                          " FROM ledger WHERE id = 1"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  if (!found) return Error{Code::kCorrupt, "table ledger has lost its row"};
  ClientLedger sum;
  sum.accepted = row->column_int(0) + unflushed_.accepted;
  sum.queued = row->column_int(1) + unflushed_.queued;
  sum.done = row->column_int(2) + unflushed_.done;
  sum.expired = row->column_int(3) + unflushed_.expired;
  sum.dead = row->column_int(4) + unflushed_.dead;
  sum.purged = row->column_int(5) + unflushed_.purged;
  sum.received = row->column_int(6) + unflushed_.received;
  return sum;
}

Result<ClientLedger> ClientStore::ledger_recount() {
  ClientLedger sum;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT state, COUNT(*) FROM outgoing GROUP BY state"));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first());
    while (row) {
      counter(sum, static_cast<OutgoingState>(rows->column_int(0))) += rows->column_int(1);
      TRY_ASSIGN(row, rows.next());
    }
  }
  TRY_ASSIGN(sum.purged, count_rows(*db_, "SELECT COUNT(*) FROM known_outgoing"));
  sum.accepted = sum.queued + sum.done + sum.expired + sum.dead + sum.purged;
  TRY_ASSIGN(const std::int64_t here, count_rows(*db_, "SELECT COUNT(*) FROM incoming"));
  TRY_ASSIGN(const std::int64_t gone, count_rows(*db_, "SELECT COUNT(*) FROM known_incoming"));
  sum.received = here + gone;
  return sum;
}

Result<bool> ClientStore::seen_before(const Sha256& file_hash, std::int64_t now_us) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO seen_file (hash, seen_us) VALUES (?, ?)"
                          " ON CONFLICT (hash) DO NOTHING"));
  TRY(insert->run(blob(file_hash), now_us));
  return db_->changes() == 0;
}

Result<std::int64_t> ClientStore::purge_outgoing(std::int64_t before_us, int limit) {
  // Collected first, because rows are removed from the index that is being read.
  struct Candidate {
    LocalSeq seq;
    OutgoingState state;
  };
  std::vector<Candidate> candidates;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT seq, state FROM outgoing WHERE state <> 0"
                            " AND state_us < ? AND claimed = '' ORDER BY state_us LIMIT ?"));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(before_us, limit));
    while (row) {
      candidates.push_back({rows->column_int(0), static_cast<OutgoingState>(rows->column_int(1))});
      TRY_ASSIGN(row, rows.next());
    }
  }
  for (const Candidate& candidate : candidates) {
    TRY_ASSIGN(Statement* const keep_id,
               db_->prepare("INSERT INTO known_outgoing (id, content_hash, state, origin)"
                            " SELECT id, content_hash, state, origin FROM outgoing"
                            " WHERE seq = ?"));
    TRY(keep_id->run(candidate.seq));
    TRY_ASSIGN(Statement* const states, db_->prepare("DELETE FROM recipient_state WHERE id ="
                                                     " (SELECT id FROM outgoing WHERE seq = ?)"));
    TRY(states->run(candidate.seq));
    TRY_ASSIGN(Statement* const remove, db_->prepare("DELETE FROM outgoing WHERE seq = ?"));
    TRY(remove->run(candidate.seq));
    count(candidate.state, -1);
    ++unflushed_.purged;
  }
  return static_cast<std::int64_t>(candidates.size());
}

Result<std::int64_t> ClientStore::purge_incoming(std::int64_t before_us, int limit) {
  std::vector<LocalSeq> candidates;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT seq FROM incoming WHERE state_us < ?"
                            " AND (state IN (3, 4, 5, 7) OR (state = 1 AND opened_us > 0))"
                            " ORDER BY state_us LIMIT ?"));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(before_us, limit));
    while (row) {
      candidates.push_back(rows->column_int(0));
      TRY_ASSIGN(row, rows.next());
    }
  }
  for (const LocalSeq seq : candidates) {
    TRY_ASSIGN(Statement* const keep_id,
               db_->prepare("INSERT INTO known_incoming (id) SELECT id FROM incoming"
                            " WHERE seq = ?"));
    TRY(keep_id->run(seq));
    TRY_ASSIGN(Statement* const remove, db_->prepare("DELETE FROM incoming WHERE seq = ?"));
    TRY(remove->run(seq));
  }
  return static_cast<std::int64_t>(candidates.size());
}

Result<std::int64_t> ClientStore::purge_finished(std::int64_t before_us, int limit) {
  TRY_ASSIGN(const std::int64_t outgoing, purge_outgoing(before_us, limit));
  const int left = limit - static_cast<int>(outgoing);
  if (left <= 0) return outgoing;
  TRY_ASSIGN(const std::int64_t incoming, purge_incoming(before_us, left));
  return outgoing + incoming;
}

Result<std::vector<std::string>> ClientStore::outgoing_messages(LocalSeq* after, int limit) {
  return messages_after(
      *db_, "SELECT seq, message FROM outgoing WHERE seq > ? ORDER BY seq LIMIT ?", after, limit);
}

Result<std::vector<std::string>> ClientStore::incoming_messages(LocalSeq* after, int limit) {
  return messages_after(
      *db_, "SELECT seq, message FROM incoming WHERE seq > ? ORDER BY seq LIMIT ?", after, limit);
}

Result<std::optional<std::string>> ClientStore::fact(std::string_view key) {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT value FROM fact WHERE name = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(key));
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(std::string(row->column_blob(0)));
}

Status ClientStore::save_fact(std::string_view key, std::string_view value) {
  TRY_ASSIGN(Statement* const upsert,
             db_->prepare("INSERT INTO fact (name, value) VALUES (?, ?)"
                          " ON CONFLICT (name) DO UPDATE SET value = excluded.value"));
  return upsert->run(key, Statement::Blob{value});
}

}  // namespace yizhan::store
