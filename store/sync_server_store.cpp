#include "store/sync_server_store.h"

#include <algorithm>
#include <array>

#include "store/rows.h"

namespace yizhan::store {
namespace {

constexpr std::array<const char*, 3> kAccessNames = {"none", "read", "write"};

}  // namespace

const char* access_name(Access access) { return kAccessNames[static_cast<std::size_t>(access)]; }

std::optional<Access> parse_access(std::string_view word) {
  for (std::size_t i = 0; i < kAccessNames.size(); ++i) {
    if (word == kAccessNames[i]) return static_cast<Access>(i);
  }
  return std::nullopt;
}

Result<std::vector<Slice>> SyncServerStore::slices() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT n, name, head FROM slice ORDER BY name"));
  Rows rows(select);
  std::vector<Slice> all;
  TRY_ASSIGN(bool row, rows.first());
  while (row) {
    all.push_back({rows->column_int(0), std::string(rows->column_text(1)),
                   static_cast<std::uint64_t>(rows->column_int(2))});
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

Result<SliceId> SyncServerStore::insert_slice(const std::string& name, std::int64_t now_us) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO slice (name, head, created_us) VALUES (?, 0, ?)"));
  TRY(insert->run(name, now_us));
  return db_->last_insert_id();
}

Status SyncServerStore::set_head(SliceId slice, std::uint64_t head) {
  TRY_ASSIGN(Statement* const update, db_->prepare("UPDATE slice SET head = ? WHERE n = ?"));
  return update->run(static_cast<std::int64_t>(head), slice);
}

Result<std::vector<SliceRight>> SyncServerStore::rights() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT path, who, access FROM slice_right ORDER BY path, who"));
  Rows rows(select);
  std::vector<SliceRight> all;
  TRY_ASSIGN(bool row, rows.first());
  while (row) {
    all.push_back({std::string(rows->column_text(0)), std::string(rows->column_text(1)),
                   static_cast<Access>(rows->column_int(2))});
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

Status SyncServerStore::set_right(const SliceRight& right) {
  TRY_ASSIGN(Statement* const remove,
             db_->prepare("DELETE FROM slice_right WHERE path = ? AND who = ?"));
  TRY(remove->run(right.path, right.who));
  if (right.access == Access::kNone) return {};
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO slice_right (path, who, access) VALUES (?, ?, ?)"));
  return insert->run(right.path, right.who, right.access);
}

Result<std::uint64_t> SyncServerStore::take_numbers(std::int64_t count) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE sync_counter SET seq = seq + ? WHERE id = 1"));
  TRY(update->run(count));
  TRY_ASSIGN(const std::uint64_t last, last_number());
  return last - static_cast<std::uint64_t>(count) + 1;
}

Result<std::uint64_t> SyncServerStore::last_number() {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT seq FROM sync_counter WHERE id = 1"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  if (!found) return Error{Code::kCorrupt, "the table sync_counter is empty; restore a backup"};
  return static_cast<std::uint64_t>(row->column_int(0));
}

Result<bool> SyncServerStore::is_known(const PushId& push) {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT 1 FROM known_push WHERE id = ?"));
  Rows row(select);
  return row.first(blob(push));
}

Status SyncServerStore::remember(const PushId& push, std::int64_t now_us) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO known_push (id, stored_us) VALUES (?, ?)"));
  return insert->run(blob(push), now_us);
}

Result<std::optional<ClientDatabase>> SyncServerStore::database(const DatabaseId& id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT n, client, pushes FROM client_database WHERE id = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(blob(id)));
  if (!found) return std::optional<ClientDatabase>();
  return std::optional<ClientDatabase>(
      {row->column_int(0), id, row->column_int(1), static_cast<std::uint64_t>(row->column_int(2))});
}

Result<std::int64_t> SyncServerStore::insert_database(const ClientDatabase& database,
                                                      std::int64_t now_us) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO client_database (id, client, pushes, seen_us)"
                          " VALUES (?, ?, ?, ?)"));
  TRY(insert->run(blob(database.id), database.client,
                  static_cast<std::int64_t>(database.pushes), now_us));
  return db_->last_insert_id();
}

Status SyncServerStore::note_push(std::int64_t database_n, std::uint64_t number,
                                  std::int64_t now_us) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE client_database SET"
                          " pushes = CASE WHEN pushes < ? THEN ? ELSE pushes END, seen_us = ?"
                          " WHERE n = ?"));
  return update->run(static_cast<std::int64_t>(number), static_cast<std::int64_t>(number), now_us,
                     database_n);
}

Result<std::int64_t> SyncServerStore::epochs() {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT COUNT(*) FROM sync_epoch"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  return found ? row->column_int(0) : 0;
}

Status SyncServerStore::begin_epoch(const EpochId& epoch, std::int64_t now_us) {
  TRY_ASSIGN(const std::uint64_t last, last_number());
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO sync_epoch (epoch, from_seq, started_us)"
                          " VALUES (?, ?, ?)"));
  return insert->run(blob(epoch), static_cast<std::int64_t>(last), now_us);
}

Result<std::uint64_t> SyncServerStore::agreed(std::string_view epoch, std::uint64_t seq) {
  if (seq == 0) return std::uint64_t{0};
  TRY_ASSIGN(Statement* const find, db_->prepare("SELECT n FROM sync_epoch WHERE epoch = ?"));
  std::int64_t n = 0;
  {
    Rows row(find);
    TRY_ASSIGN(const bool found, row.first(Statement::Blob{epoch}));
    if (!found) return std::uint64_t{0};
    n = row->column_int(0);
  }
  TRY_ASSIGN(Statement* const next,
             db_->prepare("SELECT from_seq FROM sync_epoch WHERE n > ? ORDER BY n LIMIT 1"));
  Rows row(next);
  TRY_ASSIGN(const bool found, row.first(n));
  if (found) return std::min(seq, static_cast<std::uint64_t>(row->column_int(0)));
  TRY_ASSIGN(const std::uint64_t last, last_number());
  return std::min(seq, last);
}

}  // namespace yizhan::store
