// The audit log: what is written into it by verbs, and what operators ask of it.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "broker/verbs.h"
#include "wire/limits.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {

constexpr int kDefaultList = 50;
constexpr int kLongestList = 1000;
constexpr std::size_t kAnswerBytes = wire::kMaxReplyJsonBytes / 2;  // a page of rows ends here
/// Rows that one step follows the chain for, before it lets others go on.
constexpr int kVerifiedAtOnce = 500;

/// What an act was done to, as its answer names it.
std::string subject_of(const Json& answer) {
  for (const char* key : {"code", "probe", "id", "path", "version"}) {
    const auto found = answer.find(key);
    if (found == answer.end()) continue;
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  return "";
}

/// The row that the last answer of audit.verify ended with, from which the next one goes on.
Result<store::AuditHead> followed_so_far(const Json& arguments) {
  store::AuditHead head;
  TRY_ASSIGN(const auto after, number_argument(arguments, "after"));
  if (!after) return head;
  TRY_ASSIGN(const std::string hex, text_argument(arguments, "head"));
  const auto hash = sha256_from_hex(hex);
  if (!hash || *after < 0) return Error{Code::kInvalid, "after and head name no row of the log"};
  return store::AuditHead{*after, *hash};
}

}  // namespace

/// Called for every verb that writes, once it has done so.
Status Verbs::note_act(Step& step, const Asker& asker, const std::string& verb,
                       const Json& arguments, const Json& answer) {
  Json detail = arguments;
  std::string actor = "operator";
  if (asker.admin) {
    // Who holds the operator's key may call himself what he likes: the key is what was proven.
    const auto author = arguments.find("author");
    if (author != arguments.end() && author->is_string()) {
      actor += " " + author->get<std::string>();
    }
    detail.erase("author");
  } else {
    TRY_ASSIGN(const store::Client* client, directory_->client(asker.client));
    actor = Directory::address_of(*client) + " code:" + client->code;
  }
  return audit_->note(step.wall_us(), actor, verb, subject_of(answer), detail);
}

Verbs::Answer Verbs::audit_list(Step&, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const auto asked, number_argument(arguments, "limit"));
  TRY_ASSIGN(const auto from, number_argument(arguments, "from"));
  const auto limit =
      static_cast<int>(std::clamp<std::int64_t>(asked.value_or(kDefaultList), 1, kLongestList));
  TRY_ASSIGN(
      const auto rows,
      audit_->log().rows_back(from.value_or(std::numeric_limits<std::int64_t>::max()), limit + 1));
  Json answer;
  Json list = Json::array();
  std::size_t bytes = 0;
  for (const store::AuditRow& row : rows) {
    if (list.size() == static_cast<std::size_t>(limit) || bytes >= kAnswerBytes) {
      answer["next"] = row.n;
      break;
    }
    Json entry{{"n", row.n},
               {"time", format_time(from_micros(row.at_us))},
               {"actor", row.actor},
               {"act", row.act},
               {"subject", row.subject},
               {"detail", row.detail},
               {"hash", to_hex(row.hash)}};
    bytes += entry.dump(-1, ' ', false, Json::error_handler_t::replace).size();
    list.push_back(std::move(entry));
  }
  answer["audit"] = std::move(list);
  return answer;
}

/// Follows the chain for kVerifiedAtOnce rows; an answer with `next` asks for another question with
/// its `rows` and `head` as `after` and `head`.
Verbs::Answer Verbs::audit_verify(Step&, const Asker&, const Json& arguments) {
  Json answer;
  TRY_ASSIGN(store::AuditHead head, followed_so_far(arguments));
  // Nothing stands before the first row, also nothing with a number below it.
  std::int64_t after = head.n;
  if (head.n == 0) {
    TRY_ASSIGN(const auto begins, audit_->start());
    // Without a beginning the first row does not fit, and says so.
    head = begins.value_or(head);
    after = std::numeric_limits<std::int64_t>::min();
    if (head.n > 0) answer["purged"] = head.n;
  }
  TRY_ASSIGN(const std::string noted, text_argument(arguments, "noted", ""));
  const auto noted_hash = sha256_from_hex(noted);
  if (!noted.empty() && !noted_hash) {
    return Error{Code::kInvalid, "\"" + noted + "\" is no hash: 64 digits of 0-9 and a-f"};
  }
  TRY_ASSIGN(const auto rows, audit_->log().rows_after(after, kVerifiedAtOnce));
  if (noted_hash == head.hash) answer["noted"] = head.n;
  for (const store::AuditRow& row : rows) {
    if (const auto why = store::audit_misfit(head, row)) {
      answer["broken"] = row.n;
      answer["why"] = *why;
      break;
    }
    head = {row.n, row.hash};
    if (noted_hash == head.hash) answer["noted"] = head.n;
  }
  answer["rows"] = head.n;
  answer["head"] = to_hex(head.hash);
  const bool full = rows.size() == static_cast<std::size_t>(kVerifiedAtOnce);
  if (full && !answer.contains("broken")) answer["next"] = true;
  return answer;
}

}  // namespace yizhan::broker
