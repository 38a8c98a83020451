// What the control verbs do with the store and the parts of the core.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/control.h"
#include "agent/job_words.h"
#include "agent/reports.h"
#include "agent/task_file.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

constexpr int kDefaultLimit = 50;
constexpr int kMaxLimit = 500;  // rows of at most 1.5 KB: below kMaxReplyJsonBytes

int limit_of(const Json& args) {
  const auto found = args.find("limit");
  if (found == args.end() || !found->is_number_integer()) return kDefaultLimit;
  return static_cast<int>(std::clamp<std::int64_t>(found->get<std::int64_t>(), 1, kMaxLimit));
}

std::string text_of(const Json& args, const char* name) {
  const auto found = args.find(name);
  return found != args.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const char* mode_name(FolderMode mode) {
  switch (mode) {
    case FolderMode::kManaged:
      return "managed";
    case FolderMode::kObserved:
      return "observe";
    case FolderMode::kSpool:
      return "spool";
  }
  return "unknown";
}

Json verdict_json(const Verdict& verdict) {
  Json json = {{"word", verdict.word}, {"why", verdict.why}};
  json["round_trip_us"] = verdict.round_trip ? Json(verdict.round_trip->count()) : Json(nullptr);
  json["broker_step_us"] = verdict.broker_step.count();
  json["silent_for_us"] = verdict.silent_for ? Json(verdict.silent_for->count()) : Json(nullptr);
  return json;
}

/// The task file of a stored message, as people read it.
Json text_json(const std::string& stored) {
  wire::Message message;
  if (stored.empty() || !message.ParseFromString(stored)) return nullptr;
  return format_task_file(message);
}

bool balances(const store::ClientLedger& ledger) {
  return ledger.accepted ==
         ledger.queued + ledger.done + ledger.dead + ledger.expired + ledger.purged;
}

Error unknown(const MessageId& id) {
  return {Code::kNotFound, "this agent has no message " + format_uuid(id) +
                               "; `yizhan tasks list` shows those it has"};
}

}  // namespace

Status Control::status(const Asked& asked) {
  TRY_ASSIGN(const std::int64_t waiting, context_.store.outbox_size());
  TRY_ASSIGN(const store::ClientLedger ledger, context_.store.ledger_counters());
  Json json;
  json["time"] = format_time(context_.now.wall);
  json["user"] = context_.options.user;
  json["code"] = context_.unique_code;
  json["host"] = context_.machine.host;
  json["session"] = link_state_name(link_.state());
  json["broker"] = link_.welcome().broker_id();
  json["verdict"] = verdict_json(link_.verdict());
  json["outbox"] = waiting;
  json["handlers"] = {{"running", handlers_.running()},
                      {"waiting", handlers_.waiting()},
                      {"configured", context_.options.handlers.size()}};
  json["watches"] = Json::array();
  for (const Intake::View& view : intake_.folders()) {
    json["watches"].push_back({{"name", view.name},
                               {"path", view.path},
                               {"mode", mode_name(view.mode)},
                               {"usable", view.usable},
                               {"waiting", view.waiting}});
  }
  json["ledger"] = ledger_json(ledger);
  json["ledger"]["balanced"] = balances(ledger);
  answer(asked, json);
  return {};
}

Status Control::tasks_list(const Asked& asked) {
  const std::string direction = text_of(asked.args, "direction");
  if (!direction.empty() && direction != "out" && direction != "in" && direction != "both") {
    refuse(asked, {Code::kInvalid, "`direction` is \"out\", \"in\" or \"both\""});
    return {};
  }
  const int limit = limit_of(asked.args);
  std::vector<std::pair<std::int64_t, Json>> rows;
  if (direction != "in") {
    TRY_ASSIGN(const auto outgoing, context_.store.recent_outgoing(0, limit));
    for (const auto& row : outgoing) rows.emplace_back(row.accepted_us, outgoing_json(row));
  }
  if (direction != "out") {
    TRY_ASSIGN(const auto incoming, context_.store.recent_incoming(0, limit));
    for (const auto& row : incoming) rows.emplace_back(row.received_us, incoming_json(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (rows.size() > static_cast<std::size_t>(limit)) rows.resize(static_cast<std::size_t>(limit));
  Json tasks = Json::array();
  for (auto& [time, row] : rows) tasks.push_back(std::move(row));
  answer(asked, {{"tasks", std::move(tasks)}});
  return {};
}

Status Control::tasks_show(const Asked& asked) {
  const auto id = id_of(asked);
  if (!id) return {};
  TRY_ASSIGN(const auto outgoing, context_.store.outgoing(*id));
  if (outgoing) {
    Json json = outgoing_json(*outgoing);
    TRY_ASSIGN(const auto recipients, context_.store.recipient_states(*id));
    json["recipient_states"] = recipients_json(recipients);
    json["text"] = text_json(outgoing->message);
    answer(asked, json);
    return {};
  }
  TRY_ASSIGN(const auto incoming, context_.store.incoming(*id));
  if (!incoming) {
    refuse(asked, unknown(*id));
    return {};
  }
  Json json = incoming_json(*incoming);
  json["output"] = incoming->output;
  json["text"] = text_json(incoming->message);
  answer(asked, json);
  return {};
}

Status Control::trace(const Asked& asked) {
  const auto id = id_of(asked);
  if (!id) return {};
  TRY_ASSIGN(const auto outgoing, context_.store.outgoing(*id));
  TRY_ASSIGN(const auto incoming, context_.store.incoming(*id));
  TRY_ASSIGN(const auto recipients, context_.store.recipient_states(*id));
  Json own = {{"id", format_uuid(*id)}};
  own["outgoing"] = outgoing ? outgoing_json(*outgoing) : Json(nullptr);
  own["incoming"] = incoming ? incoming_json(*incoming) : Json(nullptr);
  own["recipient_states"] = recipients_json(recipients);
  own["events"] =
      history_json(outgoing ? &*outgoing : nullptr, recipients, incoming ? &*incoming : nullptr);
  pass_on("trace", {asked, std::move(own), true, {}});
  return {};
}

Status Control::events(const Asked& asked) {
  context_.listen(asked.asker, asked.ref);
  // So that whoever acts next knows that nothing of it will be missed.
  wire::Reply reply;
  reply.set_ref(asked.ref);
  reply.set_more(true);
  reply.set_json(to_text(Json{{"time", format_time(context_.now.wall)}, {"what", "listening"}}));
  context_.reply(asked.asker, reply);
  return {};
}

Status Control::ledger(const Asked& asked) {
  TRY_ASSIGN(const store::ClientLedger counters, context_.store.ledger_counters());
  TRY_ASSIGN(const store::ClientLedger recount, context_.store.ledger_recount());
  answer(asked, {{"counters", ledger_json(counters)},
                 {"recount", ledger_json(recount)},
                 {"balanced", balances(counters) && counters == recount}});
  return {};
}

Status Control::dead_list(const Asked& asked) {
  TRY_ASSIGN(const auto rows, context_.store.dead_outgoing(limit_of(asked.args)));
  Json dead = Json::array();
  for (const store::Outgoing& row : rows) dead.push_back(outgoing_json(row));
  answer(asked, {{"dead", std::move(dead)}});
  return {};
}

Status Control::change_dead(const Asked& asked, Status (Outbox::*change)(const MessageId&)) {
  const auto id = id_of(asked);
  if (!id) return {};
  const Status changed = (outbox_.*change)(*id);
  if (!changed.ok()) {
    const Code code = changed.error().code;
    if (code != Code::kNotFound && code != Code::kInvalid) return changed;
    refuse(asked, changed.error());
    return {};
  }
  TRY_ASSIGN(const auto row, context_.store.outgoing(*id));
  answer(asked, row ? outgoing_json(*row) : Json::object());
  return {};
}

Status Control::dead_retry(const Asked& asked) {
  return change_dead(asked, &Outbox::retry);
}
Status Control::dead_drop(const Asked& asked) {
  return change_dead(asked, &Outbox::drop);
}

Status Control::report(const Asked& asked) {
  const auto id = id_of(asked);
  if (!id) return {};
  const std::string event = text_of(asked.args, "event");
  if (wire::is_job_word(event)) return report_on_ours(asked, *id, event);
  if (event != "opened" && event != "accepted" && event != "declined" && event != "done") {
    refuse(asked,
           {Code::kInvalid, "`event` is \"opened\", \"accepted\", \"declined\" or \"done\"; of a "
                            "task of yours it is \"approved\", \"closed\" or \"rework\""});
    return {};
  }
  TRY_ASSIGN(auto row, context_.store.incoming(*id));
  if (!row || wire::is_report(row->kind)) {
    refuse(asked, row ? Error{Code::kInvalid, "that message is itself a report"} : unknown(*id));
    return {};
  }
  return say(asked, std::move(*row), event, shown(text_of(asked.args, "reason")));
}

Status Control::report_on_ours(const Asked& asked, const MessageId& id, const std::string& word) {
  TRY_ASSIGN(const auto row, context_.store.outgoing(id));
  if (!row) {
    refuse(asked, {Code::kInvalid, "only who gave a task says that it is " + word +
                                       "; this agent has sent none with this id"});
    return {};
  }
  return answer_or_refuse(
      asked, say_job_word(context_, *row, word, shown(text_of(asked.args, "reason"))));
}

Status Control::deliver(const Asked& asked) {
  Deliveries::Order order;
  order.what = text_of(asked.args, "what");
  const auto partial = asked.args.find("partial");
  order.partial = partial != asked.args.end() && *partial == Json(true);
  const auto files = asked.args.find("files");
  if (files != asked.args.end() && files->is_array()) {
    for (const Json& file : *files) {
      if (file.is_string()) order.files.push_back(file.get<std::string>());
    }
  }
  return answer_or_refuse(asked, deliveries_.deliver(order));
}

/// A person's word on a received message: written down, and told to its sender.
Status Control::say(const Asked& asked, store::Incoming row, const std::string& event,
                    const std::string& reason) {
  using store::IncomingState;
  const bool ends = event == "done" || event == "declined";
  if (ends && (row.state == IncomingState::kStarted || row.state == IncomingState::kFetching)) {
    refuse(asked, {Code::kInvalid, row.state == IncomingState::kStarted
                                       ? "its handler is running; wait for its end"
                                       : "its attachments are still coming"});
    return {};
  }
  wire::Message message;
  if (row.damaged || !message.ParseFromString(row.message)) {
    refuse(asked, {Code::kCorrupt, "its stored copy cannot be read"});
    return {};
  }
  if (row.opened_us == 0) row.opened_us = context_.wall_us();
  if (ends) {
    row.state = event == "done" ? IncomingState::kDone : IncomingState::kFailed;
    row.state_us = context_.wall_us();
    row.reason = event == "declined" ? "declined" + (reason.empty() ? "" : ": " + reason) : reason;
  }
  TRY(context_.begin_write());
  TRY(context_.store.update_incoming(row));
  const Details more = reason.empty() ? Details{} : Details{{"reason", reason}};
  TRY(event == "accepted" ? say_acceptance(context_, message, more)
                          : say_report(context_, message, event, more));
  context_.event(event, &row.id, {{"by", "a person"}});
  answer(asked, incoming_json(row));
  return {};
}

Status Control::rescan(const Asked& asked) {
  const std::string watch = text_of(asked.args, "watch");
  if (watch.empty()) {
    intake_.rescan();
  } else {
    intake_.rescan(watch);
  }
  answer(asked, {{"rescan", "started"}});
  return {};
}

}  // namespace yizhan::agent
