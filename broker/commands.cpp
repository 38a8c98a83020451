#include "broker/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "broker/command_call.h"
#include "broker/recipients.h"
#include "rules/commands.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxWordBytes = 64;
constexpr std::string_view kArgumentPrefix = "arg.";

bool is_word(const std::string& word) {
  return !word.empty() && word.size() <= kMaxWordBytes &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

/// What has an effect on other machines, or takes something from people.
bool is_audited(const rules::Command& command, const Subject& subject) {
  const std::string_view verb = command.verb;
  // A command that a person sent goes to machines that he did not name.
  const bool forwards = verb == "send" && rules::fixed_argument(command, "template") == "forward";
  if (forwards && subject.envelope->kind() == wire::COMMAND) return true;
  return verb == "command" || verb == "run" || verb == "webhook" || verb == "purge" ||
         verb == "quarantine" || verb == "share_project";
}

/// An error that is about the command and not about the store. A conflict: it was said before.
bool is_answer(const Error& error) {
  return error.code == Code::kInvalid || error.code == Code::kLimit ||
         error.code == Code::kNotFound || error.code == Code::kConflict;
}

}  // namespace

struct Commands::Row {
  std::string_view verb;
  Answer (Commands::*function)(Call&);
};

const std::vector<Commands::Row>& Commands::table() {
  static const std::vector<Row> kTable = {
      {"send", &Commands::send},
      {"notify", &Commands::notify},
      {"escalate", &Commands::escalate},
      {"recall", &Commands::recall},
      {"resend", &Commands::resend},
      {"probe", &Commands::probe},
      {"cancel_probe", &Commands::cancel_probe},
      {"command", &Commands::command},
      {"set_state", &Commands::set_state},     {"set_flag", &Commands::set_flag},
      {"quarantine", &Commands::quarantine},   {"purge", &Commands::purge},
      {"webhook", &Commands::outside},         {"run", &Commands::outside},
      {"upsert_terms", &Commands::history},    {"find_affected", &Commands::history},
      {"answer_if_known", &Commands::history}, {"share_project", &Commands::share_project},
  };
  return kTable;
}

Result<Outcome> Commands::carry_out(Step& step, const Order& order, const rules::Command& command,
                                    Event& event) {
  Call call{step, order, command, event};
  const auto row = std::find_if(table().begin(), table().end(),
                                [&](const Row& one) { return one.verb == command.verb; });
  CHECK_THAT_HOLDS(row != table().end());  // rules/commands.h knows no other verb
  Answer effect = (this->*row->function)(call);
  if (!effect.ok()) {
    if (!is_answer(effect.error())) return effect.error();
    call.outcome.effect = command.verb + " failed: " + effect.error().message + call.missing;
  } else {
    call.outcome.effect = *effect + call.missing;
    if (is_audited(command, event.subject())) {
      TRY(audit_.note(step.wall_us(), "rule " + order.rule, "rule." + command.verb,
                      format_uuid(event.subject().id), {{"effect", call.outcome.effect}}));
    }
  }
  return std::move(call.outcome);
}

/// The value of an argument, expanded; empty if the command does not have it.
Result<std::string> Commands::value(Call& call, const std::string& key) {
  const auto found = call.command.arguments.find(key);
  if (found == call.command.arguments.end()) return std::string();
  TRY_ASSIGN(rules::Expansion expansion, rules::expand(found->second, call.event));
  for (const std::string& field : expansion.missing) call.missing += " (no " + field + ")";
  return std::move(expansion.text);
}

Result<const Directory::Resolved*> Commands::resolve(Call& call, const std::string& recipient) {
  const auto written = call.command.arguments.find("recipient");
  if (written != call.command.arguments.end() && adds_recipient(written->second, recipient)) {
    return Error{Code::kInvalid, "a value may not add a recipient"};
  }
  // The message itself is not sent back to its sender; what is said about it may well be for him.
  const bool forward = rules::fixed_argument(call.command, "template") == "forward";
  return directory_.resolve(recipient, forward ? call.subject().sender : 0);
}

Commands::Answer Commands::queue(Call& call, store::MessageSeq seq, const MessageId& id,
                                 const Directory::Resolved& to, const std::string& recipient) {
  int queued = 0;
  int parked = 0;
  for (const store::ClientId client : to.clients) {
    TRY_ASSIGN(const Delivery::Queued added,
               delivery_.queue(call.step, seq, id, client, call.order.rule));
    if (added == Delivery::Queued::kNow) ++queued;
    if (added == Delivery::Queued::kParked) ++parked;
  }
  std::string effect = call.command.verb + " " + recipient + ": " + clients_in_words(queued);
  if (parked > 0) effect += ", " + std::to_string(parked) + " dead: mailbox full";
  for (const std::string& nobody : to.nobody) effect += ", nobody is " + nobody;
  return effect;
}

/// The words of `notice`: its template's, in our language, or the command's own text.
Status Commands::write_texts(Call& call, Notice* notice) {
  const std::string name(rules::fixed_argument(call.command, "template"));
  const auto found = tables_->templates.find(name);
  if (found != tables_->templates.end()) {
    TRY_ASSIGN(const rules::Rendered rendered, rules::render(found->second, language_, call.event));
    notice->subject = rendered.subject;
    notice->text = rendered.text;
    for (const std::string& field : rendered.missing) call.missing += " (no " + field + ")";
  }
  TRY_ASSIGN(const std::string own, value(call, "text"));
  if (!own.empty()) notice->text += (notice->text.empty() ? "" : "\n") + own;
  return {};
}

/// A notice about the subject to everybody that `recipient` means; `text` where the command has
/// none.
Commands::Answer Commands::say(Call& call, const std::string& recipient, std::string event,
                               const std::string& text) {
  TRY_ASSIGN(const Directory::Resolved* resolved, resolve(call, recipient));
  const Directory::Resolved to = *resolved;
  Notice notice;
  notice.event = std::move(event);
  notice.recipient = recipient;
  TRY(write_texts(call, &notice));
  if (notice.text.empty()) notice.text = text;
  const store::StoredMessage stored =
      make_notice(call.subject(), call.order, notice, call.step.wall());
  TRY_ASSIGN(const store::MessageSeq seq, store_.insert_message(stored));
  return queue(call, seq, stored.id, to, recipient);
}

Commands::Answer Commands::send(Call& call) {
  TRY_ASSIGN(const std::string recipient, value(call, "recipient"));
  if (rules::fixed_argument(call.command, "template") != "forward") {
    return say(call, recipient, call.subject().state);
  }
  TRY_ASSIGN(const Directory::Resolved* resolved, resolve(call, recipient));
  return queue(call, call.subject().seq, call.subject().id, *resolved, recipient);
}

Commands::Answer Commands::notify(Call& call) {
  TRY_ASSIGN(const std::string recipient, value(call, "recipient"));
  return say(call, recipient, "notice");
}

Commands::Answer Commands::escalate(Call& call) {
  TRY_ASSIGN(const std::string recipient, value(call, "recipient"));
  return say(call, recipient, "escalated");
}

Commands::Answer Commands::probe(Call& call) {
  TRY_ASSIGN(const std::string recipient, value(call, "recipient"));
  TRY_ASSIGN(const Directory::Resolved* resolved, resolve(call, recipient));
  Outcome::Begin begin;
  begin.preset = rules::fixed_argument(call.command, "preset");
  begin.clients = resolved->clients;
  std::string effect =
      "probe " + begin.preset + ": " + clients_in_words(static_cast<int>(begin.clients.size()));
  for (const std::string& nobody : resolved->nobody) effect += ", nobody is " + nobody;
  call.outcome.begin = std::move(begin);
  return effect;
}

Status Commands::send_link(Step& step, const Order& order, const rules::Command& command,
                           Event& event, store::ClientId client, const std::string& link) {
  Call call{step, order, command, event};
  TRY_ASSIGN(const store::Client* to, directory_.client(client));
  event.set("probe.link", link);
  Notice notice;
  notice.event = "probe";
  notice.recipient = "code:" + to->code;
  notice.link = link;
  TRY(write_texts(call, &notice));
  const store::StoredMessage stored = make_notice(call.subject(), order, notice, step.wall());
  TRY_ASSIGN(const store::MessageSeq seq, store_.insert_message(stored));
  TRY(delivery_.queue(step, seq, stored.id, client, order.rule));
  return {};
}

Commands::Answer Commands::cancel_probe(Call& call) {
  const std::string preset(rules::fixed_argument(call.command, "preset"));
  call.outcome.cancel = preset;
  return "cancel_probe " + (preset.empty() ? std::string("all") : preset);
}

Commands::Answer Commands::command(Call& call) {
  TRY_ASSIGN(const std::string recipient, value(call, "recipient"));
  TRY_ASSIGN(const Directory::Resolved* resolved, resolve(call, recipient));
  const Directory::Resolved to = *resolved;
  TRY_ASSIGN(const std::string operation, value(call, "op"));
  std::vector<std::pair<std::string, std::string>> arguments;
  for (const auto& [key, written] : call.command.arguments) {
    if (key != "args" && !key.starts_with(kArgumentPrefix)) continue;
    TRY_ASSIGN(std::string text, value(call, key));
    arguments.emplace_back(key, std::move(text));
  }
  const store::StoredMessage stored =
      make_command(call.subject(), call.order, recipient, operation, arguments, call.step.wall());
  TRY_ASSIGN(const store::MessageSeq seq, store_.insert_message(stored));
  return queue(call, seq, stored.id, to, recipient + " " + operation);
}

Commands::Answer Commands::set_state(Call& call) {
  TRY_ASSIGN(const std::string state, value(call, "state"));
  if (!is_word(state)) {
    return Error{Code::kInvalid, "a state is a word of a-z, 0-9, _ and -"};
  }
  call.outcome.new_state = state;
  return "set_state " + state;
}

Commands::Answer Commands::set_flag(Call& call) {
  const std::string flag(rules::fixed_argument(call.command, "flag"));
  const bool on = rules::fixed_argument(call.command, "value") != "no";
  TRY_ASSIGN(call.outcome.changed, probes_.set_flag(call.subject().seq, flag, on));
  return std::string(on ? "set_flag " : "clear flag ") + flag;
}

/// Programs and web hooks: written down here, carried out and tried again by broker/effects.h.
Commands::Answer Commands::outside(Call& call) {
  Json spec = Json::object();
  for (const auto& [key, written] : call.command.arguments) {
    TRY_ASSIGN(const std::string text, value(call, key));
    spec[key] = text;
  }
  spec["version"] = call.subject().version;
  Notice notice;
  TRY(write_texts(call, &notice));
  if (!notice.text.empty()) spec["text"] = notice.text;
  if (!notice.subject.empty()) spec["subject"] = notice.subject;
  const Subject& subject = call.subject();
  spec["message"] = {{"id", format_uuid(subject.id)},
                     {"kind", wire::kind_name(subject.envelope->kind())},
                     {"state", std::string(call.event.get("state").value_or(""))},
                     {"sender", subject.envelope->sender()},
                     {"recipient", subject.envelope->recipient()}};
  store::Effect effect;
  effect.message = subject.seq;
  effect.rule = call.order.rule;
  effect.verb = call.command.verb;
  effect.spec = spec.dump(-1, ' ', false, Json::error_handler_t::replace);
  effect.created_us = effect.due_us = call.step.wall_us();
  TRY_ASSIGN(const store::EffectId id, effects_.order(effect));
  return call.command.verb + " ordered, effect " + std::to_string(id);
}

Commands::Answer Commands::history(Call& call) {
  const std::string_view verb = call.command.verb;
  if (verb == "upsert_terms") return terms_->upsert(call.step, call.subject());
  return verb == "find_affected"
             ? terms_->find_affected(call.step, call.subject(), call.order)
             : terms_->answer_if_known(call.step, call.subject(), call.order);
}

Commands::Answer Commands::share_project(Call& call) {
  TRY_ASSIGN(const std::string recipient, value(call, "recipient"));
  TRY_ASSIGN(const Directory::Resolved* resolved, resolve(call, recipient));
  const std::vector<store::ClientId> with = resolved->clients;
  const bool read = rules::fixed_argument(call.command, "access") == "read";
  return terms_->share_project(call.step, call.subject(), with,
                               read ? store::Access::kRead : store::Access::kWrite);
}

}  // namespace yizhan::broker
