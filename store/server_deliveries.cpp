// Deliveries of the server database.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/dialect.h"
#include "store/rows.h"
#include "store/server_message_row.h"
#include "store/server_store.h"

#define YIZHAN_DELIVERY_COLUMNS \
  "message, client, state, queued_us, delivered_us, state_us, attempts, reason, cause"

namespace yizhan::store {
namespace {

// Another broker on the same MySQL database must not change the state between reading and writing;
// SQLite has one writer.
constexpr Query kLockedState = {
    "SELECT state FROM delivery WHERE message = ? AND client = ?",
    "SELECT state FROM delivery WHERE message = ? AND client = ? FOR UPDATE"};

Delivery read_delivery(Statement& row) {
  Delivery delivery;
  delivery.message = row.column_int(0);
  delivery.client = row.column_int(1);
  delivery.state = static_cast<DeliveryState>(row.column_int(2));
  delivery.queued_us = row.column_int(3);
  delivery.delivered_us = row.column_int(4);
  delivery.state_us = row.column_int(5);
  delivery.attempts = static_cast<int>(row.column_int(6));
  delivery.reason = row.column_text(7);
  delivery.cause = row.column_text(8);
  return delivery;
}

Result<std::vector<Delivery>> read_deliveries(Rows& rows, bool row) {
  std::vector<Delivery> deliveries;
  while (row) {
    deliveries.push_back(read_delivery(*rows));
    TRY_ASSIGN(row, rows.next());
  }
  return deliveries;
}

}  // namespace

Result<std::int64_t> ServerStore::expiry_of(MessageSeq seq) {
  if (seq == last_inserted_ && seq != 0) return last_inserted_expires_us_;
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT expires_us FROM message WHERE seq = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(seq));
  if (!found) return Error{Code::kNotFound, "no message with seq " + std::to_string(seq)};
  return row->column_int(0);
}

Result<bool> ServerStore::insert_delivery(MessageSeq message, ClientId client, std::int64_t now_us,
                                          std::string_view cause) {
  TRY_ASSIGN(const std::int64_t expires_us, expiry_of(message));
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO delivery (message, client, state, queued_us, delivered_us,"
                          " state_us, expires_us, attempts, reason, cause)"
                          " VALUES (?, ?, 0, ?, 0, ?, ?, 0, '', ?)"));
  const Status inserted = insert->run(message, client, now_us, now_us, expires_us, cause);
  if (!inserted.ok()) {
    if (inserted.error().code == Code::kConflict) return false;
    return inserted.error();
  }
  ++unflushed_.accepted;
  ++unflushed_.queued;
  count_waiting(client, 1);
  return true;
}

Result<std::optional<Delivery>> ServerStore::delivery(MessageSeq message, ClientId client) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_DELIVERY_COLUMNS " FROM delivery"
                          " WHERE message = ? AND client = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(message, client));
  if (!found) return std::optional<Delivery>();
  return std::optional<Delivery>(read_delivery(*row));
}

Result<std::vector<Delivery>> ServerStore::deliveries(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_DELIVERY_COLUMNS
                          " FROM delivery WHERE message = ? ORDER BY client"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(message));
  return read_deliveries(rows, row);
}

Result<std::vector<StoredMessage>> ServerStore::mailbox(ClientId client, MessageSeq after,
                                                        int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_MESSAGE_COLUMNS
                          " FROM delivery d JOIN message m ON m.seq = d.message"
                          " WHERE d.client = ? AND d.state = 0 AND d.message > ?"
                          " ORDER BY d.message LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(client, after, limit));
  return read_messages(rows, row);
}

Result<std::int64_t> ServerStore::mailbox_size(ClientId client) {
  if (const auto known = waiting_.find(client); known != waiting_.end()) return known->second;
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT COUNT(*) FROM delivery WHERE client = ? AND state = 0"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(client));
  const std::int64_t waiting = found ? row->column_int(0) : 0;
  waiting_[client] = waiting;
  return waiting;
}

Status ServerStore::update_delivery(const Delivery& delivery) {
  TRY_ASSIGN(Statement* const select, db_->prepare(kLockedState.in(db_->dialect())));
  DeliveryState before = DeliveryState::kQueued;
  {
    Rows row(select);
    TRY_ASSIGN(const bool found, row.first(delivery.message, delivery.client));
    if (!found) {
      return Error{Code::kNotFound, "message " + std::to_string(delivery.message) +
                                        " has no delivery to client " +
                                        std::to_string(delivery.client)};
    }
    before = static_cast<DeliveryState>(row->column_int(0));
  }
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE delivery SET state = ?, state_us = ?, delivered_us ="
                          " CASE WHEN ? = 0 THEN delivered_us ELSE ? END, attempts = ?, reason = ?"
                          " WHERE message = ? AND client = ?"));
  TRY(update->run(delivery.state, delivery.state_us, delivery.delivered_us, delivery.delivered_us,
                  delivery.attempts, delivery.reason, delivery.message, delivery.client));
  count(before, -1);
  count(delivery.state, 1);
  if (before == DeliveryState::kQueued) count_waiting(delivery.client, -1);
  if (delivery.state == DeliveryState::kQueued) count_waiting(delivery.client, 1);
  return {};
}

Result<std::vector<Delivery>> ServerStore::expired_deliveries(std::int64_t now_us, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_DELIVERY_COLUMNS
                          " FROM delivery WHERE state = 0 AND expires_us > 0 AND expires_us <= ?"
                          " ORDER BY expires_us LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(now_us, limit));
  return read_deliveries(rows, row);
}

Result<std::int64_t> ServerStore::next_expiry() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT expires_us FROM delivery WHERE state = 0 AND expires_us > 0"
                          " ORDER BY expires_us LIMIT 1"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  return found ? row->column_int(0) : 0;
}

Result<std::vector<Delivery>> ServerStore::dead_deliveries(int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_DELIVERY_COLUMNS " FROM delivery WHERE state = 9"
                          " ORDER BY message, client LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first(limit));
  return read_deliveries(rows, row);
}

}  // namespace yizhan::store
