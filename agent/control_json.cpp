#include "agent/control_json.h"

#include <algorithm>
#include <utility>

#include "agent/context.h"
#include "config/ids.h"
#include "config/time.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

Json time_json(std::int64_t us) {
  return us == 0 ? Json(nullptr) : Json(format_time(from_micros(us)));
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json outgoing_json(const store::Outgoing& row) {
  Json json;
  json["id"] = format_uuid(row.id);
  json["direction"] = "out";
  json["kind"] = wire::kind_name(row.kind);
  json["state"] = store::outgoing_state_name(row.state);
  json["to"] = shown(row.recipient);
  json["ack"] = wire::ack_name(row.ack);
  json["accepted"] = time_json(row.accepted_us);
  json["stored"] = time_json(row.stored_us);
  json["changed"] = time_json(row.state_us);
  json["expires"] = time_json(row.expires_us);
  json["recipients"] = row.recipients;
  json["origin"] = shown(row.origin);
  json["reason"] = shown(row.reason);
  return json;
}

Json incoming_json(const store::Incoming& row) {
  Json json;
  json["id"] = format_uuid(row.id);
  json["direction"] = "in";
  json["kind"] = wire::kind_name(row.kind);
  json["state"] = store::incoming_state_name(row.state);
  json["from"] = shown(row.sender);
  json["in_reply_to"] = row.in_reply_to;
  json["received"] = time_json(row.received_us);
  json["opened"] = time_json(row.opened_us);
  json["changed"] = time_json(row.state_us);
  json["handler"] = row.handler;
  json["exit"] = row.exit_status;
  json["reason"] = shown(row.reason);
  json["file"] = row.file;
  return json;
}

Json recipients_json(const std::vector<store::RecipientState>& recipients) {
  Json json = Json::array();
  for (const store::RecipientState& one : recipients) {
    json.push_back({{"recipient", shown(one.recipient)},
                    {"state", one.state},
                    {"time", time_json(one.state_us)},
                    {"reason", shown(one.reason)}});
  }
  return json;
}

Json ledger_json(const store::ClientLedger& ledger) {
  return {{"accepted", ledger.accepted}, {"queued", ledger.queued},   {"done", ledger.done},
          {"dead", ledger.dead},         {"expired", ledger.expired}, {"purged", ledger.purged},
          {"received", ledger.received}};
}

Json history_json(const store::Outgoing* outgoing,
                  const std::vector<store::RecipientState>& recipients,
                  const store::Incoming* incoming) {
  Json events = Json::array();
  const auto add = [&events](std::int64_t us, const char* what, const std::string& whom,
                             const std::string& detail) {
    if (us == 0) return;
    events.push_back({{"time", time_json(us)},
                      {"at", "agent"},
                      {"what", what},
                      {"whom", shown(whom)},
                      {"detail", shown(detail)}});
  };
  if (outgoing != nullptr) {
    add(outgoing->accepted_us, "queued", outgoing->recipient, outgoing->origin);
    add(outgoing->stored_us, "stored", "broker",
        "for " + std::to_string(outgoing->recipients) + " clients");
    for (const store::RecipientState& one : recipients) {
      add(one.state_us, one.state.c_str(), one.recipient, one.reason);
    }
    if (outgoing->state != store::OutgoingState::kQueued &&
        outgoing->state != store::OutgoingState::kStored) {
      add(outgoing->state_us, store::outgoing_state_name(outgoing->state), "", outgoing->reason);
    }
  }
  if (incoming != nullptr) {
    add(incoming->received_us, "received", incoming->sender, "");
    add(incoming->opened_us, "opened", "", "");
    if (incoming->state_us != incoming->received_us) {
      add(incoming->state_us, store::incoming_state_name(incoming->state), incoming->handler,
          incoming->reason);
    }
  }
  return merged_history(events, Json::array());
}

Json merged_history(const Json& ours, const Json& theirs) {
  std::vector<std::pair<std::int64_t, Json>> events;
  for (const Json* history : {&ours, &theirs}) {
    if (!history->is_array()) continue;
    for (const Json& event : *history) {
      const auto time = event.is_object() ? event.find("time") : event.end();
      if (!event.is_object() || time == event.end() || !time->is_string()) continue;
      const auto at = parse_time(time->get_ref<const std::string&>());
      events.emplace_back(at ? to_micros(*at) : 0, event);
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json merged = Json::array();
  for (auto& [us, event] : events) merged.push_back(std::move(event));
  return merged;
}

}  // namespace yizhan::agent
