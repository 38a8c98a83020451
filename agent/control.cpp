// The control verbs' frame: decoding, the table, questions passed on to the broker. What the verbs
// do is in control_verbs.cpp.

#include "agent/control.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "wire/limits.h"

namespace yizhan::agent {

namespace {

// A person waits for it.
constexpr Micros kBrokerPatience = std::chrono::seconds(2);
// More open questions than people and scripts have; the rest is told to try again.
constexpr std::size_t kMaxPassed = 256;

}  // namespace

const Control::Row Control::kVerbs[] = {
    {"status", &Control::status},         {"tasks.list", &Control::tasks_list},
    {"tasks.show", &Control::tasks_show}, {"trace", &Control::trace},
    {"events", &Control::events},         {"ping", &Control::ping},
    {"ledger", &Control::ledger},         {"dead.list", &Control::dead_list},
    {"dead.show", &Control::tasks_show},  {"dead.retry", &Control::dead_retry},
    {"dead.drop", &Control::dead_drop},   {"report", &Control::report},
    {"rescan", &Control::rescan},         {"deliver", &Control::deliver},
};

Status Control::on_request(const ControlRequest& request) {
  wire::Request decoded;
  if (!decoded.ParseFromString(request.bytes)) {
    refuse({request.asker, 0, {}}, {Code::kInvalid, "that is not a request of this protocol"});
    return {};
  }
  Asked asked{request.asker, decoded.ref(), Json::object()};
  if (!decoded.json().empty()) {
    asked.args = Json::parse(decoded.json(), nullptr, false);
    if (!asked.args.is_object()) {
      refuse(asked, {Code::kInvalid, "the arguments of a verb are one JSON object"});
      return {};
    }
  }
  for (const Row& row : kVerbs) {
    if (decoded.verb() == row.name) return (this->*row.verb)(asked);
  }
  if (HistoryVerbs::knows(decoded.verb())) return history(decoded.verb(), asked);
  std::string known;
  for (const Row& row : kVerbs) known += (known.empty() ? "" : ", ") + std::string(row.name);
  refuse(asked, {Code::kInvalid,
                 "unknown verb '" + shown(decoded.verb()) + "'; this agent knows " + known});
  return {};
}

Status Control::history(const std::string& verb, const Asked& asked) {
  return answer_or_refuse(asked, history_.call(verb, asked.args));
}

/// What the store fails with ends the step; what else is wrong is answered.
Status Control::answer_or_refuse(const Asked& asked, const Result<Json>& json) {
  if (json.ok()) {
    answer(asked, *json);
    return {};
  }
  const Code code = json.error().code;
  if (code == Code::kIo || code == Code::kCorrupt || code == Code::kUnavailable) {
    return json.error();
  }
  refuse(asked, json.error());
  return {};
}

void Control::on_gone(const std::string& asker) {
  context_.stop_listening(asker);
  std::erase_if(passed_, [&](const auto& one) { return one.second.asked.asker == asker; });
  std::erase_if(pings_, [&](const Ping& one) { return one.asked.asker == asker; });
}

void Control::answer(const Asked& asked, const Json& json) {
  wire::Reply reply;
  reply.set_ref(asked.ref);
  reply.set_json(to_text(json));
  if (reply.json().size() > wire::kMaxReplyJsonBytes) {
    refuse(asked, {Code::kLimit, "the answer is longer than an answer may be; ask for less"});
    return;
  }
  context_.reply(asked.asker, reply);
}

void Control::refuse(const Asked& asked, const Error& error) {
  wire::Reply reply;
  reply.set_ref(asked.ref);
  reply.set_code(code_name(error.code));
  reply.set_error(shown(error.message));
  context_.reply(asked.asker, reply);
}

/// The argument "id"; without a proper one the asker is told.
std::optional<MessageId> Control::id_of(const Asked& asked) {
  const auto found = asked.args.find("id");
  if (found != asked.args.end() && found->is_string()) {
    if (auto id = parse_uuid(found->get_ref<const std::string&>())) return id;
  }
  refuse(asked, {Code::kInvalid, "the verb needs `id`, the UUID of a message"});
  return std::nullopt;
}

// ---- questions to the broker

void Control::pass_on(const std::string& verb, Passed passed) {
  if (!link_.is_open()) {
    give_up(passed, link_.verdict().why);
    return;
  }
  if (passed_.size() >= kMaxPassed) {
    refuse(passed.asked, {Code::kLimit, "too many questions wait for the broker; try again"});
    return;
  }
  wire::FromAgent frame;
  wire::Request* request = frame.mutable_request();
  request->set_ref(++last_ref_);
  request->set_verb(verb);
  request->set_json(to_text(passed.asked.args));
  context_.send(frame);
  passed.deadline = context_.now.steady + kBrokerPatience;
  passed_[last_ref_] = std::move(passed);
}

void Control::give_up(const Passed& passed, const std::string& why) {
  if (!passed.trace) {
    refuse(passed.asked, {Code::kUnavailable, "the broker cannot be asked: " + why});
    return;
  }
  Json json = passed.own;
  json["broker"] = "unreachable";
  json["broker_reason"] = why;
  answer(passed.asked, json);
}

void Control::on_reply(const wire::Reply& reply) {
  auto found = passed_.extract(reply.ref());
  if (found.empty()) return;
  const Passed& passed = found.mapped();
  // Of a message that nobody here knows, the broker's refusal is the whole answer.
  const bool unknown_here =
      passed.trace && passed.own["outgoing"].is_null() && passed.own["incoming"].is_null();
  if (!passed.trace || (unknown_here && !reply.code().empty())) {
    wire::Reply own = reply;
    own.set_ref(passed.asked.ref);
    own.set_more(false);
    context_.reply(passed.asked.asker, own);
    return;
  }
  Json json = passed.own;
  if (!reply.code().empty()) {
    json["broker"] = Json{{"code", reply.code()}, {"error", reply.error()}};
  } else {
    Json theirs = Json::parse(reply.json(), nullptr, false);
    if (!theirs.is_object()) theirs = Json::object();
    json["events"] = merged_history(json["events"], theirs["events"]);
    theirs.erase("events");
    json["broker"] = std::move(theirs);
  }
  answer(passed.asked, json);
}

void Control::on_pong(const wire::Pong& pong) {
  while (!pings_.empty() && pings_.front().number <= pong.number()) {
    const Ping& one = pings_.front();
    answer(one.asked, {{"round_trip_us", (context_.now.steady - one.sent).count()},
                       {"broker_step_us", pong.step_us()},
                       {"broker", link_.welcome().broker_id()},
                       {"verdict", link_.verdict().word}});
    pings_.pop_front();
  }
}

void Control::tick(bool session_lost) {
  const Steady now = context_.now.steady;
  const std::string why = session_lost ? "the connection was lost" : "no answer in time";
  for (auto one = passed_.begin(); one != passed_.end();) {
    if (!session_lost && now < one->second.deadline) {
      ++one;
      continue;
    }
    give_up(one->second, why);
    one = passed_.erase(one);
  }
  while (!pings_.empty() && (session_lost || now >= pings_.front().deadline)) {
    refuse(pings_.front().asked, {Code::kUnavailable, "ping: " + why});
    pings_.pop_front();
  }
}

Steady Control::next_wakeup() const {
  Steady next = pings_.empty() ? Steady::max() : pings_.front().deadline;
  for (const auto& [ref, passed] : passed_) next = std::min(next, passed.deadline);
  return next;
}

Status Control::ping(const Asked& asked) {
  if (asked.args.contains("address")) {
    pass_on("ping", {asked, {}, false, {}});
    return {};
  }
  if (!link_.is_open()) {
    refuse(asked,
           {Code::kUnavailable, "ping: " + link_.verdict().word + ": " + link_.verdict().why});
    return {};
  }
  if (pings_.size() >= kMaxPassed) {
    refuse(asked, {Code::kLimit, "too many pings are on their way; try again"});
    return {};
  }
  TRY_ASSIGN(const std::uint64_t number, link_.ping());
  const Steady now = context_.now.steady;
  pings_.push_back({asked, number, now, now + kBrokerPatience});
  return {};
}

}  // namespace yizhan::agent
