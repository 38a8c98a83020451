// A question that was asked and answered before: whoever asks again need not wait for people.

#include <optional>
#include <utility>

#include "broker/collaboration.h"
#include "broker/own_message.h"
#include "broker/terms.h"
#include "wire/codec.h"
#include "wire/history.h"
#include "wire/limits.h"
#include "wire/project_path.h"

namespace yizhan::broker {
namespace {

constexpr int kWalk = 500;

/// What makes two questions the same: the segment they are about, or, without one, their own words.
std::string key_of(const std::string& source, const std::string& text) {
  return source.empty() ? "text " + wire::key_text(text, "")
                        : "source " + wire::key_text(source, "");
}

bool answers(const std::string& decision) {
  return decision == "answered" || decision == "accepted" || decision == "partly" ||
         decision == "arbitrated" || decision == "rejected";
}

/// Line `number` (from "1") of `lines`; empty if there is none.
std::string line_of(const std::string& lines, const std::string& number) {
  std::size_t from = 0;
  for (int n = 1; from < lines.size() || n == 1; ++n) {
    const std::size_t end = std::min(lines.find('\n', from), lines.size());
    if (std::to_string(n) == number) return lines.substr(from, end - from);
    from = end + 1;
  }
  return {};
}

/// The answer in words: the option that was chosen, and what was said to it.
std::string answer_text(const wire::Record& question, const wire::Record& reply) {
  namespace item = wire::item;
  const std::string chosen =
      line_of(wire::value(question, item::kOptions), wire::value(reply, item::kOption));
  const std::string& said = wire::value(reply, item::kText);
  const std::string text = chosen + (chosen.empty() || said.empty() ? "" : ": ") + said;
  return text.empty() ? wire::value(reply, item::kDecision) : text;
}

}  // namespace

/// The best answer in one slice of threads: to a question in the same words, then a final one, then
/// the newest.
Status Terms::look_for_answer(const store::Slice& slice, const Asked& asked, int* left,
                              std::optional<Answer>* best) {
  namespace item = wire::item;
  std::map<std::string, wire::Record> same;
  std::int64_t from = 0;
  while (*left > 0) {
    TRY_ASSIGN(const auto rows,
               history_.records().walk(wire::ITEM, slice.id, 0, &from, std::min(kWalk, *left)));
    *left -= static_cast<int>(rows.size());
    for (const store::StoredRecord& row : rows) {
      const wire::Record& one = row.record;
      const auto id = MessageId::from(one.id());
      if (row.damaged || one.deleted() || !id || *id == asked.id) continue;
      if (wire::value(one, item::kItemKind) == "question") {
        const std::string key =
            key_of(wire::value(one, item::kSource), wire::value(one, item::kText));
        if (key == asked.key) same.emplace(format_uuid(*id), one);
        continue;
      }
      const auto question = same.find(wire::value(one, item::kInReplyTo));
      if (question == same.end() || !answers(wire::value(one, item::kDecision))) continue;
      const bool same_words =
          wire::key_text(wire::value(question->second, item::kText), "") == asked.text;
      Answer answer{question->first, wire::value(question->second, item::kText),
                    answer_text(question->second, one), wire::value(one, item::kSender),
                    wire::value(one, item::kCreated),
                    (same_words ? 2 : 0) + (wire::value(one, item::kFinal) == "yes" ? 1 : 0)};
      if (!*best || answer.weight >= (*best)->weight) *best = std::move(answer);
    }
    if (rows.empty()) break;
  }
  return {};
}

Result<std::string> Terms::answer_if_known(Step& step, const Subject& subject, const Order& order) {
  wire::Body body;
  if (!body.ParseFromString(*subject.body)) return Error{Code::kInvalid, "there is no question"};
  const std::string path = wire::project_path(body);
  if (subject.sender == 0 || path.empty()) {
    return "answer_if_known: " + std::string(subject.sender == 0 ? "a question of the broker"
                                                                 : "the question names no project");
  }
  TRY_ASSIGN(const store::Client* sender, directory_.client(subject.sender));
  const store::Client asker = *sender;
  const std::string text = wire::entry_of(body, "question", "text");
  const Asked asked{subject.id, key_of(wire::entry_of(body, "question", "source"), text),
                    wire::key_text(text, "")};
  int left = kMaxItemsLookedAt;
  std::optional<Answer> best;
  const std::string own = path + "/threads";
  const std::string of_client = path.substr(0, path.find('/') + 1);
  if (const store::Slice* slice = history_.slices().find(own);
      slice != nullptr && history_.slices().access(asker, own) != store::Access::kNone) {
    TRY(look_for_answer(*slice, asked, &left, &best));
  }
  // The project's own answer counts more than one that was given elsewhere for the same client.
  for (const auto& [name, slice] : history_.slices().all()) {
    if (best || left <= 0) break;
    if (name == own || !name.starts_with(of_client) || !name.ends_with("/threads") ||
        history_.slices().access(asker, name) == store::Access::kNone) {
      continue;
    }
    TRY(look_for_answer(slice, asked, &left, &best));
  }
  if (!best) return std::string("answer_if_known: it was not answered before");
  TRY(give_answer(step, subject, order, *best));
  return "answer_if_known: as " + best->question;
}

Status Terms::give_answer(Step& step, const Subject& subject, const Order& order,
                          const Answer& answer) {
  const std::string asker = subject.envelope->sender();
  wire::Message message =
      own_message(derive_uuid(subject.id, "known:" + order.rule), wire::REPLY, asker, step.wall());
  message.set_thread(subject.envelope->thread().empty() ? format_uuid(subject.id)
                                                        : subject.envelope->thread());
  message.set_in_reply_to(format_uuid(subject.id));
  wire::Body body;
  wire::Section* section = add_section(&body, "reply");
  add_entry(section, "decision", "duplicate_of");
  add_entry(section, "text", answer.text.substr(0, wire::kMaxValueBytes));
  add_entry(section, "duplicate_of", answer.question);
  add_entry(section, "question", answer.asked.substr(0, wire::kMaxValueBytes));
  add_entry(section, "answered_by", answer.by);
  add_entry(section, "answered", answer.at);
  add_entry(section, "rule", order.rule);
  return post(step, message, body, order);
}

}  // namespace yizhan::broker
