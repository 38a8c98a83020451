#pragma once
// Writes what people and rules do to the server into the audit log (store/audit_log.h), each in the
// transaction of the act itself.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "broker/step.h"
#include "config/result.h"
#include "config/time.h"
#include "store/audit_log.h"

namespace yizhan::broker {

/// A text of a row's detail that is longer stands there as its length and SHA-256: enough to tell
/// which text it was, by whoever still has it.
inline constexpr std::size_t kMaxAuditText = 500;
/// Rows that one step removes, before it lets others go on.
inline constexpr int kAuditPurgeBatch = 1000;
/// Nothing is removed before the oldest row is so much too old.
inline constexpr Micros kAuditPurgeSlack = std::chrono::hours{24};

class Audit {
 public:
  /// `db` outlives this.
  explicit Audit(store::Db& db) : log_(db) {}

  /// Adds a row at the step's time. Texts are shortened to the log's bounds, `detail` (an object)
  /// first by its long texts; so this fails only if the store does.
  Status note(std::int64_t now_us, std::string_view actor, std::string_view act,
              std::string_view subject, const nlohmann::json& detail);

  /// Where the chain begins: zeros, or the last row that was removed, as the newest row of a
  /// purge says. Empty if rows are missing at the beginning and no row says so rightly.
  Result<std::optional<store::AuditHead>> start();

  /// Removes the oldest rows, those that are older than `keep`, at most kAuditPurgeBatch; nothing
  /// before a day's worth has gathered, so that the row that says so is one of many. A row that
  /// does not fit the chain is left, and all after it, and logged: it is what somebody will want to
  /// see. Whether more may be waiting.
  Result<bool> purge(Step& step, Micros keep);

  store::AuditLog& log() { return log_; }

 private:
  struct Purged {
    std::int64_t rows = 0;
    std::string trouble;  ///< why no more could be removed; empty: nothing is wrong
  };
  Result<Purged> purge_before(std::int64_t now_us, std::int64_t before_us);

  store::AuditLog log_;
};

}  // namespace yizhan::broker
