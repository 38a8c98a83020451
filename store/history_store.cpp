#include "store/history_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "store/history_rows.h"
#include "store/row_hash.h"
#include "store/rows.h"
#include "wire/limits.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kRevisionColumns =
    "record, kind, rev, seq, outcome, user, code, role_rank, at_us, stored_us, deleted, row_hash,"
    " content";

std::int64_t hash_of(const wire::Revision& revision, std::string_view content) {
  RowHash hash;
  hash.add(revision.record());
  hash.add(static_cast<std::int64_t>(revision.rev()));
  hash.add(static_cast<std::int64_t>(revision.outcome()));
  hash.add(content);
  return hash.finish();
}

/// The values of a revision as they are stored.
std::string pack(const wire::Revision& revision) {
  wire::Record content;
  *content.mutable_values() = revision.values();
  return content.SerializeAsString();
}

/// Empty for a row that does not fit its hash.
std::optional<wire::Revision> read_revision(Statement& row) {
  wire::Revision revision;
  revision.set_record(std::string(row.column_blob(0)));
  revision.set_kind(static_cast<wire::RecordKind>(row.column_int(1)));
  revision.set_rev(static_cast<std::uint64_t>(row.column_int(2)));
  revision.set_seq(static_cast<std::uint64_t>(row.column_int(3)));
  revision.set_outcome(static_cast<wire::Outcome>(row.column_int(4)));
  revision.set_user(std::string(row.column_text(5)));
  revision.set_code(std::string(row.column_text(6)));
  revision.set_rank(static_cast<std::uint32_t>(row.column_int(7)));
  revision.set_at_us(row.column_int(8));
  revision.set_stored_us(row.column_int(9));
  revision.set_deleted(row.column_int(10) != 0);
  const std::string_view content = row.column_blob(12);
  wire::Record values;
  if (hash_of(revision, content) != row.column_int(11) ||
      !values.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return std::nullopt;
  }
  revision.mutable_values()->Swap(values.mutable_values());
  return revision;
}

template <class Parts>
std::size_t bytes_of(const Parts& record) {
  std::size_t bytes = 64;
  for (const std::string& value : record.values()) bytes += value.size() + 3;
  return bytes;
}

/// What a page may hold, taken in the order of sequence numbers from several tables.
struct Candidate {
  std::uint64_t seq = 0;
  std::size_t bytes = 0;
  wire::Record record;      // one of the two
  wire::Revision revision;
  bool is_revision = false;
  bool leave_out = false;
  bool damaged = false;
};

}  // namespace

HistoryStore::HistoryStore(Db& db, Ids ids) : db_(&db) {
  if (ids == Ids::kRowKeys) keys_.emplace(db);
}

Result<std::optional<StoredRecord>> HistoryStore::find(wire::RecordKind kind,
                                                       std::string_view id) {
  if (keys_) {
    TRY_ASSIGN(const auto n, keys_->find(kind, id));
    if (!n) return std::optional<StoredRecord>();
    return at(kind, *n);
  }
  const RecordSql& sql = record_sql(kind);
  TRY_ASSIGN(Statement* const select, db_->prepare(sql.find));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(Statement::Blob{id}));
  if (!found) return std::optional<StoredRecord>();
  return std::optional<StoredRecord>(read_record(sql, *row));
}

Result<std::optional<StoredRecord>> HistoryStore::at(wire::RecordKind kind, std::int64_t n) {
  const RecordSql& sql = record_sql(kind);
  TRY_ASSIGN(Statement* const select, db_->prepare(sql.at));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(n));
  if (!found) return std::optional<StoredRecord>();
  return std::optional<StoredRecord>(read_record(sql, *row));
}

Result<std::int64_t> HistoryStore::insert(const wire::Record& record, SliceId slice,
                                          std::int64_t writer, std::int64_t pending) {
  if (keys_) {
    TRY_ASSIGN(const auto known, keys_->find(record.kind(), record.id()));
    if (known) return Error{Code::kConflict, "this record is there already"};
  }
  TRY_ASSIGN(Statement* const insert, db_->prepare(record_sql(record.kind()).insert));
  const int last = bind_record(*insert, record, slice, writer, pending);
  insert->lend_blob(last, record.id());
  TRY(insert->step());
  const std::int64_t n = db_->last_insert_id();
  if (keys_) TRY(keys_->add(record.kind(), record.id(), n));
  return n;
}

Status HistoryStore::update(const StoredRecord& stored) {
  const RecordSql& sql = record_sql(stored.record.kind());
  std::optional<std::int64_t> n;
  if (keys_) {
    TRY_ASSIGN(n, keys_->find(stored.record.kind(), stored.record.id()));
    if (!n) return {};
  }
  TRY_ASSIGN(Statement* const update, db_->prepare(n ? sql.update_at : sql.update));
  const int last = bind_record(*update, stored.record, stored.slice, stored.writer, stored.pending);
  if (n) {
    update->bind_int(last, *n);
  } else {
    update->lend_blob(last, stored.record.id());
  }
  TRY(update->step());
  return {};
}

Status HistoryStore::settle(wire::RecordKind kind, std::string_view id, std::uint64_t rev,
                            std::uint64_t seq, std::uint32_t rank,
                            bool was_pending) {
  const RecordSql& sql = record_sql(kind);
  const int answered = was_pending ? 1 : 0;
  const auto new_rev = static_cast<std::int64_t>(rev);
  const auto run = [&](const std::string& text, const auto& which) -> Status {
    TRY_ASSIGN(Statement* const update, db_->prepare(text));
    return update->run(answered, answered, new_rev, static_cast<std::int64_t>(seq), new_rev, rank,
                       new_rev, new_rev, which);
  };
  if (!keys_) return run(sql.settle, Statement::Blob{id});
  TRY_ASSIGN(const auto n, keys_->find(kind, id));
  return n ? run(sql.settle_at, *n) : Status();
}

Status HistoryStore::remove(wire::RecordKind kind, std::string_view id) {
  const RecordSql& sql = record_sql(kind);
  if (!keys_) {
    TRY_ASSIGN(Statement* const remove, db_->prepare(sql.remove));
    return remove->run(Statement::Blob{id});
  }
  TRY_ASSIGN(const auto n, keys_->find(kind, id));
  if (!n) return {};
  TRY(keys_->forget(kind, id));
  TRY_ASSIGN(Statement* const remove, db_->prepare(sql.remove_at));
  return remove->run(*n);
}

Status HistoryStore::add_revision(SliceId slice, const wire::Revision& revision,
                                  std::uint32_t groups) {
  const std::string content = pack(revision);
  TRY_ASSIGN(
      Statement* const insert,
      db_->prepare("INSERT INTO revision (slice, field_groups, record, kind, rev, seq, outcome,"
                   " user, code, role_rank, at_us, stored_us, deleted, row_hash, content)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  return insert->run(slice, groups, Statement::Blob{revision.record()}, revision.kind(),
                     static_cast<std::int64_t>(revision.rev()),
                     static_cast<std::int64_t>(revision.seq()), revision.outcome(),
                     revision.user(), revision.code(), revision.rank(), revision.at_us(),
                     revision.stored_us(), revision.deleted() ? 1 : 0,
                     hash_of(revision, content), Statement::Blob{content});
}

Result<bool> HistoryStore::has_revision(std::string_view record, std::uint64_t rev,
                                        std::string_view code, wire::Outcome outcome) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT 1 FROM revision WHERE record = ? AND rev = ? AND code = ?"
                          " AND outcome = ?"));
  Rows row(select);
  return row.first(Statement::Blob{record}, static_cast<std::int64_t>(rev), code, outcome);
}

Status HistoryStore::keep_revision(SliceId slice, const wire::Revision& revision) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT 1 FROM revision WHERE record = ? AND rev = ? AND seq = ?"
                          " AND outcome = ? AND code = ? AND at_us = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool known,
             row.first(Statement::Blob{revision.record()},
                       static_cast<std::int64_t>(revision.rev()),
                       static_cast<std::int64_t>(revision.seq()), revision.outcome(),
                       revision.code(), revision.at_us()));
  if (known) return {};
  return add_revision(slice, revision, 0);
}

Status HistoryStore::forget_revisions(SliceId slice, std::uint64_t above_seq) {
  TRY_ASSIGN(Statement* const remove,
             db_->prepare("DELETE FROM revision WHERE slice = ? AND seq > ?"));
  return remove->run(slice, static_cast<std::int64_t>(above_seq));
}

Result<std::vector<wire::Revision>> HistoryStore::revisions(std::string_view record) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " + std::string(kRevisionColumns) +
                          " FROM revision WHERE record = ? ORDER BY rev, seq, n"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(Statement::Blob{record}));
  std::vector<wire::Revision> all;
  while (row) {
    if (auto revision = read_revision(*rows)) all.push_back(std::move(*revision));
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

Result<std::uint32_t> HistoryStore::groups_since(std::string_view record, std::uint64_t base_rev,
                                                 std::string_view code) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT field_groups FROM revision WHERE record = ? AND rev > ? AND"
                          " code <> ? AND (outcome = 1 OR outcome = 2)"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(Statement::Blob{record}, static_cast<std::int64_t>(base_rev),
                                  code));
  std::uint32_t groups = 0;
  while (row) {
    groups |= static_cast<std::uint32_t>(rows->column_int(0));
    TRY_ASSIGN(row, rows.next());
  }
  return groups;
}

Result<HistoryStore::Page> HistoryStore::page(SliceId slice, std::uint64_t after,
                                              std::int64_t writer) {
  const auto limit = static_cast<std::int64_t>(wire::kPageRecords);
  std::vector<Candidate> found;
  std::uint64_t horizon = UINT64_MAX;  // some table was cut here: nothing above may be taken
  const auto cut = [&](std::int64_t rows, std::uint64_t last) {
    if (rows == limit) horizon = std::min(horizon, last);
  };
  for (int kind = 1; kind <= wire::kRecordKinds; ++kind) {
    const RecordSql& sql = record_sql(static_cast<wire::RecordKind>(kind));
    TRY_ASSIGN(Statement* const select, db_->prepare(sql.page));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(slice, static_cast<std::int64_t>(after), limit));
    std::int64_t count = 0;
    for (; row; ++count) {
      StoredRecord stored = read_record(sql, *rows);
      Candidate one;
      one.seq = stored.record.seq();
      one.leave_out = stored.damaged || (writer != 0 && stored.writer == writer);
      one.damaged = stored.damaged;
      one.bytes = one.leave_out ? 0 : bytes_of(stored.record);
      one.record = std::move(stored.record);
      found.push_back(std::move(one));
      TRY_ASSIGN(row, rows.next());
    }
    if (count > 0) cut(count, found.back().seq);
  }
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " + std::string(kRevisionColumns) +
                          " FROM revision WHERE slice = ? AND seq > ? ORDER BY seq LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(slice, static_cast<std::int64_t>(after), limit));
  std::int64_t count = 0;
  for (; row; ++count) {
    Candidate one;
    one.is_revision = true;
    one.seq = static_cast<std::uint64_t>(rows->column_int(3));
    if (auto revision = read_revision(*rows)) {
      one.bytes = bytes_of(*revision);
      one.revision = std::move(*revision);
    } else {
      one.leave_out = one.damaged = true;
    }
    found.push_back(std::move(one));
    TRY_ASSIGN(row, rows.next());
  }
  // One change may leave several revisions with its number: the last one's may be cut in two.
  if (count > 0) cut(count, found.back().seq - 1);
  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate& a, const Candidate& b) { return a.seq < b.seq; });

  Page page;
  page.to = after;
  page.complete = horizon == UINT64_MAX;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    Candidate& one = found[i];
    // What has one number goes into one page: the cursor is that number.
    const bool first_of_number = i == 0 || found[i - 1].seq != one.seq;
    const bool full = bytes > 0 && bytes + one.bytes > wire::kPageBytes;
    if (one.seq > horizon ||
        (first_of_number && (full || page.records.size() >= wire::kPageRecords))) {
      page.complete = false;
      break;
    }
    page.to = one.seq;
    bytes += one.bytes;
    if (one.damaged) ++page.damaged;
    if (one.leave_out) continue;
    if (one.is_revision) {
      page.revisions.push_back(std::move(one.revision));
    } else {
      page.records.push_back(std::move(one.record));
    }
  }
  return page;
}

Result<std::vector<StoredRecord>> HistoryStore::walk(wire::RecordKind kind, SliceId slice,
                                                     std::uint64_t above, std::int64_t* from,
                                                     int limit) {
  const RecordSql& sql = record_sql(kind);
  TRY_ASSIGN(Statement* const select, db_->prepare(sql.walk));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(*from, slice, static_cast<std::int64_t>(above), limit));
  std::vector<StoredRecord> all;
  while (row) {
    all.push_back(read_record(sql, *rows));
    *from = all.back().n;
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

}  // namespace yizhan::store
