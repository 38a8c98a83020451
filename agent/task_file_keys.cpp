#include "agent/task_file_keys.h"

#include <algorithm>
#include <array>
#include <map>

namespace yizhan::agent {

namespace {

using enum ValueType;

constexpr std::string_view kKinds =
    "task question challenge reply guidance command data status receipt";
constexpr std::string_view kJobTypes =
    "translate mtpe self_check revise review proofread final_verification lqa terminology "
    "alignment transcription dtp sign_off";
constexpr std::string_view kOperations =
    "sync_now push_tm push_terms pull_progress pull_target open_file resend remind recall reassign "
    "set_due set_state pause resume escalate notify quarantine purge reload_rules collect_log "
    "find_affected";
constexpr std::string_view kFileRoles = "source bilingual reference preview target report";
constexpr std::string_view kReach = "segment file job project client";
constexpr std::string_view kSeverities = "neutral minor major critical";

/// Sections in the order of docs/task-file.md; free text that a rule would not restrict is listed
/// too, so that a misspelt key can be recognised.
constexpr auto kRules = std::to_array<KeyRule>({
    {"yizhan", "version", kWhole},
    {"yizhan", "kind", kWord, kKinds},
    {"yizhan", "id", kUuid},
    {"yizhan", "created", kTime},
    {"yizhan", "sender", kAddress},
    {"yizhan", "recipient", kAddresses},
    {"yizhan", "thread"},
    {"yizhan", "in_reply_to", kUuid},
    {"yizhan", "priority", kWord, "low normal high urgent"},
    {"yizhan", "ack", kWord, "none delivered opened accepted replied"},
    {"yizhan", "expires", kTime},
    {"project", "id"},
    {"project", "name"},
    {"project", "client"},
    {"project", "domain"},
    {"project", "content_type"},
    {"project", "po"},
    {"project", "cost_center"},
    {"job", "id"},
    {"job", "type", kWord, kJobTypes},
    {"job", "source_lang", kLanguage},
    {"job", "target_lang", kLanguage},
    {"job", "due", kTime},
    {"job", "step"},
    {"job", "start", kTime},
    {"job", "next_job"},
    {"job", "prev_job"},
    {"job", "pm"},
    {"job", "pm_contact"},
    {"job", "reviser"},
    {"job", "tool"},
    {"job", "deliver_as"},
    {"job", "confidentiality"},
    {"job", "version"},
    {"offer", "mode", kWord, "direct first_accept quote"},
    {"offer", "rate", kDecimal},
    {"offer", "rate_unit"},
    {"offer", "currency", kCurrency},
    {"offer", "amount", kDecimal},
    {"offer", "expires", kTime},
    {"offer", "next.#"},
    {"count", "unit", kWord, "word char"},
    {"count", "total", kWhole},
    {"count", "weighted", kDecimal},
    {"count", "context", kWhole},
    {"count", "repetition", kWhole},
    {"count", "match_100", kWhole},
    {"count", "match_95_99", kWhole},
    {"count", "match_85_94", kWhole},
    {"count", "match_75_84", kWhole},
    {"count", "no_match", kWhole},
    {"count", "locked", kWhole},
    {"files", "file.#", kFileName},
    {"files", "file.#.role", kWord, kFileRoles},
    {"files", "file.#.size", kWhole},
    {"files", "file.#.sha256", kSha256},
    {"files", "file.#.ref"},
    {"resources", "tm.#"},
    {"resources", "tm.#.use", kWords, "reference auto enforce mt"},
    {"resources", "term.#"},
    {"resources", "style.#"},
    {"resources", "lqa_model"},
    {"instructions", "text"},
    {"instructions", "must_follow"},
    {"instructions", "url"},
    {"question", "category", kWord,
     "source_error terminology context instruction technical reference deadline"},
    {"question", "text"},
    {"question", "scope", kWord, kReach},
    {"question", "blocking", kYesNo},
    {"question", "severity", kWord, kSeverities},
    {"question", "file"},
    {"question", "segment"},
    {"question", "context_before"},
    {"question", "context_after"},
    {"question", "source"},
    {"question", "target"},
    {"question", "option.#"},
    {"question", "proposed"},
    {"question", "needed_by", kTime},
    {"question", "visibility"},
    {"question", "attach.#", kFileName},
    {"question", "attach.#.size", kWhole},
    {"question", "attach.#.sha256", kSha256},
    {"question", "attach.#.ref"},
    {"challenge", "subject", kWord, "term segment lqa revision rate deadline"},
    {"challenge", "ref"},
    {"challenge", "original"},
    {"challenge", "changed"},
    {"challenge", "proposed"},
    {"challenge", "reason"},
    {"challenge", "evidence"},
    {"challenge", "mqm_category"},
    {"challenge", "mqm_severity", kWord, kSeverities},
    {"challenge", "request", kWord, "withdraw arbitrate"},
    {"reply", "decision", kWord,
     "answered accepted rejected partly deferred arbitrated duplicate_of"},
    {"reply", "text"},
    {"reply", "option"},
    {"reply", "final", kYesNo},
    {"reply", "answered_by_role"},
    {"reply", "applies_to", kWord, kReach},
    {"guidance", "topic"},
    {"guidance", "text"},
    {"guidance", "applies_to"},
    {"guidance", "effective", kTime},
    {"guidance", "supersedes"},
    {"guidance", "ack_required", kYesNo},
    {"guidance", "must_follow", kYesNo},
    {"terms", "term.#"},
    {"terms", "term.#.status", kWord, "preferred admitted deprecated forbidden proposed"},
    {"terms", "term.#.note"},
    {"terms", "term.#.source_ref"},
    {"terms", "term.#.domain"},
    {"corpus", "tmx.#"},
    {"corpus", "mode", kWord, "add merge overwrite_if_newer keep"},
    {"corpus", "status"},
    {"corpus", "count", kWhole},
    {"command", "command.#", kWord, kOperations},
    {"command", "command.#.due", kTime},
    {"status", "state"},
    {"status", "progress_segments"},
    {"status", "progress_words"},
    {"status", "at", kTime},
    {"status", "tool"},
    {"receipt", "of", kUuid},
    {"receipt", "event", kWord, "delivered opened accepted declined started completed"},
    {"receipt", "at", kTime},
    {"receipt", "reason"},
    {"probe", "expect", kWord, "sent delivered fetched opened accepted replied declined"},
    {"probe", "every", kDuration},
    {"probe", "for", kDuration},
    {"probe", "command"},
    {"probe", "on_expire"},
    {"probe", "escalate_to", kAddresses},
    {"probe", "quiet_hours"},
    {"signature", "alg"},
    {"signature", "key_id"},
    {"signature", "value"},
});

std::string with_hash(const ListKey& key) {
  std::string text = std::string(key.list) + ".#";
  if (!key.part.empty()) text += "." + std::string(key.part);
  return text;
}

}  // namespace

std::optional<ListKey> as_list_key(std::string_view key) {
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  ListKey parts{key.substr(0, dot), 0, {}};
  std::string_view digits = key.substr(dot + 1);
  const std::size_t next = digits.find('.');
  if (next != std::string_view::npos) parts.part = digits.substr(next + 1);
  digits = digits.substr(0, next);
  if (digits.empty()) return std::nullopt;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  constexpr std::size_t kMostDigits = 9;
  if (digits.front() == '0' || digits.size() > kMostDigits) return parts;
  for (const char c : digits) parts.number = parts.number * 10 + static_cast<std::size_t>(c - '0');
  return parts;
}

const KeyRule* find_rule(std::string_view section, std::string_view key) {
  const auto list_key = as_list_key(key);
  const std::string general = list_key ? with_hash(*list_key) : std::string(key);
  const auto found = std::find_if(kRules.begin(), kRules.end(), [&](const KeyRule& rule) {
    return rule.section == section && rule.key == general;
  });
  return found == kRules.end() ? nullptr : &*found;
}

bool is_list(std::string_view section, std::string_view list) {
  return find_rule(section, std::string(list) + ".1") != nullptr;
}

std::vector<std::string_view> known_keys(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const KeyRule& rule : kRules) {
    if (rule.section == section && rule.key.find('#') == std::string_view::npos) {
      keys.push_back(rule.key);
    }
  }
  return keys;
}

const std::vector<std::string_view>& required_keys(wire::Kind kind) {
  static const std::map<int, std::vector<std::string_view>> kRequired = {
      {wire::TASK, {"job.id", "job.type", "job.source_lang", "job.target_lang", "job.due"}},
      {wire::QUESTION, {"question.category", "question.text"}},
      {wire::CHALLENGE, {"challenge.subject", "challenge.ref", "challenge.reason"}},
      {wire::REPLY, {"reply.decision"}},
      {wire::GUIDANCE, {"guidance.topic", "guidance.text"}},
      {wire::COMMAND, {"command.command.1"}},
      {wire::STATUS, {"status.state"}},
      {wire::RECEIPT, {"receipt.of", "receipt.event"}},
  };
  static const std::vector<std::string_view> kNone;
  const auto found = kRequired.find(kind);
  return found == kRequired.end() ? kNone : found->second;
}

bool is_envelope_key(std::string_view key) {
  return find_rule("yizhan", key) != nullptr;
}

}  // namespace yizhan::agent
