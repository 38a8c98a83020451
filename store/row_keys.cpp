#include "store/row_keys.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/rows.h"

namespace yizhan::store {

RowKeys::Id RowKeys::id_of(std::string_view id) {
  Id bytes{};
  std::memcpy(bytes.data(), id.data(), std::min(id.size(), bytes.size()));
  return bytes;
}

/// Reads the mark and the ids behind it, the first time.
Result<RowKeys::Kind*> RowKeys::load(wire::RecordKind kind) {
  CHECK_THAT_HOLDS(kind >= 1 && kind <= wire::kRecordKinds);
  Kind& known = kinds_[static_cast<std::size_t>(kind) - 1];
  if (known.loaded) return &known;
  const std::string table = wire::record_kind_name(kind);
  known.find = "SELECT n FROM " + table + "_key WHERE id = ?";
  known.insert = "INSERT INTO " + table + "_key (id, n) VALUES (?, ?)";
  known.remove = "DELETE FROM " + table + "_key WHERE id = ?";
  {
    TRY_ASSIGN(Statement* const select, db_->prepare("SELECT n FROM key_mark WHERE kind = ?"));
    Rows row(select);
    TRY_ASSIGN(const bool found, row.first(kind));
    if (!found) return Error{Code::kCorrupt, "the table key_mark lacks a row; restore a backup"};
    known.mark = row->column_int(0);
  }
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT id, n FROM " + table + " WHERE n > ?"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(known.mark));
  while (row) {
    known.fresh[id_of(rows->column_blob(0))] = rows->column_int(1);
    TRY_ASSIGN(row, rows.next());
  }
  known.loaded = true;
  return &known;
}

Result<std::optional<std::int64_t>> RowKeys::find(wire::RecordKind kind, std::string_view id) {
  std::optional<std::int64_t> n;
  if (id.size() != wire::RecordId::kSize) return n;
  TRY_ASSIGN(Kind* const known, load(kind));
  if (missing_ == std::pair(kind, id_of(id))) return n;
  const auto fresh = known->fresh.find(id_of(id));
  if (fresh != known->fresh.end()) {
    n = fresh->second;
    return n;
  }
  TRY_ASSIGN(Statement* const select, db_->prepare(known->find));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(Statement::Blob{id}));
  if (found) {
    n = row->column_int(0);
  } else {
    missing_ = {kind, id_of(id)};
  }
  return n;
}

Status RowKeys::add(wire::RecordKind kind, std::string_view id, std::int64_t n) {
  TRY_ASSIGN(Kind* const known, load(kind));
  missing_.reset();
  if (n <= known->mark) {  // the newest rows had gone, and SQLite gives their numbers again
    TRY_ASSIGN(Statement* const insert, db_->prepare(known->insert));
    return insert->run(Statement::Blob{id}, n);
  }
  known->fresh[id_of(id)] = n;
  return known->fresh.size() < kMaxFreshKeys ? Status() : store_kind(kind);
}

Status RowKeys::forget(wire::RecordKind kind, std::string_view id) {
  TRY_ASSIGN(Kind* const known, load(kind));
  if (known->fresh.erase(id_of(id)) > 0) return {};
  TRY_ASSIGN(Statement* const remove, db_->prepare(known->remove));
  return remove->run(Statement::Blob{id});
}

Status RowKeys::store_kind(wire::RecordKind kind) {
  TRY_ASSIGN(Kind* const known, load(kind));
  if (known->fresh.empty()) return {};
  std::vector<std::pair<Id, std::int64_t>> sorted(known->fresh.begin(), known->fresh.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::memcmp(a.first.data(), b.first.data(), a.first.size()) < 0;
  });
  TRY_ASSIGN(Statement* const insert, db_->prepare(known->insert));
  for (const auto& [id, n] : sorted) {
    TRY(insert->run(Statement::Blob{{id.data(), id.size()}}, n));
    known->mark = std::max(known->mark, n);
  }
  TRY_ASSIGN(Statement* const update, db_->prepare("UPDATE key_mark SET n = ? WHERE kind = ?"));
  TRY(update->run(known->mark, kind));
  known->fresh = {};  // gives its memory back
  return {};
}

Status RowKeys::store_all() {
  for (int kind = 1; kind <= wire::kRecordKinds; ++kind) {
    TRY(store_kind(static_cast<wire::RecordKind>(kind)));
  }
  return {};
}

std::size_t RowKeys::fresh() const {
  std::size_t all = 0;
  for (const Kind& kind : kinds_) all += kind.fresh.size();
  return all;
}

}  // namespace yizhan::store
