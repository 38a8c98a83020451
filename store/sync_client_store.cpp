#include "store/sync_client_store.h"

#include "store/rows.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kPushColumns =
    "n, id, slice, lane, state, changes, created_us, reason, content";

Push read_push(Statement& row) {
  Push push;
  push.n = row.column_int(0);
  push.id = row.column_blob(1);
  push.slice = row.column_int(2);
  push.lane = static_cast<Lane>(row.column_int(3));
  push.parked = row.column_int(4) != 0;
  push.changes = static_cast<int>(row.column_int(5));
  push.created_us = row.column_int(6);
  push.reason = row.column_text(7);
  push.content = row.column_blob(8);
  return push;
}

constexpr std::string_view kSliceSelect =
    "SELECT s.n, s.name, s.head, s.after_seq, s.access_level, COALESCE(f.purged, 0),"
    " COALESCE(f.seed, 0), COALESCE(f.seed_to, 0), COALESCE(f.seeded_us, 0),"
    " COALESCE(f.removed, 0) FROM slice s LEFT JOIN slice_seed f ON f.slice = s.n";

FollowedSlice read_slice(Statement& row) {
  return {row.column_int(0), std::string(row.column_text(1)),
          static_cast<std::uint64_t>(row.column_int(2)),
          static_cast<std::uint64_t>(row.column_int(3)), static_cast<int>(row.column_int(4)),
          static_cast<std::uint64_t>(row.column_int(5)), row.column_int(6),
          static_cast<std::uint64_t>(row.column_int(7)), row.column_int(8), row.column_int(9)};
}

Import read_import(Statement& row) {
  Import import;
  import.n = row.column_int(0);
  import.slice = row.column_int(1);
  import.spool = row.column_text(2);
  import.file = row.column_text(3);
  import.at_byte = static_cast<std::uint64_t>(row.column_int(4));
  import.bytes = static_cast<std::uint64_t>(row.column_int(5));
  import.records = static_cast<std::uint64_t>(row.column_int(6));
  import.done = static_cast<std::uint64_t>(row.column_int(7));
  import.started_us = row.column_int(8);
  return import;
}

template <class Read, class... Values>
auto all_rows(Db& db, std::string_view sql, Read read, const Values&... values)
    -> Result<std::vector<decltype(read(std::declval<Statement&>()))>> {
  TRY_ASSIGN(Statement* const select, db.prepare(sql));
  Rows rows(select);
  std::vector<decltype(read(*rows))> all;
  TRY_ASSIGN(bool row, rows.first(values...));
  while (row) {
    all.push_back(read(*rows));
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

template <class... Values>
Status run(Db& db, std::string_view sql, const Values&... values) {
  TRY_ASSIGN(Statement* const statement, db.prepare(sql));
  return statement->run(values...);
}

}  // namespace

Result<std::vector<FollowedSlice>> SyncClientStore::slices() {
  return all_rows(*db_, std::string(kSliceSelect) + " ORDER BY s.name", read_slice);
}

Result<FollowedSlice> SyncClientStore::slice(const std::string& name) {
  TRY_ASSIGN(const auto found,
             all_rows(*db_, std::string(kSliceSelect) + " WHERE s.name = ?", read_slice, name));
  if (!found.empty()) return found.front();
  TRY(run(*db_, "INSERT INTO slice (name, head, after_seq, access_level) VALUES (?, 0, 0, 0)",
          name));
  FollowedSlice made;
  made.id = db_->last_insert_id();
  made.name = name;
  return made;
}

Status SyncClientStore::update_slice(const FollowedSlice& slice) {
  return run(*db_, "UPDATE slice SET head = ?, after_seq = ?, access_level = ? WHERE n = ?",
             static_cast<std::int64_t>(slice.head), static_cast<std::int64_t>(slice.cursor),
             slice.access, slice.id);
}

Status SyncClientStore::save_seed(const FollowedSlice& slice) {
  return run(*db_,
             "INSERT OR REPLACE INTO slice_seed (slice, purged, seed, seed_to, seeded_us, removed)"
             " VALUES (?, ?, ?, ?, ?, ?)",
             slice.id, static_cast<std::int64_t>(slice.purged), slice.seed,
             static_cast<std::int64_t>(slice.seed_to), slice.seeded_us, slice.removed);
}

Status SyncClientStore::remove_slice(SliceId slice) {
  TRY(run(*db_, "DELETE FROM slice_seed WHERE slice = ?", slice));
  return run(*db_, "DELETE FROM slice WHERE n = ?", slice);
}

Result<std::int64_t> SyncClientStore::add_push(const Push& push) {
  TRY(run(*db_,
          "INSERT INTO push (id, slice, lane, state, changes, created_us, reason, content)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          Statement::Blob{push.id}, push.slice, push.lane, push.parked ? 1 : 0, push.changes,
          push.created_us, push.reason, Statement::Blob{push.content}));
  return db_->last_insert_id();
}

Result<std::vector<Push>> SyncClientStore::waiting(Lane lane, std::int64_t after, int limit) {
  return all_rows(*db_,
                  "SELECT " + std::string(kPushColumns) +
                      " FROM push WHERE state = 0 AND lane = ? AND n > ? ORDER BY n LIMIT ?",
                  read_push, lane, after, limit);
}

Result<std::optional<Push>> SyncClientStore::push(std::string_view id) {
  TRY_ASSIGN(auto found,
             all_rows(*db_, "SELECT " + std::string(kPushColumns) + " FROM push WHERE id = ?",
                      read_push, Statement::Blob{id}));
  if (found.empty()) return std::optional<Push>();
  return std::optional<Push>(std::move(found.front()));
}

Result<std::vector<Push>> SyncClientStore::parked(int limit) {
  return all_rows(*db_,
                  "SELECT " + std::string(kPushColumns) +
                      " FROM push WHERE state = 1 ORDER BY n LIMIT ?",
                  read_push, limit);
}

Status SyncClientStore::park(std::int64_t n, const std::string& reason) {
  return run(*db_, "UPDATE push SET state = 1, reason = ? WHERE n = ?", reason, n);
}

Status SyncClientStore::unpark(std::int64_t n) {
  return run(*db_, "UPDATE push SET state = 0, reason = '' WHERE n = ?", n);
}

Status SyncClientStore::remove_push(std::int64_t n) {
  return run(*db_, "DELETE FROM push WHERE n = ?", n);
}

Result<std::int64_t> SyncClientStore::last_push() {
  TRY_ASSIGN(const auto rows,
             all_rows(*db_, "SELECT seq FROM sqlite_sequence WHERE name = 'push'",
                      [](Statement& row) { return row.column_int(0); }));
  return rows.empty() ? std::int64_t{0} : rows.front();
}

Result<SyncClientStore::Backlog> SyncClientStore::backlog() {
  TRY_ASSIGN(const auto rows,
             all_rows(*db_,
                      "SELECT COUNT(*), COALESCE(SUM(changes), 0), COALESCE(SUM(state), 0),"
                      " COALESCE(MIN(created_us), 0) FROM push",
                      [](Statement& row) {
                        return Backlog{row.column_int(0), row.column_int(1), row.column_int(2),
                                       row.column_int(3)};
                      }));
  return rows.front();
}

Result<bool> SyncClientStore::has_waiting(SliceId slice) {
  TRY_ASSIGN(const auto rows, all_rows(*db_, "SELECT 1 FROM push WHERE slice = ? LIMIT 1",
                                       [](Statement&) { return 1; }, slice));
  return !rows.empty();
}

Result<std::int64_t> SyncClientStore::add_import(const Import& import) {
  TRY(run(*db_,
          "INSERT INTO import (slice, spool, file, at_byte, bytes, records, done, started_us)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          import.slice, import.spool, import.file, static_cast<std::int64_t>(import.at_byte),
          static_cast<std::int64_t>(import.bytes), static_cast<std::int64_t>(import.records),
          static_cast<std::int64_t>(import.done), import.started_us));
  return db_->last_insert_id();
}

Result<std::vector<Import>> SyncClientStore::imports() {
  return all_rows(*db_,
                  "SELECT n, slice, spool, file, at_byte, bytes, records, done, started_us"
                  " FROM import ORDER BY n",
                  read_import);
}

Status SyncClientStore::update_import(const Import& import) {
  return run(*db_, "UPDATE import SET at_byte = ?, done = ? WHERE n = ?",
             static_cast<std::int64_t>(import.at_byte), static_cast<std::int64_t>(import.done),
             import.n);
}

Status SyncClientStore::remove_import(std::int64_t n) {
  return run(*db_, "DELETE FROM import WHERE n = ?", n);
}

Status SyncClientStore::note_words(wire::RecordKind kind, std::int64_t row) {
  return run(*db_, "INSERT INTO search_doc (kind, row_n) VALUES (?, ?)", kind, row);
}

Result<std::vector<SearchHit>> SyncClientStore::unindexed(std::int64_t* doc, int limit) {
  return all_rows(
      *db_, "SELECT doc, kind, row_n FROM search_doc WHERE doc > ? ORDER BY doc LIMIT ?",
      [&](Statement& row) {
        *doc = row.column_int(0);
        return SearchHit{static_cast<wire::RecordKind>(row.column_int(1)), row.column_int(2), *doc};
      },
      *doc, limit);
}

Result<std::vector<SearchHit>> SyncClientStore::look_through(wire::RecordKind kind,
                                                             std::int64_t after_doc,
                                                             const std::string& text, int limit) {
  std::string words;
  for (const wire::Field& field : wire::fields_of(kind)) {
    words += (words.empty() ? "r." : " || char(10) || r.") + std::string(field.name);
  }
  // LIKE folds ASCII letters; what is typed in it is no pattern.
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  pattern += '%';
  const std::string table = wire::record_kind_name(kind);
  return all_rows(*db_,
                  "SELECT d.doc, d.kind, d.row_n FROM search_doc d JOIN " + table +
                      " r ON r.n = d.row_n WHERE d.doc > ? AND d.kind = ? AND " + words +
                      " LIKE ? ESCAPE '!' ORDER BY d.doc DESC LIMIT ?",
                  [](Statement& row) {
                    return SearchHit{static_cast<wire::RecordKind>(row.column_int(1)),
                                     row.column_int(2), row.column_int(0)};
                  },
                  after_doc, kind, pattern, limit);
}

Status SyncClientStore::index_words(std::int64_t doc, const std::string& words) {
  return run(*db_, "INSERT INTO search (rowid, words) VALUES (?, ?)", doc, words);
}

Result<std::vector<SyncClientStore::NotedUnit>> SyncClientStore::noted_units(std::int64_t before,
                                                                           int limit) {
  return all_rows(
      *db_,
      "SELECT d.doc, d.row_n, u.id, u.slice, u.src_lang, u.tgt_lang FROM search_doc d"
      " JOIN unit u ON u.n = d.row_n WHERE d.doc < ? AND d.kind = 1 AND u.deleted = 0"
      " AND u.target <> '' AND u.status <> 'rejected' ORDER BY d.doc DESC LIMIT ?",
      [](Statement& row) {
        return NotedUnit{row.column_int(0),
                         row.column_int(1),
                         std::string(row.column_blob(2)),
                         row.column_int(3),
                         std::string(row.column_text(4)),
                         std::string(row.column_text(5))};
      },
      before, limit);
}

Result<std::int64_t> SyncClientStore::last_noted() {
  TRY_ASSIGN(const auto rows,
             all_rows(*db_, "SELECT doc FROM search_doc ORDER BY doc DESC LIMIT 1",
                      [](Statement& row) { return row.column_int(0); }));
  return rows.empty() ? 0 : rows.front();
}

Result<bool> SyncClientStore::noted_terms_after(std::int64_t doc) {
  TRY_ASSIGN(const auto rows,
             all_rows(*db_, "SELECT doc FROM search_doc WHERE doc > ? AND kind IN (2, 3) LIMIT 1",
                      [](Statement& row) { return row.column_int(0); }, doc));
  return !rows.empty();
}

Result<std::vector<SearchHit>> SyncClientStore::search(const std::string& query, int limit) {
  return all_rows(*db_,
                  "SELECT d.kind, d.row_n, d.doc FROM search s JOIN search_doc d ON d.doc = s.rowid"
                  " WHERE s.words MATCH ? ORDER BY s.rowid DESC LIMIT ?",
                  [](Statement& row) {
                    return SearchHit{static_cast<wire::RecordKind>(row.column_int(0)),
                                     row.column_int(1), row.column_int(2)};
                  },
                  query, limit);
}

}  // namespace yizhan::store
