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
  std::string update;
  std::string settle;
  std::string remove;
  std::string page;
  std::string walk;
  std::string purge;
  std::string count;
};

const RecordSql& record_sql(wire::RecordKind kind);
StoredRecord read_record(const RecordSql& sql, Statement& row);
/// Binds the columns of `insert`, which are those of `update` but for the id at its end. What is
/// bound is lent: `record` stays as it is until the statement has run.
void bind_record(Statement& statement, const wire::Record& record, SliceId slice,
                 std::int64_t writer, std::int64_t pending);

}  // namespace yizhan::store
