// Outgoing and incoming messages of the client database.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/client_store.h"
#include "store/db.h"
#include "store/row_hash.h"
#include "store/rows.h"

#define YIZHAN_OUTGOING_COLUMNS                                                          \
  "seq, id, kind, ack, state, accepted_us, stored_us, state_us, expires_us, recipients," \
  " row_hash, recipient, reason, content_hash, origin, claimed, message"

#define YIZHAN_INCOMING_COLUMNS                                                                \
  "seq, id, broker_seq, kind, state, received_us, opened_us, state_us, exit_status, row_hash," \
  " sender, in_reply_to, handler, output, reason, file, message"

namespace yizhan::store {
namespace {

// The hashes hold what never changes in a row.

std::int64_t hash_of(const Outgoing& outgoing) {
  RowHash hash;
  hash.add(outgoing.id.view());
  hash.add(outgoing.kind);
  hash.add(outgoing.ack);
  hash.add(outgoing.accepted_us);
  hash.add(outgoing.expires_us);
  hash.add(outgoing.recipient);
  hash.add(outgoing.content_hash.view());
  hash.add(outgoing.origin);
  hash.add(outgoing.message);
  return hash.finish();
}

std::int64_t hash_of(const Incoming& incoming) {
  RowHash hash;
  hash.add(incoming.id.view());
  hash.add(incoming.kind);
  hash.add(incoming.received_us);
  hash.add(incoming.sender);
  hash.add(incoming.message);
  return hash.finish();
}

/// A damaged row: only what may change in it is kept, because the hash says nothing about that.
Outgoing damaged(Outgoing row) {
  Outgoing kept;
  kept.seq = row.seq;
  kept.id = row.id;
  kept.state = row.state;
  kept.stored_us = row.stored_us;
  kept.state_us = row.state_us;
  kept.recipients = row.recipients;
  kept.reason = std::move(row.reason);
  kept.claimed = std::move(row.claimed);
  kept.damaged = true;
  return kept;
}

Incoming damaged(Incoming row) {
  row.kind = 0;
  row.received_us = 0;
  row.sender.clear();
  row.message.clear();
  row.damaged = true;
  return row;
}

Outgoing read_outgoing(Statement& row) {
  Outgoing outgoing;
  bool whole = true;
  outgoing.seq = row.column_int(0);
  outgoing.id = read_or_note<MessageId>(row, 1, &whole);
  outgoing.kind = static_cast<int>(row.column_int(2));
  outgoing.ack = static_cast<int>(row.column_int(3));
  outgoing.state = static_cast<OutgoingState>(row.column_int(4));
  outgoing.accepted_us = row.column_int(5);
  outgoing.stored_us = row.column_int(6);
  outgoing.state_us = row.column_int(7);
  outgoing.expires_us = row.column_int(8);
  outgoing.recipients = static_cast<int>(row.column_int(9));
  const std::int64_t row_hash = row.column_int(10);
  outgoing.recipient = row.column_text(11);
  outgoing.reason = row.column_text(12);
  outgoing.content_hash = read_or_note<ContentHash>(row, 13, &whole);
  outgoing.origin = row.column_text(14);
  outgoing.claimed = row.column_text(15);
  outgoing.message = row.column_blob(16);
  if (whole && row_hash == hash_of(outgoing)) return outgoing;
  return damaged(std::move(outgoing));
}

Incoming read_incoming(Statement& row) {
  Incoming incoming;
  bool whole = true;
  incoming.seq = row.column_int(0);
  incoming.id = read_or_note<MessageId>(row, 1, &whole);
  incoming.broker_seq = static_cast<std::uint64_t>(row.column_int(2));
  incoming.kind = static_cast<int>(row.column_int(3));
  incoming.state = static_cast<IncomingState>(row.column_int(4));
  incoming.received_us = row.column_int(5);
  incoming.opened_us = row.column_int(6);
  incoming.state_us = row.column_int(7);
  incoming.exit_status = static_cast<int>(row.column_int(8));
  const std::int64_t row_hash = row.column_int(9);
  incoming.sender = row.column_text(10);
  incoming.in_reply_to = row.column_text(11);
  incoming.handler = row.column_text(12);
  incoming.output = row.column_text(13);
  incoming.reason = row.column_text(14);
  incoming.file = row.column_text(15);
  incoming.message = row.column_blob(16);
  if (whole && row_hash == hash_of(incoming)) return incoming;
  return damaged(std::move(incoming));
}

template <class Row>
Result<std::vector<Row>> read_all(Rows& rows, bool row, Row (*read)(Statement&)) {
  std::vector<Row> all;
  while (row) {
    all.push_back(read(*rows));
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

Error taken(const MessageId& id) {
  return {Code::kConflict, "message " + format_uuid(id) + " was stored before"};
}

Error missing(const MessageId& id) {
  return {Code::kNotFound, "no message " + format_uuid(id) + " in the client database"};
}

LocalSeq below(LocalSeq before) {
  return before == 0 ? std::numeric_limits<LocalSeq>::max() : before;
}

/// All outgoing rows of a statement with one parameter and a limit.
Result<std::vector<Outgoing>> select_outgoing(Db& db, std::string_view sql, std::int64_t value,
                                              int limit) {
  TRY_ASSIGN(Statement* const select, db.prepare(sql));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(value, limit));
  return read_all(rows, row, read_outgoing);
}

}  // namespace

Result<bool> ClientStore::is_purged(std::string_view table, const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT 1 FROM " + std::string(table) + " WHERE id = ?"));
  return Rows(select).first(blob(id));
}

// ---- outgoing

Result<std::optional<ClientStore::Existing>> ClientStore::find_outgoing(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT content_hash, origin, state FROM outgoing WHERE id = ? UNION ALL"
                          " SELECT content_hash, origin, state FROM known_outgoing WHERE id = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(blob(id), blob(id)));
  if (!found) return std::optional<Existing>();
  Existing existing;
  // A damaged one is nobody's content: what comes under its id is told that the id is taken.
  bool whole = true;
  existing.content_hash = read_or_note<ContentHash>(*row, 0, &whole);
  existing.origin = row->column_text(1);
  existing.state = static_cast<OutgoingState>(row->column_int(2));
  return std::optional<Existing>(std::move(existing));
}

Result<LocalSeq> ClientStore::insert_outgoing(const Outgoing& outgoing) {
  TRY_ASSIGN(const bool purged, is_purged("known_outgoing", outgoing.id));
  if (purged) return taken(outgoing.id);
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO outgoing (id, kind, ack, state, accepted_us, stored_us,"
                          " state_us, expires_us, recipients, row_hash, recipient, reason,"
                          " content_hash, origin, claimed, message)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(insert->run(blob(outgoing.id), outgoing.kind, outgoing.ack, outgoing.state,
                  outgoing.accepted_us, outgoing.stored_us, outgoing.state_us, outgoing.expires_us,
                  outgoing.recipients, hash_of(outgoing), outgoing.recipient, outgoing.reason,
                  blob(outgoing.content_hash), outgoing.origin, outgoing.claimed,
                  Statement::Blob{outgoing.message}));
  const LocalSeq seq = db_->last_insert_id();
  ++unflushed_.accepted;
  count(outgoing.state, 1);
  return seq;
}

Result<std::optional<Outgoing>> ClientStore::outgoing(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_OUTGOING_COLUMNS " FROM outgoing WHERE id = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(blob(id)));
  if (!found) return std::optional<Outgoing>();
  return std::optional<Outgoing>(read_outgoing(*row));
}

Result<std::vector<Outgoing>> ClientStore::outbox(LocalSeq after, int limit) {
  return select_outgoing(*db_,
                         "SELECT " YIZHAN_OUTGOING_COLUMNS
                         " FROM outgoing WHERE state = 0 AND seq > ? ORDER BY seq LIMIT ?",
                         after, limit);
}

Result<std::int64_t> ClientStore::outbox_size() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT COUNT(*) FROM outgoing WHERE state = 0"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  return found ? row->column_int(0) : 0;
}

Status ClientStore::update_outgoing(const Outgoing& outgoing) {
  // By seq: the id of a damaged row may not be the one that the index knows.
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT state FROM outgoing WHERE seq = ?"));
  OutgoingState before = OutgoingState::kQueued;
  {
    Rows row(select);
    TRY_ASSIGN(const bool found, row.first(outgoing.seq));
    if (!found) return missing(outgoing.id);
    before = static_cast<OutgoingState>(row->column_int(0));
  }
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE outgoing SET state = ?, state_us = ?, stored_us = ?,"
                          " recipients = ?, reason = ?, claimed = ? WHERE seq = ?"));
  TRY(update->run(outgoing.state, outgoing.state_us, outgoing.stored_us, outgoing.recipients,
                  outgoing.reason, outgoing.claimed, outgoing.seq));
  count(before, -1);
  count(outgoing.state, 1);
  return {};
}

Result<std::vector<Outgoing>> ClientStore::recent_outgoing(LocalSeq before, int limit) {
  return select_outgoing(*db_,
                         "SELECT " YIZHAN_OUTGOING_COLUMNS
                         " FROM outgoing WHERE seq < ? ORDER BY seq DESC LIMIT ?",
                         below(before), limit);
}

Result<std::vector<Outgoing>> ClientStore::expired_outgoing(std::int64_t now_us, int limit) {
  return select_outgoing(*db_,
                         "SELECT " YIZHAN_OUTGOING_COLUMNS
                         " FROM outgoing WHERE state = 0 AND expires_us > 0 AND expires_us <= ?"
                         " ORDER BY expires_us LIMIT ?",
                         now_us, limit);
}

Result<std::vector<Outgoing>> ClientStore::unmoved_outgoing(int limit) {
  return select_outgoing(*db_,
                         "SELECT " YIZHAN_OUTGOING_COLUMNS
                         " FROM outgoing WHERE claimed <> '' AND seq > ? ORDER BY seq LIMIT ?",
                         0, limit);
}

Result<std::vector<Outgoing>> ClientStore::dead_outgoing(int limit) {
  return select_outgoing(*db_,
                         "SELECT " YIZHAN_OUTGOING_COLUMNS
                         " FROM outgoing WHERE state = 5 AND seq > ? ORDER BY seq LIMIT ?",
                         0, limit);
}

Status ClientStore::save_recipient_state(const RecipientState& state) {
  TRY_ASSIGN(Statement* const upsert,
             db_->prepare("INSERT INTO recipient_state (id, recipient, state, state_us, reason)"
                          " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id, recipient) DO UPDATE SET"
                          " state = excluded.state, state_us = excluded.state_us,"
                          " reason = excluded.reason"));
  return upsert->run(blob(state.id), state.recipient, state.state, state.state_us, state.reason);
}

Result<std::vector<RecipientState>> ClientStore::recipient_states(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT recipient, state, state_us, reason FROM recipient_state"
                          " WHERE id = ? ORDER BY recipient"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(blob(id)));
  std::vector<RecipientState> states;
  while (row) {
    states.push_back({id, std::string(rows->column_text(0)), std::string(rows->column_text(1)),
                      rows->column_int(2), std::string(rows->column_text(3))});
    TRY_ASSIGN(row, rows.next());
  }
  return states;
}

// ---- incoming

Result<std::optional<Incoming>> ClientStore::incoming(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_INCOMING_COLUMNS " FROM incoming WHERE id = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(blob(id)));
  if (!found) return std::optional<Incoming>();
  return std::optional<Incoming>(read_incoming(*row));
}

Result<LocalSeq> ClientStore::insert_incoming(const Incoming& incoming) {
  TRY_ASSIGN(const bool purged, is_purged("known_incoming", incoming.id));
  if (purged) return taken(incoming.id);
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO incoming (id, broker_seq, kind, state, received_us,"
                          " opened_us, state_us, exit_status, row_hash, sender, in_reply_to,"
                          " handler, output, reason, file, message)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(insert->run(blob(incoming.id), incoming.broker_seq, incoming.kind, incoming.state,
                  incoming.received_us, incoming.opened_us, incoming.state_us, incoming.exit_status,
                  hash_of(incoming), incoming.sender, incoming.in_reply_to, incoming.handler,
                  incoming.output, incoming.reason, incoming.file,
                  Statement::Blob{incoming.message}));
  ++unflushed_.received;
  return db_->last_insert_id();
}

Status ClientStore::update_incoming(const Incoming& incoming) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE incoming SET broker_seq = ?, state = ?, in_reply_to = ?,"
                          " opened_us = ?, state_us = ?, handler = ?, exit_status = ?, output = ?,"
                          " reason = ?, file = ? WHERE seq = ?"));
  TRY(update->run(incoming.broker_seq, incoming.state, incoming.in_reply_to, incoming.opened_us,
                  incoming.state_us, incoming.handler, incoming.exit_status, incoming.output,
                  incoming.reason, incoming.file, incoming.seq));
  if (db_->changes() == 0) return missing(incoming.id);
  return {};
}

Result<std::vector<Incoming>> ClientStore::incoming_in_state(IncomingState state, LocalSeq after,
                                                             int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_INCOMING_COLUMNS
                          " FROM incoming WHERE state = ? AND seq > ? ORDER BY seq LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(state, after, limit));
  return read_all(rows, row, read_incoming);
}

Result<std::vector<Incoming>> ClientStore::recent_incoming(LocalSeq before, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_INCOMING_COLUMNS
                          " FROM incoming WHERE seq < ? ORDER BY seq DESC LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(below(before), limit));
  return read_all(rows, row, read_incoming);
}

}  // namespace yizhan::store
