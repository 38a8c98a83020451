#include "store/audit_log.h"

#include <limits>
#include <string_view>
#include <utility>

#include "store/limits.h"
#include "store/rows.h"
#include "store/sha256.h"

namespace yizhan::store {
namespace {

/// Names the form, so that another one can never give the same bytes.
constexpr std::string_view kForm = "yizhan audit row 1";

/// Eight bytes, most significant first: the same on every machine.
void add_number(Sha256Stream& stream, std::int64_t value) {
  std::string bytes(sizeof value, '\0');
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t at = bytes.size(); at-- > 0; rest >>= 8) {
    bytes[at] = static_cast<char>(static_cast<unsigned char>(rest & 0xff));
  }
  stream.add(bytes);
}

void add_text(Sha256Stream& stream, std::string_view text) {
  add_number(stream, static_cast<std::int64_t>(text.size()));
  stream.add(text);
}

}  // namespace

Sha256 audit_hash(const AuditRow& row) {
  Sha256Stream stream;
  add_text(stream, kForm);
  add_text(stream, row.previous.view());
  add_number(stream, row.n);
  add_number(stream, row.at_us);
  for (const std::string* text : {&row.actor, &row.act, &row.subject, &row.detail}) {
    add_text(stream, *text);
  }
  return stream.finish();
}

std::optional<std::string> audit_misfit(const AuditHead& head, const AuditRow& row) {
  if (row.n != head.n + 1) {
    return "row " + std::to_string(head.n + 1) + " should stand here: it was removed, or row " +
           std::to_string(row.n) + " was put in";
  }
  if (!row.sized) return "its hashes are no hashes: it was changed";
  if (row.previous != head.hash) {
    return "it does not follow the row before: one of the two was put in, or changed with its hash";
  }
  if (row.hash != audit_hash(row)) return "it does not fit its own hash: it was changed";
  return std::nullopt;
}

Status AuditLog::append(AuditRow row) {
  TRY(check_text("actor", row.actor));
  TRY(check_text("act", row.act));
  TRY(check_text("subject", row.subject));
  if (row.detail.size() > kMaxAuditDetail) {
    return Error{Code::kLimit, "the detail of an audit row has " +
                                   std::to_string(row.detail.size()) + " bytes, at most " +
                                   std::to_string(kMaxAuditDetail) + " are stored"};
  }
  // Asked each time: what was appended in a transaction that was rolled back is not there.
  TRY_ASSIGN(const AuditHead last, head());
  if (last.n == std::numeric_limits<std::int64_t>::max()) {
    return Error{Code::kCorrupt,
                 "the number of the last row of the audit log was changed: no other"
                 " can follow; yizhan audit verify says which"};
  }
  row.n = last.n + 1;
  row.previous = last.hash;
  row.hash = audit_hash(row);
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO audit (n, at_us, actor, act, subject, detail, previous,"
                          " hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  const Status inserted = insert->run(row.n, row.at_us, row.actor, row.act, row.subject, row.detail,
                                      blob(row.previous), blob(row.hash));
  if (inserted.ok() || inserted.error().code != Code::kConflict) return inserted;
  return Error{Code::kUnavailable, "another program writes the audit log of this database"};
}

Result<AuditHead> AuditLog::head() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1"));
  Rows rows(select);
  TRY_ASSIGN(const bool row, rows.first());
  AuditHead head;
  if (!row) return head;
  head.n = rows->column_int(0);
  // One that lost its size does not stop the server; verifying tells of it.
  bool sized = true;
  head.hash = read_or_note<Sha256>(*rows, 1, &sized);
  return head;
}

template <class Key>
Result<std::vector<AuditRow>> AuditLog::read(const char* where_and_order, const Key& key,
                                             int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT n, at_us, actor, act, subject, detail, previous, hash FROM audit"
                          " WHERE " +
                          std::string(where_and_order) + " LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(bool more, rows.first(key, limit));
  std::vector<AuditRow> found;
  while (more) {
    AuditRow row;
    row.n = rows->column_int(0);
    row.at_us = rows->column_int(1);
    row.actor = rows->column_text(2);
    row.act = rows->column_text(3);
    row.subject = rows->column_text(4);
    row.detail = rows->column_text(5);
    row.previous = read_or_note<Sha256>(*rows, 6, &row.sized);
    row.hash = read_or_note<Sha256>(*rows, 7, &row.sized);
    found.push_back(std::move(row));
    TRY_ASSIGN(more, rows.next());
  }
  return found;
}

Result<std::optional<AuditRow>> AuditLog::first() {
  TRY_ASSIGN(auto rows, rows_after(std::numeric_limits<std::int64_t>::min(), 1));
  if (rows.empty()) return std::optional<AuditRow>();
  return std::optional<AuditRow>(std::move(rows.front()));
}

Result<std::optional<AuditRow>> AuditLog::newest_of(const std::string& act) {
  TRY_ASSIGN(auto rows, read("act = ? ORDER BY n DESC", act, 1));
  if (rows.empty()) return std::optional<AuditRow>();
  return std::optional<AuditRow>(std::move(rows.front()));
}

Status AuditLog::remove_to(std::int64_t n) {
  TRY_ASSIGN(Statement* const remove, db_->prepare("DELETE FROM audit WHERE n <= ?"));
  return remove->run(n);
}

Result<std::vector<AuditRow>> AuditLog::rows_after(std::int64_t after, int limit) {
  return read("n > ? ORDER BY n", after, limit);
}

Result<std::vector<AuditRow>> AuditLog::rows_back(std::int64_t from, int limit) {
  return read("n <= ? ORDER BY n DESC", from, limit);
}

}  // namespace yizhan::store
