#pragma once
// The audit log: who changed what in the server, and when, as a chain. Each row holds the hash of
// the one before and a hash of itself with that, so that a row that was changed, removed or put in
// is found. It is no signature: whoever can write the database can write the whole chain anew, or
// remove its end; what shows that is the hash of a row, noted somewhere else before.
//
// The oldest rows can be removed: a row of the act kAuditPurge, added in the same transaction, says
// up to which one, with its hash, and from there the chain goes on. Whoever removes rows otherwise
// leaves a beginning that no row vouches for. In the server database; the schema is ServerStore's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"
#include "store/dialect.h"

namespace yizhan::store {

/// Bounds of what append() takes, in bytes.
inline constexpr std::size_t kMaxAuditWord = kMaxIndexedText;  ///< actor, act and subject
inline constexpr std::size_t kMaxAuditDetail = 4096;

/// Of the row that stands for rows which were removed: its subject is the number of the last of
/// them, its detail holds the hash.
inline constexpr const char* kAuditPurge = "audit.purge";

struct AuditRow {
  std::int64_t n = 0;      ///< from 1, without gaps
  std::int64_t at_us = 0;  ///< UTC
  std::string actor;       ///< "operator li", "user:pm code:K7QF-…", "rule urgent"
  std::string act;         ///< "rules.apply", "clients.accept", "rule.command" …
  std::string subject;     ///< what it was done to: a code, an id, a number
  std::string detail;      ///< JSON or words
  Sha256 previous;         ///< hash of row n - 1; of the first row: zeros
  Sha256 hash;             ///< audit_hash() of all the above
  bool sized = true;       ///< false: a hash as it stands there has another size than a hash has
};

/// How far a chain was followed: the number and hash of its last row.
struct AuditHead {
  std::int64_t n = 0;
  Sha256 hash;
};

/// SHA-256 over every field of `row` but its hash, each with its length before it.
Sha256 audit_hash(const AuditRow& row);

/// Why `row` cannot be the one that follows `head`, in words for people; empty if it is.
std::optional<std::string> audit_misfit(const AuditHead& head, const AuditRow& row);

class AuditLog {
 public:
  explicit AuditLog(Db& db) : db_(&db) {}

  /// Adds a row to the end of the chain; number and hashes are given here. In the transaction of
  /// the act itself. kLimit if a text is longer than its bound; kUnavailable if another program
  /// writes this log; kCorrupt if there is no number after the last one's.
  Status append(AuditRow row);
  /// Number and hash of the last row as they stand there; zeros if there is none.
  Result<AuditHead> head();
  /// The row with the lowest number; of an act, the one with the highest. Empty: there is none.
  Result<std::optional<AuditRow>> first();
  Result<std::optional<AuditRow>> newest_of(const std::string& act);
  /// Removes the rows up to and with number `n`. The caller says so in the log.
  Status remove_to(std::int64_t n);
  /// Rows with n > `after`, ascending, at most `limit`.
  Result<std::vector<AuditRow>> rows_after(std::int64_t after, int limit);
  /// Rows with n <= `from`, newest first, at most `limit`.
  Result<std::vector<AuditRow>> rows_back(std::int64_t from, int limit);

 private:
  template <class Key>
  Result<std::vector<AuditRow>> read(const char* where_and_order, const Key& key, int limit);

  Db* db_;
};

}  // namespace yizhan::store
