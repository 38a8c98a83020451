// Guidances that must be followed: who has not opened which of them.

#include "store/db.h"
#include "store/probe_store.h"
#include "store/rows.h"

namespace yizhan::store {
namespace {

std::string_view key_of(std::string_view project) {
  return project.substr(0, kMaxProjectKey);
}

}  // namespace

Status ProbeStore::insert_must_read(MessageSeq message, ClientId reader, std::string_view project) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO must_read (client, project, message)"
                          " VALUES (?, ?, ?)"));
  const Status inserted = insert->run(reader, key_of(project), message);
  return !inserted.ok() && inserted.error().code == Code::kConflict ? Status() : inserted;
}

Status ProbeStore::remove_must_read(MessageSeq message, ClientId reader) {
  TRY_ASSIGN(Statement* const remove,
             db_->prepare("DELETE FROM must_read WHERE message = ? AND client = ?"));
  return remove->run(message, reader);
}

Result<std::int64_t> ProbeStore::count_must_read(ClientId reader, std::string_view project) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT COUNT(*) FROM must_read WHERE client = ? AND project = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(reader, key_of(project)));
  return found ? row->column_int(0) : 0;
}

}  // namespace yizhan::store
