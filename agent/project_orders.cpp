// Pushes that the broker asks for: which projects are meant, and what is answered.

#include "agent/project_orders.h"

#include <algorithm>
#include <utility>

#include "agent/projects.h"
#include "agent/reports.h"
#include "agent/task_project.h"
#include "wire/broker_words.h"
#include "wire/codec.h"
#include "wire/project_path.h"

namespace yizhan::agent {

namespace {

/// Every agent of a user is ordered to push, and mostly one of them has the project: the others
/// have not failed.
constexpr const char* kSkipped = "skipped: no project of it on this machine";

std::string operation_of(const wire::Message& message) {
  wire::Body body;
  if (!body.ParseFromString(message.body())) return {};
  const std::string* const found = wire::find_entry(body, "command", "command.1");
  return found == nullptr ? std::string() : *found;
}

}  // namespace

bool is_push_order(const store::Incoming& row, const wire::Message& message) {
  // Nobody else may use the broker's address.
  const bool broker = row.broker_seq != 0 && row.sender == wire::kBrokerAddress;
  if (message.kind() != wire::COMMAND || !broker) return false;
  const std::string operation = operation_of(message);
  return operation == kPushMemory || operation == kPushTerms;
}

/// The project that was made for the task, or else those of the task's project.
Result<std::set<Projects::Followed*>> Projects::meant_by(const wire::Message& order) {
  std::set<Followed*> meant;
  for (Followed& one : all_) {
    if (!one.place.task.empty() && one.place.task == order.in_reply_to()) meant.insert(&one);
  }
  const auto about = parse_uuid(order.in_reply_to());
  if (!meant.empty() || !about) return meant;
  TRY_ASSIGN(const auto row, context_.store.incoming(*about));
  wire::Message task;
  wire::Body body;
  if (!row || row->damaged || !task.ParseFromString(row->message) ||
      !body.ParseFromString(task.body())) {
    return meant;
  }
  const std::string path = wire::project_path(body);
  if (path.empty()) return meant;
  for (Followed& one : all_) {
    if (one.place.slice.starts_with(path + "/")) meant.insert(&one);
  }
  return meant;
}

Status Projects::take_order(const wire::Message& message) {
  Order order{wire::id_of(message), {}};
  TRY_ASSIGN(order.waits, meant_by(message));
  order.elsewhere = order.waits.empty();
  for (Followed* const one : order.waits) {
    one->ordered = true;
    // Written only where it differs from what is there.
    one->terms_due = one->terms_due || operation_of(message) == kPushTerms;
  }
  orders_.push_back(std::move(order));
  return {};
}

/// A push of `one` has ended; whoever waited for it hears of it with the next step.
void Projects::pushed(Followed& one, const std::string& failure, std::uint64_t units,
                      std::size_t files) {
  one.ordered = false;
  for (Order& order : orders_) {
    if (order.waits.erase(&one) == 0) continue;
    if (!failure.empty()) order.failure = one.place.name + ": " + failure;
    order.units += units;
    order.files += files;
  }
}

Status Projects::answer_orders() {
  for (Followed& one : all_) {
    if (!one.ordered || (one.layout && !one.place.slice.empty())) continue;
    pushed(one, one.layout ? "nothing is exchanged with it: it has no slice" : one.problem, 0, 0);
  }
  std::deque<Order> waiting;
  for (Order& order : orders_) {
    if (!order.waits.empty()) {
      waiting.push_back(std::move(order));
      continue;
    }
    TRY_ASSIGN(auto row, context_.store.incoming(order.id));
    if (!row) continue;  // its time was over
    const bool failed = !order.failure.empty();
    row->state = failed ? store::IncomingState::kFailed : store::IncomingState::kDone;
    row->state_us = context_.wall_us();
    row->reason = order.elsewhere ? kSkipped : order.failure;
    TRY(context_.begin_write());
    TRY(context_.store.update_incoming(*row));
    const std::string word = order.elsewhere ? "declined" : failed ? "failed" : "done";
    context_.event(word, &order.id, {{"operation", "push"}, {"reason", row->reason}});
    const MessageId id = derive_uuid(order.id, "status:" + word + ":" + context_.unique_code);
    const Details more = word != "done" ? Details{{"reason", shown(row->reason)}}
                                        : Details{{"units", std::to_string(order.units)},
                                                  {"files", std::to_string(order.files)}};
    TRY(say_status(context_, id, format_uuid(order.id), wire::kBrokerAddress, word, more));
  }
  orders_ = std::move(waiting);
  return {};
}

}  // namespace yizhan::agent
