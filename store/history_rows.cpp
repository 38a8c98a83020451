#include "store/history_rows.h"

#include <algorithm>
#include <array>

#include "store/row_hash.h"

namespace yizhan::store {
namespace {

// Column numbers of a SELECT; the fields follow.
enum : int {
  kN, kId, kSlice, kSeq, kRev, kDeleted, kRank, kWriter, kPending, kRowHash, kMore, kFirstField
};

/// Over what a record says, not over what the synchroniser notes beside it.
std::int64_t hash_of(const wire::Record& record) {
  RowHash hash;
  hash.add(record.id());
  hash.add(static_cast<std::int64_t>(record.deleted()));
  const int fields = static_cast<int>(wire::fields_of(record.kind()).size());
  for (int i = 0; i < std::max(fields, record.values_size()); ++i) hash.add(wire::value(record, i));
  return hash.finish();
}

RecordSql make_sql(wire::RecordKind kind) {
  const std::string table = wire::record_kind_name(kind);
  std::string names = "slice, seq, rev, deleted, role_rank, writer, pending, row_hash, more";
  std::string marks = "?, ?, ?, ?, ?, ?, ?, ?, ?";
  // Not the id: its index would be written anew, at a random place, for the same value.
  std::string sets =
      "slice = ?, seq = ?, rev = ?, deleted = ?, role_rank = ?, writer = ?, pending = ?,"
      " row_hash = ?, more = ?";
  for (const wire::Field& field : wire::fields_of(kind)) {
    names.append(", ").append(field.name);
    marks.append(", ?");
    sets.append(", ").append(field.name).append(" = ?");
  }
  RecordSql sql;
  sql.kind = kind;
  sql.columns = "n, id, " + names;
  const std::string select = "SELECT " + sql.columns + " FROM " + table;
  sql.find = select + " WHERE id = ?";
  sql.at = select + " WHERE n = ?";
  sql.insert = "INSERT INTO " + table + " (" + names + ", id, key_version) VALUES (" + marks +
               ", ?, " + std::to_string(wire::kKeyVersion) + ")";
  const std::string by_id = " WHERE id = ?";
  const std::string by_row = " WHERE n = ?";
  const std::string update = "UPDATE " + table + " SET " + sets;
  sql.update = update + by_id;
  sql.update_at = update + by_row;
  const std::string settle =
      "UPDATE " + table +
      " SET pending = CASE WHEN pending > ? THEN pending - ? ELSE 0 END,"
      " seq = CASE WHEN rev <= ? THEN ? ELSE seq END,"
      " role_rank = CASE WHEN rev <= ? THEN ? ELSE role_rank END,"
      " rev = CASE WHEN rev < ? THEN ? ELSE rev END";
  sql.settle = settle + by_id;
  sql.settle_at = settle + by_row;
  sql.remove = "DELETE FROM " + table + by_id;
  sql.remove_at = "DELETE FROM " + table + by_row;
  sql.page = select + " WHERE slice = ? AND seq > ? ORDER BY seq LIMIT ?";
  sql.walk = select + " WHERE n > ? AND slice = ? AND (seq > ? OR rev = 0) ORDER BY n LIMIT ?";
  sql.purge = "DELETE FROM " + table + " WHERE n IN (SELECT n FROM (SELECT n FROM " + table +
              " WHERE slice = ? AND pending = 0 LIMIT ?) AS some_rows)";
  sql.purged = "SELECT n, id FROM " + table + " WHERE slice = ? AND pending = 0 LIMIT ?";
  sql.count = "SELECT COUNT(*) FROM " + table + " WHERE slice = ? AND deleted = 0";
  return sql;
}

/// Values that a newer version wrote behind our fields.
std::string pack_more(const wire::Record& record, std::size_t known) {
  if (static_cast<std::size_t>(record.values_size()) <= known) return {};
  wire::Record more;
  for (int i = static_cast<int>(known); i < record.values_size(); ++i) {
    more.add_values(record.values(i));
  }
  return more.SerializeAsString();
}

}  // namespace

const RecordSql& record_sql(wire::RecordKind kind) {
  static const std::array<RecordSql, wire::kRecordKinds> kSql = {
      make_sql(wire::UNIT), make_sql(wire::CONCEPT), make_sql(wire::TERM), make_sql(wire::ITEM),
      make_sql(wire::OPERATION)};
  CHECK_THAT_HOLDS(kind >= 1 && kind <= wire::kRecordKinds);
  return kSql[static_cast<std::size_t>(kind) - 1];
}

StoredRecord read_record(const RecordSql& sql, Statement& row) {
  StoredRecord stored;
  wire::Record& record = stored.record;
  record.set_kind(sql.kind);
  record.set_id(std::string(row.column_blob(kId)));
  record.set_seq(static_cast<std::uint64_t>(row.column_int(kSeq)));
  record.set_rev(static_cast<std::uint64_t>(row.column_int(kRev)));
  record.set_deleted(row.column_int(kDeleted) != 0);
  record.set_rank(static_cast<std::uint32_t>(row.column_int(kRank)));
  stored.n = row.column_int(kN);
  stored.slice = row.column_int(kSlice);
  stored.writer = row.column_int(kWriter);
  stored.pending = row.column_int(kPending);
  const int fields = static_cast<int>(wire::fields_of(sql.kind).size());
  record.mutable_values()->Reserve(fields);
  for (int i = 0; i < fields; ++i) {
    record.add_values()->assign(row.column_text(kFirstField + i));
  }
  wire::Record more;
  const std::string_view packed = row.column_blob(kMore);
  bool whole = true;
  if (!packed.empty()) {
    whole = more.ParseFromArray(packed.data(), static_cast<int>(packed.size()));
    for (std::string& value : *more.mutable_values()) record.add_values(std::move(value));
  }
  if (!whole || hash_of(record) != row.column_int(kRowHash)) {
    record.clear_values();
    stored.damaged = true;
  }
  return stored;
}

int bind_record(Statement& statement, const wire::Record& record, SliceId slice,
                std::int64_t writer, std::int64_t pending) {
  int at = 0;
  statement.bind_int(++at, slice);
  statement.bind_int(++at, static_cast<std::int64_t>(record.seq()));
  statement.bind_int(++at, static_cast<std::int64_t>(record.rev()));
  statement.bind_int(++at, record.deleted() ? 1 : 0);
  statement.bind_int(++at, record.rank());
  statement.bind_int(++at, writer);
  statement.bind_int(++at, pending);
  statement.bind_int(++at, hash_of(record));
  const std::size_t fields = wire::fields_of(record.kind()).size();
  statement.bind_blob(++at, pack_more(record, fields));
  for (std::size_t i = 0; i < fields; ++i) {
    statement.lend_text(++at, wire::value(record, static_cast<int>(i)));
  }
  return at + 1;
}

}  // namespace yizhan::store
