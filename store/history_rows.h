#pragma once
// Inside of store/history_*: the SQL of each kind of record, and rows to records.

#include <string>

#include "store/history_store.h"

namespace yizhan::store {

struct RecordSql {
  wire::RecordKind kind;
  std::string columns;  ///< of a SELECT that read_record() reads
  std::string find;
  std::string at;
  std::string insert;
  std::string update, update_at;  ///< by id, and by number of the row
  std::string settle, settle_at;
  std::string remove, remove_at;
  std::string page;
  std::string walk;
  std::string purge;
  std::string purged;  ///< n and id of the rows that `purge` removes
  std::string count;
};

const RecordSql& record_sql(wire::RecordKind kind);
StoredRecord read_record(const RecordSql& sql, Statement& row);
/// Binds the parameters of `insert` and `update` but for the last, which is the id or the number of
/// the row, and gives its index. What is bound is lent: `record` stays as it is until the statement
/// has run.
int bind_record(Statement& statement, const wire::Record& record, SliceId slice,
                std::int64_t writer, std::int64_t pending);

}  // namespace yizhan::store
