// What is done with all that lies in one slice.

#include <string>
#include <utility>
#include <vector>

#include "store/history_rows.h"
#include "store/history_store.h"
#include "store/rows.h"

namespace yizhan::store {

Status HistoryStore::remove_rows(wire::RecordKind kind,
                                 const std::vector<std::pair<std::int64_t, std::string>>& rows) {
  TRY_ASSIGN(Statement* const remove, db_->prepare(record_sql(kind).remove_at));
  for (const auto& [n, id] : rows) {
    if (keys_) TRY(keys_->forget(kind, id));
    TRY(remove->run(n));
  }
  return {};
}

/// Of one kind, with row keys: these go too.
Result<std::int64_t> HistoryStore::purge_rows(wire::RecordKind kind, SliceId slice,
                                              std::int64_t limit) {
  const RecordSql& sql = record_sql(kind);
  std::vector<std::pair<std::int64_t, std::string>> gone;
  {
    TRY_ASSIGN(Statement* const select, db_->prepare(sql.purged));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(slice, limit));
    while (row) {
      gone.emplace_back(rows->column_int(0), rows->column_blob(1));
      TRY_ASSIGN(row, rows.next());
    }
  }
  TRY(remove_rows(kind, gone));
  return static_cast<std::int64_t>(gone.size());
}

Result<std::int64_t> HistoryStore::purge_slice(SliceId slice, int limit) {
  std::int64_t removed = 0;
  for (int number = 1; number <= wire::kRecordKinds && removed < limit; ++number) {
    const auto kind = static_cast<wire::RecordKind>(number);
    if (keys_) {
      TRY_ASSIGN(const std::int64_t rows, purge_rows(kind, slice, limit - removed));
      removed += rows;
      continue;
    }
    TRY_ASSIGN(Statement* const purge, db_->prepare(record_sql(kind).purge));
    TRY(purge->run(slice, limit - removed));
    removed += db_->changes();
  }
  if (removed == 0) {
    TRY_ASSIGN(Statement* const purge, db_->prepare("DELETE FROM revision WHERE slice = ?"));
    TRY(purge->run(slice));
  }
  return removed;
}

Result<std::vector<wire::Record>> HistoryStore::units_with(SliceId slice, std::string_view text,
                                                           int limit) {
  const RecordSql& sql = record_sql(wire::UNIT);
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " + sql.columns +
                          " FROM unit WHERE slice = ? AND deleted = 0"
                          " AND INSTR(LOWER(source), LOWER(?)) > 0 LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(slice, text, limit));
  std::vector<wire::Record> found;
  while (row) {
    StoredRecord stored = read_record(sql, *rows);
    if (!stored.damaged) found.push_back(std::move(stored.record));
    TRY_ASSIGN(row, rows.next());
  }
  return found;
}

Result<std::int64_t> HistoryStore::count(wire::RecordKind kind, SliceId slice) {
  TRY_ASSIGN(Statement* const select, db_->prepare(record_sql(kind).count));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(slice));
  return found ? row->column_int(0) : 0;
}

}  // namespace yizhan::store
