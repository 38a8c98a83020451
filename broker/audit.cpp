#include "broker/audit.h"

#include <utility>

namespace yizhan::broker {

namespace {

using Json = nlohmann::json;

/// Its beginning, cut between characters.
std::string front(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

std::string stands_for(std::string_view text) {
  return std::to_string(text.size()) + " bytes, SHA-256 " + to_hex(sha256_of(text));
}

std::string written(const Json& detail) {
  return detail.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What a row of the act kAuditPurge vouches for.
std::optional<Sha256> removed_hash(const store::AuditRow& purge) {
  const Json detail = Json::parse(purge.detail, nullptr, false);
  if (!detail.is_object()) return std::nullopt;
  const auto hash = detail.find("hash");
  if (hash == detail.end() || !hash->is_string()) return std::nullopt;
  return sha256_from_hex(hash->get_ref<const std::string&>());
}

}  // namespace

Status Audit::note(std::int64_t now_us, std::string_view actor, std::string_view act,
                   std::string_view subject, const Json& detail) {
  Json shortened = detail;
  for (auto& [key, value] : shortened.items()) {
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > kMaxAuditText) value = stands_for(text);
  }
  store::AuditRow row;
  row.at_us = now_us;
  row.actor = front(actor, store::kMaxAuditWord);
  row.act = front(act, store::kMaxAuditWord);
  row.subject = front(subject, store::kMaxAuditWord);
  row.detail = written(shortened);
  // Many short texts are as long as one long one.
  if (row.detail.size() > store::kMaxAuditDetail) {
    row.detail = written({{"all", stands_for(written(detail))}});
  }
  return log_.append(std::move(row));
}

Result<std::optional<store::AuditHead>> Audit::start() {
  using Found = std::optional<store::AuditHead>;
  TRY_ASSIGN(const auto first, log_.first());
  if (!first || first->n == 1) return Found(store::AuditHead{});
  TRY_ASSIGN(const auto purge, log_.newest_of(store::kAuditPurge));
  if (!purge) return Found();
  const auto hash = removed_hash(*purge);
  if (!hash || purge->subject != std::to_string(first->n - 1)) return Found();
  return Found(store::AuditHead{first->n - 1, *hash});
}

Result<bool> Audit::purge(Step& step, Micros keep) {
  TRY_ASSIGN(const Purged purged, purge_before(step.wall_us(), step.wall_us() - keep.count()));
  if (!purged.trouble.empty()) {
    step.log(LogLine::kError, "the oldest rows of the audit log are left: " + purged.trouble +
                                  "; see yizhan audit verify");
  }
  return purged.rows == kAuditPurgeBatch;
}

Result<Audit::Purged> Audit::purge_before(std::int64_t now_us, std::int64_t before_us) {
  Purged purged;
  TRY_ASSIGN(const auto first, log_.first());
  if (!first || first->at_us >= before_us - kAuditPurgeSlack.count()) return purged;
  TRY_ASSIGN(const auto begins, start());
  if (!begins) {
    purged.trouble = "its beginning was removed, and no row of it says so";
    return purged;
  }
  TRY_ASSIGN(const auto rows, log_.rows_after(begins->n, kAuditPurgeBatch + 1));
  store::AuditHead last = *begins;
  // The newest row stays: it is what the next one follows.
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    if (rows[i].at_us >= before_us) break;
    if (const auto why = store::audit_misfit(last, rows[i])) {
      purged.trouble = "row " + std::to_string(rows[i].n) + ": " + *why;
      break;
    }
    last = {rows[i].n, rows[i].hash};
  }
  purged.rows = last.n - begins->n;
  if (purged.rows == 0) return purged;
  TRY(log_.remove_to(last.n));
  TRY(note(now_us, "retention", store::kAuditPurge, std::to_string(last.n),
           {{"hash", to_hex(last.hash)}, {"before", format_time(from_micros(before_us))}}));
  return purged;
}

}  // namespace yizhan::broker
