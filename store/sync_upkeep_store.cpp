// What the server notes for the upkeep of history data: how old numbers are, what was purged, and
// answers that came before their question.

#include "store/rows.h"
#include "store/sync_server_store.h"

namespace yizhan::store {

namespace {

std::int64_t as_int(std::uint64_t number) { return static_cast<std::int64_t>(number); }

template <class... Values>
Status run(Db& db, std::string_view sql, const Values&... values) {
  TRY_ASSIGN(Statement* const statement, db.prepare(sql));
  return statement->run(values...);
}

/// The first column of the first row; 0 if there is no row.
template <class... Values>
Result<std::int64_t> number(Db& db, std::string_view sql, const Values&... values) {
  TRY_ASSIGN(Statement* const select, db.prepare(sql));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(values...));
  return found ? row->column_int(0) : 0;
}

template <class... Values>
Result<std::vector<HeldAnswer>> answers(Db& db, std::string_view where, const Values&... values) {
  TRY_ASSIGN(Statement* const select,
             db.prepare("SELECT id, client, envelope, body FROM held_answer WHERE " +
                        std::string(where)));
  Rows rows(select);
  std::vector<HeldAnswer> all;
  TRY_ASSIGN(bool row, rows.first(values...));
  while (row) {
    all.push_back({std::string(rows->column_blob(0)), rows->column_int(1),
                   std::string(rows->column_blob(2)), std::string(rows->column_blob(3))});
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

}  // namespace

Status SyncServerStore::note_day(const Day& day) {
  return run(*db_, "INSERT INTO sync_day (seq, at_us) VALUES (?, ?)", as_int(day.seq), day.at_us);
}

Result<SyncServerStore::Day> SyncServerStore::last_day() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT seq, at_us FROM sync_day ORDER BY n DESC LIMIT 1"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  if (!found) return Day{};
  return Day{static_cast<std::uint64_t>(row->column_int(0)), row->column_int(1)};
}

Result<std::uint64_t> SyncServerStore::number_before(std::int64_t at_us) {
  TRY_ASSIGN(const std::int64_t seq,
             number(*db_, "SELECT COALESCE(MAX(seq), 0) FROM sync_day WHERE at_us <= ?", at_us));
  return static_cast<std::uint64_t>(seq);
}

Status SyncServerStore::forget_days(std::uint64_t up_to) {
  return run(*db_, "DELETE FROM sync_day WHERE seq < ?", as_int(up_to));
}

Status SyncServerStore::set_purged(std::uint64_t seq) {
  purged_ = seq;
  return run(*db_, "UPDATE sync_counter SET purged_seq = ? WHERE id = 1", as_int(seq));
}

Status SyncServerStore::set_purged(SliceId slice, std::uint64_t seq) {
  TRY(run(*db_, "DELETE FROM slice_purge WHERE slice = ?", slice));
  return run(*db_, "INSERT INTO slice_purge (slice, seq) VALUES (?, ?)", slice, as_int(seq));
}

Result<std::int64_t> SyncServerStore::mark(std::string_view name) {
  return number(*db_, "SELECT value FROM sync_mark WHERE name = ?", name);
}

Status SyncServerStore::set_mark(std::string_view name, std::int64_t value) {
  TRY(run(*db_, "DELETE FROM sync_mark WHERE name = ?", name));
  return run(*db_, "INSERT INTO sync_mark (name, value) VALUES (?, ?)", name, value);
}

Status SyncServerStore::hold(const HeldAnswer& answer, std::string_view parent,
                             std::int64_t now_us) {
  TRY_ASSIGN(const std::int64_t before, held());
  held_ = before + 1;
  return run(*db_,
             "INSERT INTO held_answer (id, parent, client, at_us, envelope, body)"
             " VALUES (?, ?, ?, ?, ?, ?)",
             Statement::Blob{answer.id}, Statement::Blob{parent}, answer.client, now_us,
             Statement::Blob{answer.envelope}, Statement::Blob{answer.body});
}

Result<std::vector<HeldAnswer>> SyncServerStore::held_for(std::string_view parent) {
  TRY_ASSIGN(const std::int64_t all, held());
  if (all == 0) return std::vector<HeldAnswer>();  // asked for each message that is stored
  return answers(*db_, "parent = ? ORDER BY n", Statement::Blob{parent});
}

Result<std::vector<HeldAnswer>> SyncServerStore::held_before(std::int64_t at_us, int limit) {
  return answers(*db_, "at_us < ? ORDER BY n LIMIT ?", at_us, limit);
}

Result<bool> SyncServerStore::is_held(std::string_view id) {
  TRY_ASSIGN(const std::int64_t rows, number(*db_, "SELECT COUNT(*) FROM held_answer WHERE id = ?",
                                             Statement::Blob{id}));
  return rows > 0;
}

Status SyncServerStore::release(std::string_view id) {
  TRY_ASSIGN(const std::int64_t before, held());
  TRY(run(*db_, "DELETE FROM held_answer WHERE id = ?", Statement::Blob{id}));
  held_ = before - db_->changes();
  return {};
}

Result<std::int64_t> SyncServerStore::held() {
  if (!held_) {
    TRY_ASSIGN(held_, number(*db_, "SELECT COUNT(*) FROM held_answer"));
  }
  return *held_;
}

}  // namespace yizhan::store
