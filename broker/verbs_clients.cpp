// The operator's verbs on clients: who may speak, and what they are called.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "broker/verbs.h"
#include "rules/hours.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {

/// The texts of an array argument; an absent one is empty.
Result<std::vector<std::string>> texts(const Json& arguments, const char* key) {
  std::vector<std::string> found;
  const auto list = arguments.find(key);
  if (list == arguments.end()) return found;
  if (!list->is_array()) return Error{Code::kInvalid, std::string(key) + " is not a list"};
  for (const Json& entry : *list) {
    if (!entry.is_string() || entry.get_ref<const std::string&>().empty()) {
      return Error{Code::kInvalid, std::string(key) + " has an entry that is no text"};
    }
    found.push_back(entry.get<std::string>());
  }
  return found;
}

Status edit(const Json& arguments, const char* add, const char* remove,
            std::set<std::string>* values) {
  TRY_ASSIGN(const std::vector<std::string> added, texts(arguments, add));
  TRY_ASSIGN(const std::vector<std::string> removed, texts(arguments, remove));
  for (const std::string& value : removed) values->erase(value);
  values->insert(added.begin(), added.end());
  return {};
}

}  // namespace

Json Verbs::describe(Step& step, const store::Client& client) const {
  Json json{{"code", client.code},
            {"state", store::client_state_name(client.state)},
            {"user", client.user},
            {"name", client.name},
            {"host", client.host},
            {"ip", client.ip},
            {"mac", client.mac},
            {"roles", client.roles},
            {"groups", client.groups},
            {"zone", client.hours_zone()},
            {"zone_by", !client.zone.empty()        ? "operator"
                        : client.agent_zone.empty() ? ""
                                                    : "agent"},
            {"enrolled", format_time(from_micros(client.created_us))},
            {"last_seen", format_time(from_micros(client.last_seen_us))},
            {"presence", "offline"}};
  for (const auto& [peer, session] : sessions_->all()) {
    if (session.client != client.id) continue;
    json["presence"] = "online";
    json["heard_ms_ago"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(step.steady() - session.heard)
            .count();
    json["clock_offset_ms"] = session.clock_offset_us / 1000;
    json["outbox"] = session.outbox;
    json["in_flight"] = session.in_flight.size();
  }
  return json;
}

Result<store::Client> Verbs::named_client(const Json& arguments) {
  TRY_ASSIGN(std::string name, text_argument(arguments, "client"));
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  TRY_ASSIGN(std::vector<store::Client> clients, store_->clients());
  std::vector<store::Client> found;
  for (store::Client& client : clients) {
    if (client.code == upper) return std::move(client);
    if (client.user == name || client.name == name || "user:" + client.user == name) {
      found.push_back(std::move(client));
    }
  }
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    return Error{Code::kNotFound, "no client has the code, name or user \"" + name +
                                      "\"; yizhan clients list shows all"};
  }
  std::string codes;
  for (const store::Client& client : found) codes += " " + client.code;
  return Error{Code::kInvalid,
               "\"" + name + "\" is more than one client; name it by its code:" + codes};
}

Verbs::Answer Verbs::clients_list(Step& step, const Asker&, const Json&) {
  TRY_ASSIGN(const std::vector<store::Client> clients, store_->clients());
  Json list = Json::array();
  for (const store::Client& client : clients) list.push_back(describe(step, client));
  return Json{{"clients", std::move(list)}};
}

Verbs::Answer Verbs::clients_show(Step& step, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const store::Client client, named_client(arguments));
  Json json = describe(step, client);
  json["key"] = to_z85(client.key.view());
  TRY_ASSIGN(const std::int64_t waiting, store_->mailbox_size(client.id));
  json["mailbox"] = waiting;
  return json;
}

Verbs::Answer Verbs::set_client_state(Step& step, const Json& arguments, store::ClientState state) {
  TRY_ASSIGN(store::Client client, named_client(arguments));
  if (client.state == state) return describe(step, client);
  client.state = state;
  TRY_ASSIGN(client.id, store_->save_client(client));
  directory_->forget();
  step.log(LogLine::kInfo, "client " + client.code + " (" + client.user + ") is now " +
                               store::client_state_name(state));
  step.happened("client", MessageId{}, client.code, store::client_state_name(state));
  // A live session ends at once; its agent is told why.
  if (const Session* session = sessions_->by_client(client.id);
      session != nullptr && state != store::ClientState::kAccepted) {
    wire::FromBroker frame;
    frame.mutable_refused()->set_reason(
        state == store::ClientState::kRevoked ? wire::Refused::REVOKED : wire::Refused::REJECTED);
    frame.mutable_refused()->set_text(std::string("an operator ") +
                                      store::client_state_name(state) + " this client");
    const PeerId peer = session->peer;
    step.send(peer, frame);
    sessions_->close(peer);
  }
  return describe(step, client);
}

Verbs::Answer Verbs::clients_accept(Step& step, const Asker&, const Json& arguments) {
  return set_client_state(step, arguments, store::ClientState::kAccepted);
}

Verbs::Answer Verbs::clients_reject(Step& step, const Asker&, const Json& arguments) {
  return set_client_state(step, arguments, store::ClientState::kRejected);
}

Verbs::Answer Verbs::clients_revoke(Step& step, const Asker&, const Json& arguments) {
  return set_client_state(step, arguments, store::ClientState::kRevoked);
}

Verbs::Answer Verbs::clients_set(Step& step, const Asker&, const Json& arguments) {
  TRY_ASSIGN(store::Client client, named_client(arguments));
  TRY_ASSIGN(client.user, text_argument(arguments, "user", client.user));
  TRY_ASSIGN(client.name, text_argument(arguments, "name", client.name));
  TRY_ASSIGN(client.zone, text_argument(arguments, "zone", client.zone));
  if (!client.zone.empty()) TRY(rules::Zone::named(client.zone));
  TRY(edit(arguments, "add_roles", "remove_roles", &client.roles));
  TRY(edit(arguments, "add_groups", "remove_groups", &client.groups));
  TRY_ASSIGN(client.id, store_->save_client(client));
  directory_->forget();
  TRY(history_->on_rights(
      step, [&](const store::Client& one) { return one.id == client.id; }));
  step.log(LogLine::kInfo, "client " + client.code + " was changed by an operator");
  return describe(step, client);
}

}  // namespace yizhan::broker
