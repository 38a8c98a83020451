#include "agent/job_words.h"

#include <set>
#include <utility>

#include "agent/reports.h"
#include "wire/address.h"
#include "wire/broker_words.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

using store::IncomingState;

bool may_judge(const std::string& who, const store::Incoming& row, const wire::Message& task) {
  if (who == row.sender) return true;
  wire::Body body;
  if (!body.ParseFromString(task.body())) return false;
  const auto manager = wire::parse_addresses(wire::entry_of(body, "job", "pm"));
  return manager.ok() && manager->size() == 1 && wire::format_address(manager->front()) == who;
}

}  // namespace

Status take_job_word(Context& context, const MessageId& about, const wire::Message& status) {
  wire::Body body;
  if (status.kind() != wire::STATUS || !body.ParseFromString(status.body())) return {};
  const std::string word = wire::entry_of(body, "status", "state");
  if (!wire::is_job_word(word)) return {};
  TRY_ASSIGN(auto row, context.store.incoming(about));
  wire::Message task;
  if (!row || row->damaged || row->kind != wire::TASK || !task.ParseFromString(row->message) ||
      !may_judge(status.sender(), *row, task)) {
    return {};
  }
  // What was declined, or could not be begun, is nobody's to approve here.
  if (row->state == IncomingState::kFailed || row->state == IncomingState::kFetching) return {};
  row->state = word == "rework" ? IncomingState::kInProgress : IncomingState::kDone;
  row->state_us = context.wall_us();
  const std::string reason = wire::entry_of(body, "status", "reason");
  row->reason = word + (reason.empty() ? "" : ": " + shown(reason));
  TRY(context.begin_write());
  TRY(context.store.update_incoming(*row));
  context.event(word, &about, {{"by", status.sender()}, {"reason", reason}});
  return {};
}

Status take_quarantine(Context& context, const MessageId& id, const wire::Message& receipt) {
  wire::Body word;
  if (receipt.kind() != wire::RECEIPT || receipt.sender() != wire::kBrokerAddress ||
      !word.ParseFromString(receipt.body()) ||
      wire::entry_of(word, "receipt", "event") != wire::kQuarantinedEvent) {
    return {};
  }
  TRY_ASSIGN(const auto report, context.store.outgoing(id));
  wire::Message said;
  wire::Body body;
  if (!report || report->kind != wire::STATUS || !said.ParseFromString(report->message) ||
      !body.ParseFromString(said.body()) ||
      wire::entry_of(body, "status", "state") != kDeliveredReason) {
    return {};
  }
  const auto task = parse_uuid(said.in_reply_to());
  if (!task) return {};
  TRY_ASSIGN(auto row, context.store.incoming(*task));
  if (!row || row->state != IncomingState::kDelivered) return {};
  const std::string why = wire::entry_of(word, "receipt", "text");
  row->state = IncomingState::kInProgress;
  row->state_us = context.wall_us();
  row->reason = "delivery not accepted: " + shown(why);
  TRY(context.begin_write());
  TRY(context.store.update_incoming(*row));
  context.event(wire::kQuarantinedEvent, &*task, {{"reason", why}});
  return {};
}

Result<Json> say_job_word(Context& context, const store::Outgoing& task,
                                    const std::string& word, const std::string& reason) {
  if (task.kind != wire::TASK) return Error{Code::kInvalid, "only a task is " + word};
  TRY_ASSIGN(auto known, context.store.recipient_states(task.id));
  std::set<std::string> who;
  for (const store::RecipientState& one : known) {
    if (one.reason.starts_with(kDeliveredReason)) {
      who.insert(one.recipient.substr(0, one.recipient.find(' ')));
    }
  }
  std::string recipients;
  for (const std::string& one : who) recipients += (recipients.empty() ? "" : ", ") + one;
  if (recipients.empty() && word == "closed") recipients = task.recipient;
  if (recipients.empty()) {
    return Error{Code::kInvalid, "nobody has delivered this task, so it cannot be " +
                                     (word == "rework" ? "sent back" : word)};
  }
  const MessageId id = derive_uuid(task.id, "job:" + word + ":" +
                                                std::to_string(context.wall_us()) + ":" +
                                                context.unique_code);
  const Details more = reason.empty() ? Details{} : Details{{"reason", reason}};
  TRY(say_status(context, id, format_uuid(task.id), recipients, word, more));
  for (store::RecipientState& one : known) {
    if (!who.contains(one.recipient.substr(0, one.recipient.find(' ')))) continue;
    one.state = word == "rework" ? "started" : "done";
    one.state_us = context.wall_us();
    one.reason = (word == "rework" ? "" : std::string(kDeliveredReason) + ", ") + word +
                 (reason.empty() ? "" : ": " + reason);
    TRY(context.begin_write());
    TRY(context.store.save_recipient_state(one));
  }
  context.event(word, &task.id, {{"by", "a person"}, {"to", recipients}});
  return Json{{"task", format_uuid(task.id)},
                        {"state", word},
                        {"status", format_uuid(id)},
                        {"to", recipients}};
}

}  // namespace yizhan::agent
