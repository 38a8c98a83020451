// Messages of the server database.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"
#include "store/limits.h"
#include "store/row_hash.h"
#include "store/rows.h"
#include "store/server_message_row.h"
#include "store/server_store.h"

namespace yizhan::store {
namespace {

std::int64_t hash_of(const StoredMessage& message) {
  RowHash hash;
  hash.add(message.id.view());
  hash.add(message.sender);
  hash.add(message.kind);
  hash.add(message.ack);
  hash.add(message.stored_us);
  hash.add(message.expires_us);
  hash.add(message.in_reply_to ? message.in_reply_to->view() : std::string_view());
  hash.add(message.content_hash.view());
  hash.add(message.envelope);
  hash.add(message.body);
  return hash.finish();
}

/// Reads the only row, if there is one.
Result<std::optional<StoredMessage>> read_one(Rows& rows, bool found) {
  if (!found) return std::optional<StoredMessage>();
  return std::optional<StoredMessage>(read_message(*rows));
}

}  // namespace

StoredMessage read_message(Statement& row) {
  StoredMessage message;
  bool whole = true;
  message.seq = row.column_int(0);
  message.id = read_or_note<MessageId>(row, 1, &whole);
  message.sender = row.column_int(2);
  message.kind = static_cast<int>(row.column_int(3));
  message.ack = static_cast<int>(row.column_int(4));
  message.version = row.column_int(5);
  message.stored_us = row.column_int(6);
  message.expires_us = row.column_int(7);
  const std::int64_t row_hash = row.column_int(8);
  if (!row.column_is_null(9)) message.in_reply_to = read_or_note<MessageId>(row, 9, &whole);
  message.state = row.column_text(10);
  message.content_hash = read_or_note<ContentHash>(row, 11, &whole);
  message.envelope = row.column_blob(12);
  message.body = row.column_blob(13);
  if (whole && row_hash == hash_of(message)) return message;
  StoredMessage damaged;
  damaged.seq = message.seq;
  damaged.id = message.id;
  damaged.damaged = true;
  return damaged;
}

Result<std::vector<StoredMessage>> read_messages(Rows& rows, bool row) {
  std::vector<StoredMessage> messages;
  while (row) {
    messages.push_back(read_message(*rows));
    TRY_ASSIGN(row, rows.next());
  }
  return messages;
}

Result<bool> ServerStore::is_purged(const MessageId& id) {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT 1 FROM known_id WHERE id = ?"));
  return Rows(select).first(blob(id));
}

Result<std::optional<ServerStore::Existing>> ServerStore::find_message(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT seq, content_hash FROM message WHERE id = ? UNION ALL"
                          " SELECT 0, content_hash FROM known_id WHERE id = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(blob(id), blob(id)));
  if (!found) {
    last_unknown_ = id;
    return std::optional<Existing>();
  }
  Existing existing;
  existing.seq = row->column_int(0);
  // A damaged one is nobody's content: what comes under its id is told that the id is taken.
  bool whole = true;
  existing.content_hash = read_or_note<ContentHash>(*row, 1, &whole);
  return std::optional<Existing>(existing);
}

Result<MessageSeq> ServerStore::insert_message(const StoredMessage& message) {
  TRY(check_text("state", message.state));
  if (last_unknown_ != message.id) {
    TRY_ASSIGN(const bool purged, is_purged(message.id));
    if (purged) {
      return Error{Code::kConflict, "message " + format_uuid(message.id) + " was stored before"};
    }
  }
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO message (seq, id, sender, kind, ack, version, stored_us,"
                          " expires_us, row_hash, in_reply_to, state, content_hash, envelope, body)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const auto seq = next_seq_ != 0 ? std::optional<MessageSeq>(next_seq_) : std::nullopt;
  const auto about = message.in_reply_to ? std::optional(blob(*message.in_reply_to)) : std::nullopt;
  TRY(insert->run(seq, blob(message.id), message.sender, message.kind, message.ack, message.version,
                  message.stored_us, message.expires_us, hash_of(message), about, message.state,
                  blob(message.content_hash), Statement::Blob{message.envelope},
                  Statement::Blob{message.body}));
  last_inserted_ = next_seq_ != 0 ? next_seq_++ : db_->last_insert_id();
  last_inserted_expires_us_ = message.expires_us;
  ++unflushed_.messages;
  return last_inserted_;
}

Result<std::optional<StoredMessage>> ServerStore::message(MessageSeq seq) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_MESSAGE_COLUMNS " FROM message m WHERE m.seq = ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool found, rows.first(seq));
  return read_one(rows, found);
}

Result<std::optional<StoredMessage>> ServerStore::message_by_id(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_MESSAGE_COLUMNS " FROM message m WHERE m.id = ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool found, rows.first(blob(id)));
  return read_one(rows, found);
}

Result<std::vector<StoredMessage>> ServerStore::replies_to(const MessageId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_MESSAGE_COLUMNS " FROM message m WHERE m.in_reply_to = ?"
                          " ORDER BY m.seq"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(blob(id)));
  return read_messages(rows, row);
}

Result<std::vector<StoredMessage>> ServerStore::recent_messages(MessageSeq before, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_MESSAGE_COLUMNS " FROM message m WHERE m.seq < ?"
                          " ORDER BY m.seq DESC LIMIT ?"));
  Rows rows(select);
  const MessageSeq below = before == 0 ? std::numeric_limits<MessageSeq>::max() : before;
  TRY_ASSIGN(const bool row, rows.first(below, limit));
  return read_messages(rows, row);
}

Result<std::int64_t> ServerStore::set_state(MessageSeq seq, std::string_view state) {
  TRY(check_text("state", state));
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE message SET state = ?, version = version + 1 WHERE seq = ?"));
  TRY(update->run(state, seq));
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT version FROM message WHERE seq = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(seq));
  if (!found) return Error{Code::kNotFound, "no message with seq " + std::to_string(seq)};
  return row->column_int(0);
}

Result<std::vector<std::string>> ServerStore::envelopes(MessageSeq* after, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT seq, envelope FROM message WHERE seq > ? ORDER BY seq LIMIT ?"));
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

}  // namespace yizhan::store
