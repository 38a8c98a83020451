#include "broker/verbs.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {
constexpr std::size_t kMaxListeners = 64;  // people who follow `events`
}

struct Verbs::Row {
  enum Who { kOperator, kClient } who;  ///< kClient: accepted clients too
  bool writes;
  Answer (Verbs::*function)(Step&, const Asker&, const Json&);
};

const std::map<std::string, Verbs::Row>& Verbs::table() {
  static const std::map<std::string, Row> kTable = {
      {"status", {Row::kClient, false, &Verbs::status}},
      {"ping", {Row::kClient, false, &Verbs::ping}},
      {"trace", {Row::kClient, false, &Verbs::trace}},
      {"clients.list", {Row::kOperator, false, &Verbs::clients_list}},
      {"clients.show", {Row::kOperator, false, &Verbs::clients_show}},
      {"clients.accept", {Row::kOperator, true, &Verbs::clients_accept}},
      {"clients.reject", {Row::kOperator, true, &Verbs::clients_reject}},
      {"clients.revoke", {Row::kOperator, true, &Verbs::clients_revoke}},
      {"clients.set", {Row::kOperator, true, &Verbs::clients_set}},
      {"tasks.list", {Row::kOperator, false, &Verbs::tasks_list}},
      {"tasks.show", {Row::kOperator, false, &Verbs::trace}},
      {"dead.list", {Row::kOperator, false, &Verbs::dead_list}},
      {"dead.show", {Row::kOperator, false, &Verbs::trace}},
      {"dead.retry", {Row::kOperator, true, &Verbs::dead_retry}},
      {"dead.drop", {Row::kOperator, true, &Verbs::dead_drop}},
      {"ledger", {Row::kOperator, false, &Verbs::ledger}},
      {"events", {Row::kOperator, false, &Verbs::events}},
      {"rules.show", {Row::kOperator, false, &Verbs::rules_show}},
      {"rules.apply", {Row::kOperator, true, &Verbs::rules_apply}},
      {"rules.list", {Row::kOperator, false, &Verbs::rules_list}},
      {"rules.history", {Row::kOperator, false, &Verbs::rules_history}},
      {"rules.rollback", {Row::kOperator, true, &Verbs::rules_rollback}},
      {"rules.test", {Row::kOperator, false, &Verbs::rules_test}},
      {"rules.diff", {Row::kOperator, false, &Verbs::rules_diff}},
      {"rules.simulate", {Row::kOperator, false, &Verbs::rules_simulate}},
      {"why", {Row::kOperator, false, &Verbs::why}},
      {"why_not", {Row::kOperator, false, &Verbs::why_not}},
      {"templates.list", {Row::kOperator, false, &Verbs::templates_list}},
      {"slices.list", {Row::kOperator, false, &Verbs::slices_list}},
      {"slices.allow", {Row::kOperator, true, &Verbs::slices_allow}},
      {"audit.list", {Row::kOperator, false, &Verbs::audit_list}},
      {"audit.verify", {Row::kOperator, false, &Verbs::audit_verify}},
      {"probes.list", {Row::kOperator, false, &Verbs::probes_list}},
      {"probes.show", {Row::kOperator, false, &Verbs::probes_show}},
      {"probes.cancel", {Row::kOperator, true, &Verbs::probes_cancel}},
      {"probes.pause", {Row::kOperator, true, &Verbs::probes_pause}},
      {"probes.resume", {Row::kOperator, true, &Verbs::probes_resume}},
  };
  return kTable;
}

Result<std::string> text_argument(const Json& arguments, const char* key,
                                  std::optional<std::string> missing) {
  const auto found = arguments.find(key);
  if (found == arguments.end()) {
    if (missing) return std::move(*missing);
    return Error{Code::kInvalid, std::string("the argument ") + key + " is missing"};
  }
  if (!found->is_string()) return Error{Code::kInvalid, std::string(key) + " is not a text"};
  return found->get<std::string>();
}

Result<std::optional<std::int64_t>> number_argument(const Json& arguments, const char* key) {
  const auto found = arguments.find(key);
  if (found == arguments.end()) return std::optional<std::int64_t>();
  if (found->is_number_integer()) return std::optional<std::int64_t>(found->get<std::int64_t>());
  std::int64_t number = 0;
  if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return std::optional<std::int64_t>(number);
  }
  return Error{Code::kInvalid, std::string(key) + " is not a number"};
}

bool Verbs::writes(const std::string& verb) {
  const auto row = table().find(verb);
  return row != table().end() && row->second.writes;
}

Status Verbs::on_request(Step& step, const Asker& asker, const wire::Request& request) {
  const auto answer = [&](const Answer& result) {
    reply(step, asker.peer, request.ref(), result, request.verb() == "events" && result.ok());
    return Status{};
  };
  const auto row = table().find(request.verb());
  if (row == table().end()) {
    return answer(Error{Code::kInvalid, "the broker knows no verb \"" + request.verb() + "\""});
  }
  if (row->second.who == Row::kOperator && !asker.admin) {
    return answer(Error{Code::kDenied, "only an operator may ask for " + request.verb() +
                                           ", on the broker's machine with --config broker.ini"});
  }
  const Json arguments =
      request.json().empty() ? Json::object() : Json::parse(request.json(), nullptr, false);
  if (!arguments.is_object()) {
    return answer(
        Error{Code::kInvalid, "the arguments of " + request.verb() + " are not a JSON object"});
  }
  Answer result = (this->*row->second.function)(step, asker, arguments);
  if (!result.ok()) {
    const Code code = result.error().code;
    // The store's own failures end the step; everything else is an answer.
    if (code == Code::kIo || code == Code::kCorrupt || code == Code::kUnavailable) {
      return result.error();
    }
  } else if (row->second.writes) {
    TRY(note_act(step, asker, request.verb(), arguments, *result));
  } else if (request.verb() == "events") {
    // A listener that went away without a word is forgotten when others take its place.
    if (listeners_.size() >= kMaxListeners) listeners_.erase(listeners_.begin());
    listeners_[asker.peer] = request.ref();
  }
  return answer(result);
}

void Verbs::reply(Step& step, const PeerId& peer, std::uint64_t ref, const Answer& answer,
                  bool more) {
  wire::FromBroker frame;
  wire::Reply* out = frame.mutable_reply();
  out->set_ref(ref);
  out->set_more(more);
  if (!answer.ok()) {
    out->set_code(code_name(answer.error().code));
    out->set_error(answer.error().message);
  } else {
    // Text that is not UTF-8 (an agent's host name, say) is shown with replacement characters.
    std::string json = answer->dump(-1, ' ', false, Json::error_handler_t::replace);
    if (json.size() > wire::kMaxReplyJsonBytes) {
      out->set_code(code_name(Code::kLimit));
      out->set_error("the answer is too large: ask for less with a limit");
    } else {
      out->set_json(std::move(json));
    }
  }
  step.send(peer, frame);
}

void Verbs::publish(Step& step, const Happening& happening) {
  const Json event{{"time", format_time(step.wall())},
                   {"what", happening.what},
                   {"id", format_uuid(happening.id)},
                   {"whom", happening.whom},
                   {"detail", happening.detail}};
  for (const auto& [peer, ref] : listeners_) reply(step, peer, ref, Answer(event), true);
}

Verbs::Answer Verbs::events(Step&, const Asker&, const Json&) {
  return Json{{"what", "listening"}};
}

Verbs::Answer Verbs::status(Step& step, const Asker& asker, const Json&) {
  TRY_ASSIGN(const store::Ledger ledger, store_->ledger_counters());
  Json answer{{"broker", "ok"},
              {"time", format_time(step.wall())},
              {"online", sessions_->size()},
              {"messages", ledger.messages},
              {"queued", ledger.queued},
              {"dead", ledger.dead},
              {"expired", ledger.expired}};
  if (asker.admin) {
    for (const auto state : {store::ClientState::kPending, store::ClientState::kAccepted,
                             store::ClientState::kRejected, store::ClientState::kRevoked}) {
      TRY_ASSIGN(const std::int64_t count, store_->count_clients(state));
      answer["clients"][store::client_state_name(state)] = count;
    }
    TRY_ASSIGN(const std::size_t full, mailboxes_->full());
    answer["full_mailboxes"] = full;
    TRY_ASSIGN(const auto rules, store_->current_rules());
    answer["rules"] = {{"version", rules ? rules->version : 0},
                       {"rows", instructions_->tables().rows()}};
  }
  return answer;
}

Verbs::Answer Verbs::ping(Step& step, const Asker& asker, const Json& arguments) {
  Json answer{{"broker", "ok"}, {"time", format_time(step.wall())}};
  if (!arguments.contains("address")) return answer;
  TRY_ASSIGN(const std::string address, text_argument(arguments, "address"));
  TRY_ASSIGN(const Directory::Resolved* found, directory_->resolve(address, asker.client));
  answer["clients"] = Json::array();
  for (const store::ClientId id : found->clients) {
    TRY_ASSIGN(const store::Client* client, directory_->client(id));
    Json entry{{"address", Directory::address_of(*client)}, {"code", client->code}};
    if (const Session* session = sessions_->by_client(id)) {
      entry["presence"] = "online";
      entry["heard_ms_ago"] =
          std::chrono::duration_cast<std::chrono::milliseconds>(step.steady() - session->heard)
              .count();
    } else {
      entry["presence"] = "offline";
      entry["last_seen"] = format_time(from_micros(client->last_seen_us));
    }
    answer["clients"].push_back(std::move(entry));
  }
  if (found->clients.empty()) return Error{Code::kNotFound, "no accepted client has that address"};
  return answer;
}

Verbs::Answer Verbs::ledger(Step&, const Asker&, const Json&) {
  TRY_ASSIGN(const store::Ledger kept, store_->ledger_counters());
  TRY_ASSIGN(const store::Ledger counted, store_->ledger_recount());
  std::int64_t leased = 0;
  for (const auto& [peer, session] : sessions_->all()) {
    leased += static_cast<std::int64_t>(session.in_flight.size());
  }
  const std::int64_t sum =
      counted.done + counted.queued + counted.expired + counted.dead + counted.purged;
  const bool equal = kept.queued == counted.queued && kept.done == counted.done &&
                     kept.expired == counted.expired && kept.dead == counted.dead &&
                     kept.accepted == counted.accepted && kept.messages == counted.messages;
  return Json{{"accepted", kept.accepted},         {"done", counted.done},
              {"queued", counted.queued},          {"leased", leased},
              {"expired", counted.expired},        {"dead", counted.dead},
              {"purged", counted.purged},          {"messages", counted.messages},
              {"difference", kept.accepted - sum}, {"balanced", equal && kept.accepted == sum}};
}

}  // namespace yizhan::broker
