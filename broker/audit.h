#pragma once
// Writes what people and rules do to the server into the audit log (store/audit_log.h), each in the
// transaction of the act itself.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "broker/step.h"
#include "config/result.h"
#include "store/audit_log.h"

namespace yizhan::broker {

/// A text of a row's detail that is longer stands there as its length and SHA-256: enough to tell
/// which text it was, by whoever still has it.
inline constexpr std::size_t kMaxAuditText = 500;

class Audit {
 public:
  /// `db` outlives this.
  explicit Audit(store::Db& db) : log_(db) {}

  /// Adds a row at the step's time. Texts are shortened to the log's bounds, `detail` (an object)
  /// first by its long texts; so this fails only if the store does.
  Status note(std::int64_t now_us, std::string_view actor, std::string_view act,
              std::string_view subject, const nlohmann::json& detail);

  store::AuditLog& log() { return log_; }

 private:
  store::AuditLog log_;
};

}  // namespace yizhan::broker
