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

}  // namespace yizhan::broker
