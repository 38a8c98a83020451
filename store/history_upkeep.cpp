// What is done to history data in the background, a bite at a time.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "store/history_rows.h"
#include "store/history_store.h"
#include "store/rows.h"

namespace yizhan::store {

Result<std::uint64_t> HistoryStore::last_revision(std::string_view record) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT COALESCE(MAX(rev), 0) FROM revision WHERE record = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(Statement::Blob{record}));
  return found ? static_cast<std::uint64_t>(row->column_int(0)) : 0;
}

Result<std::int64_t> HistoryStore::copy_revisions(SliceId slice, std::string_view from,
                                                  std::string_view to, std::uint64_t seq,
                                                  bool counts) {
  TRY_ASSIGN(const std::vector<wire::Revision> all, revisions(from));
  std::int64_t copied = 0;
  for (const wire::Revision& one : all) {
    std::uint32_t groups = 0;
    if (counts) {
      TRY_ASSIGN(Statement* const select,
                 db_->prepare("SELECT field_groups FROM revision WHERE record = ? AND seq = ? AND"
                              " rev = ? AND outcome = ?"));
      Rows row(select);
      TRY_ASSIGN(const bool found,
                 row.first(Statement::Blob{from}, static_cast<std::int64_t>(one.seq()),
                           static_cast<std::int64_t>(one.rev()), one.outcome()));
      if (found) groups = static_cast<std::uint32_t>(row->column_int(0));
    }
    wire::Revision copy = one;
    copy.set_record(std::string(to));
    copy.set_seq(seq + static_cast<std::uint64_t>(copied++));
    TRY(add_revision(slice, copy, groups));
  }
  return copied;
}

Result<bool> HistoryStore::is_behind(wire::RecordKind kind, std::int64_t n) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(std::string("SELECT COALESCE(MAX(n), 0) FROM ") +
                          wire::record_kind_name(kind)));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  return !found || row->column_int(0) <= n;
}

Result<std::vector<StoredRecord>> HistoryStore::take_old_keys(wire::RecordKind kind,
                                                              std::int64_t* from, int span,
                                                              bool* end) {
  const RecordSql& sql = record_sql(kind);
  const std::string where = " WHERE n > ? AND n <= ? AND key_version < ?";
  const std::int64_t to = *from + span;
  std::vector<StoredRecord> all;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT " + sql.columns + " FROM " + wire::record_kind_name(kind) +
                            where + " ORDER BY n"));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(*from, to, wire::kKeyVersion));
    while (row) {
      all.push_back(read_record(sql, *rows));
      TRY_ASSIGN(row, rows.next());
    }
  }
  if (!all.empty()) {
    TRY_ASSIGN(Statement* const update,
               db_->prepare(std::string("UPDATE ") + wire::record_kind_name(kind) +
                            " SET key_version = " + std::to_string(wire::kKeyVersion) + where));
    TRY(update->run(*from, to, wire::kKeyVersion));
  }
  *from = to;
  TRY_ASSIGN(*end, is_behind(kind, to));
  return all;
}

Result<HistoryStore::Purged> HistoryStore::purge_deleted(wire::RecordKind kind, SliceId slice,
                                                         std::uint64_t above, std::uint64_t up_to,
                                                         int limit) {
  const std::string table = wire::record_kind_name(kind);
  std::vector<std::int64_t> rows;
  Purged purged;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT n, seq FROM " + table + " WHERE slice = ? AND seq > ? AND"
                            " seq <= ? AND deleted = 1 ORDER BY seq LIMIT ?"));
    Rows found(select);
    TRY_ASSIGN(bool row, found.first(slice, static_cast<std::int64_t>(above),
                                     static_cast<std::int64_t>(up_to), limit));
    while (row) {
      rows.push_back(found->column_int(0));
      purged.to = static_cast<std::uint64_t>(found->column_int(1));
      TRY_ASSIGN(row, found.next());
    }
  }
  TRY_ASSIGN(Statement* const remove, db_->prepare("DELETE FROM " + table + " WHERE n = ?"));
  for (const std::int64_t n : rows) TRY(remove->run(n));
  purged.rows = static_cast<std::int64_t>(rows.size());
  return purged;
}

Result<std::int64_t> HistoryStore::sweep(wire::RecordKind kind, SliceId slice,
                                         std::uint64_t up_to, std::int64_t seed,
                                         std::int64_t* from, int span, bool* end) {
  const std::int64_t to = *from + span;
  const std::string which = seed == 0 ? " AND deleted = ?" : " AND writer <> ?";
  std::vector<std::pair<std::int64_t, std::string>> gone;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare(std::string("SELECT n, id FROM ") + wire::record_kind_name(kind) +
                            " WHERE n > ? AND n <= ? AND slice = ? AND pending = 0 AND seq <= ?" +
                            which));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(*from, to, slice, static_cast<std::int64_t>(up_to),
                                    seed == 0 ? 1 : seed));
    while (row) {
      gone.emplace_back(rows->column_int(0), rows->column_blob(1));
      TRY_ASSIGN(row, rows.next());
    }
  }
  TRY(remove_rows(kind, gone));
  *from = to;
  TRY_ASSIGN(*end, is_behind(kind, to));
  return static_cast<std::int64_t>(gone.size());
}

}  // namespace yizhan::store
