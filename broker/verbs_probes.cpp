// Verbs on probes.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "broker/activations.h"
#include "broker/verbs.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {

constexpr int kDefaultList = 100;
constexpr int kLongestList = 1000;

std::string time_or_nothing(std::int64_t us) {
  return us == 0 ? "" : format_time(from_micros(us));
}

Result<store::ProbeId> probe_number(const Json& arguments) {
  TRY_ASSIGN(const auto number, number_argument(arguments, "probe"));
  if (number) return *number;
  return Error{Code::kInvalid, "which probe? yizhan probes list shows their numbers"};
}

std::optional<store::ProbeState> parse_state(const std::string& word) {
  for (const auto state :
       {store::ProbeState::kWaiting, store::ProbeState::kActivated, store::ProbeState::kExpired,
        store::ProbeState::kCancelled, store::ProbeState::kPaused}) {
    if (word == store::probe_state_name(state)) return state;
  }
  return std::nullopt;
}

}  // namespace

Result<Json> Verbs::describe(const store::Probe& probe) {
  Json json{{"probe", probe.id},
            {"preset", probe.preset},
            {"state", store::probe_state_name(probe.state)},
            {"started", time_or_nothing(probe.started_us)},
            {"due", time_or_nothing(probe.due_us)},
            {"ends", time_or_nothing(probe.ends_us)},
            {"intervals", probe.intervals},
            {"reason", probe.reason}};
  TRY_ASSIGN(const auto message, store_->message(probe.message));
  json["message"] = message ? format_uuid(message->id) : "";
  if (probe.client != 0) {
    TRY_ASSIGN(const store::Client* client, directory_->client(probe.client));
    json["client"] = Directory::address_of(*client);
  }
  return json;
}

Verbs::Answer Verbs::probes_list(Step&, const Asker&, const Json& arguments) {
  std::optional<store::ProbeState> state;
  if (arguments.contains("state")) {
    TRY_ASSIGN(const std::string word, text_argument(arguments, "state"));
    state = parse_state(word);
    if (!state) {
      return Error{Code::kInvalid, "\"" + word +
                                       "\" is no state of a probe: waiting, activated, "
                                       "expired, cancelled, paused"};
    }
  }
  int limit = kDefaultList;
  TRY_ASSIGN(const auto asked, number_argument(arguments, "limit"));
  if (asked) limit = static_cast<int>(std::clamp<std::int64_t>(*asked, 1, kLongestList));
  TRY_ASSIGN(const auto probes, probes_->recent_probes(state, 0, limit));
  Json list = Json::array();
  for (const store::Probe& probe : probes) {
    TRY_ASSIGN(Json json, describe(probe));
    list.push_back(std::move(json));
  }
  return Json{{"probes", std::move(list)}};
}

Verbs::Answer Verbs::probes_show(Step&, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const store::ProbeId id, probe_number(arguments));
  TRY_ASSIGN(const auto probe, probes_->probe(id));
  if (!probe) return Error{Code::kNotFound, "there is no probe " + std::to_string(id)};
  TRY_ASSIGN(Json json, describe(*probe));
  TRY_ASSIGN(const auto activations, probes_->activations(probe->message));
  Json list = Json::array();
  for (const store::Activation& one : activations) {
    list.push_back({{"time", format_time(from_micros(one.at_us))},
                    {"arrived", format_time(from_micros(one.arrived_us))},
                    {"state", one.state},
                    {"user", one.user},
                    {"code", one.code},
                    {"via", one.via},
                    {"machine", one.machine},
                    {"address", one.address},
                    {"fingerprint", one.fingerprint},
                    {"expected", one.expected},
                    {"late", one.late}});
  }
  json["activations"] = std::move(list);
  TRY_ASSIGN(const auto firings, store_->firings(probe->message));
  const std::string rule = std::string(kPresetRule) + probe->preset + " ";
  Json turns = Json::array();
  for (const store::Firing& firing : firings) {
    if (firing.version != probe->id || !firing.rule.starts_with(rule)) {
      continue;
    }
    turns.push_back({{"time", format_time(from_micros(firing.fired_us))},
                     {"turn", firing.rule.substr(rule.size())},
                     {"effect", firing.effect}});
  }
  json["turns"] = std::move(turns);
  return json;
}

Verbs::Answer Verbs::tell_probe(Step& step, const Json& arguments, Instructions::Word word) {
  TRY_ASSIGN(const store::ProbeId id, probe_number(arguments));
  TRY_ASSIGN(const std::string author, text_argument(arguments, "author", "operator"));
  TRY(instructions_->tell_probe(step, id, word, "by " + author));
  TRY_ASSIGN(const auto probe, probes_->probe(id));
  return describe(*probe);
}

Verbs::Answer Verbs::probes_cancel(Step& step, const Asker&, const Json& arguments) {
  return tell_probe(step, arguments, Instructions::Word::kCancel);
}
Verbs::Answer Verbs::probes_pause(Step& step, const Asker&, const Json& arguments) {
  return tell_probe(step, arguments, Instructions::Word::kPause);
}
Verbs::Answer Verbs::probes_resume(Step& step, const Asker&, const Json& arguments) {
  return tell_probe(step, arguments, Instructions::Word::kResume);
}

}  // namespace yizhan::broker
