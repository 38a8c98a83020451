#include "broker/firing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/event.h"
#include "broker/reports.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

constexpr std::size_t kMaxStateBytes = 64;

/// The value of an argument, expanded; empty if the command does not have it. Fields that the event
/// does not have are added to `missing`.
Result<std::string> argument(const rules::Command& command, const std::string& key,
                             const rules::FieldSource& event, std::string* missing) {
  const auto found = command.arguments.find(key);
  if (found == command.arguments.end()) return std::string();
  TRY_ASSIGN(rules::Expansion expansion, rules::expand(found->second, event));
  for (const std::string& field : expansion.missing) *missing += " (no " + field + ")";
  return std::move(expansion.text);
}

/// A value put into a list of recipients may be one of them, and cannot add another.
bool adds_recipient(const rules::Template& written, const std::string& expanded) {
  const auto commas = [](const std::string& text) {
    return std::count(text.begin(), text.end(), ',');
  };
  std::ptrdiff_t fixed = 0;
  for (const rules::Template::Piece& piece : written.pieces()) {
    if (!piece.is_field) fixed += commas(piece.text);
  }
  return commas(expanded) != fixed;
}

bool is_state_word(const std::string& word) {
  return !word.empty() && word.size() <= kMaxStateBytes &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

/// A receipt about `subject`, said by the broker for a rule.
wire::Message rule_receipt(const Subject& subject, const std::string& rule,
                           const std::string& recipient, const std::string& text, Instant now) {
  wire::Message message;
  const std::string purpose =
      "rule:" + rule + ":" + std::to_string(subject.version) + ":" + recipient;
  message.set_id(std::string(derive_uuid(subject.id, purpose).view()));
  message.set_kind(wire::RECEIPT);
  message.set_recipient(recipient);
  message.set_sender("role:broker");
  message.set_in_reply_to(format_uuid(subject.id));
  message.set_ack(wire::ACK_NONE);
  message.set_created(format_time(now));
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name("receipt");
  const auto add = [&](const char* key, const std::string& value) {
    wire::Entry* entry = section->add_entries();
    entry->set_key(key);
    entry->set_value(value);
  };
  add("of", format_uuid(subject.id));
  add("event", subject.state);
  add("at", format_time(now));
  add("rule", rule);
  if (!text.empty()) add("text", text);
  message.set_body(body.SerializeAsString());
  return message;
}

}  // namespace

Status Firing::fire(Step& step, Subject subject) {
  if (table_.rows().empty()) return {};
  std::set<std::string> fired;
  return fire_at_depth(step, subject, 0, fired);
}

Status Firing::fire_at_depth(Step& step, Subject& subject, int depth,
                             std::set<std::string>& fired) {
  static const std::set<std::string> kNoRoles;
  const std::set<std::string>* roles = &kNoRoles;
  if (subject.sender != 0) {
    TRY_ASSIGN(const store::Client* sender, directory_->client(subject.sender));
    roles = &sender->roles;
  }
  const Event event(*subject.envelope, *subject.body, subject.state, subject.previous_state,
                    *roles);
  std::string new_state;
  for (const rules::Row* row : table_.match(event)) {
    // A command caused by a rule does not fire the same rule again.
    if (fired.contains(row->name)) continue;
    TRY_ASSIGN(const bool may, may_fire(step, *row, subject));
    if (!may) continue;
    fired.insert(row->name);
    store::Firing firing{subject.seq, subject.version, row->name, step.wall_us(), ""};
    TRY_ASSIGN(const bool first, store_->insert_firing(firing));
    if (!first) continue;
    if (row->enabled == rules::Enabled::kShadow) {
      firing.effect = "shadow: nothing was carried out";
    } else {
      for (const rules::Command& command : row->commands) {
        TRY_ASSIGN(const std::string effect,
                   carry_out(step, *row, command, event, subject, &new_state));
        firing.effect += (firing.effect.empty() ? "" : "; ") + effect;
      }
    }
    TRY(store_->set_firing_effect(firing));
    step.happened("rule", subject.id, row->name, firing.effect);
  }
  if (new_state.empty() || new_state == subject.state) return {};

  TRY_ASSIGN(subject.version, store_->set_state(subject.seq, new_state));
  subject.previous_state = std::exchange(subject.state, new_state);
  if (depth + 1 >= kMaxRuleDepth) {
    step.log(LogLine::kWarning, "message " + format_uuid(subject.id) +
                                    ": rules changed its state " + std::to_string(kMaxRuleDepth) +
                                    " times in a row; no further rule is asked");
    return {};
  }
  return fire_at_depth(step, subject, depth + 1, fired);
}

Result<bool> Firing::may_fire(Step& step, const rules::Row& row, const Subject& subject) {
  if (!row.max_fires && row.cooldown == Micros{0}) return true;
  TRY_ASSIGN(const std::vector<store::Firing> firings, store_->firings(subject.seq));
  int count = 0;
  for (const store::Firing& firing : firings) {
    if (firing.rule != row.name) continue;
    ++count;
    if (step.wall_us() - firing.fired_us < row.cooldown.count()) return false;
  }
  return !row.max_fires || count < *row.max_fires;
}

Result<std::string> Firing::carry_out(Step& step, const rules::Row& row,
                                      const rules::Command& command,
                                      const rules::FieldSource& event, const Subject& subject,
                                      std::string* new_state) {
  const auto failed = [&](const Error& error) {
    return command.verb + " failed: " + error.message;
  };
  std::string missing;
  if (command.verb == "set_state") {
    Result<std::string> state = argument(command, "state", event, &missing);
    if (!state.ok()) return failed(state.error());
    if (!is_state_word(*state)) {
      return failed({Code::kInvalid, "a state is a word of a-z, 0-9, _ and -" + missing});
    }
    *new_state = *state;
    return "set_state " + *state;
  }
  Result<std::string> recipient = argument(command, "recipient", event, &missing);
  if (!recipient.ok()) return failed(recipient.error());
  if (adds_recipient(command.arguments.at("recipient"), *recipient)) {
    return failed({Code::kInvalid, "a value may not add a recipient"});
  }
  Result<std::string> name = argument(command, "template", event, &missing);
  if (!name.ok()) return failed(name.error());
  Result<std::string> text = argument(command, "text", event, &missing);
  if (!text.ok()) return failed(text.error());
  TRY_ASSIGN(std::string effect, send(step, row, *recipient, *name, *text, subject));
  return effect + missing;
}

Result<std::string> Firing::send(Step& step, const rules::Row& row, const std::string& recipient,
                                 const std::string& text_template, const std::string& text,
                                 const Subject& subject) {
  const Result<const Directory::Resolved*> found = directory_->resolve(recipient, subject.sender);
  if (!found.ok()) {
    if (found.error().code != Code::kInvalid && found.error().code != Code::kLimit) {
      return found.error();
    }
    return "send failed: " + found.error().message;
  }
  const Directory::Resolved& resolved = **found;
  store::MessageSeq seq = subject.seq;
  MessageId id = subject.id;
  if (text_template == "receipt") {
    wire::Message message = rule_receipt(subject, row.name, recipient, text, step.wall());
    const ContentHash hash = wire::content_hash(message);
    store::StoredMessage stored = to_stored(message, 0, step.wall_us());
    stored.content_hash = hash;
    id = stored.id;
    TRY_ASSIGN(seq, store_->insert_message(stored));
  }
  int queued = 0;
  int parked = 0;
  for (const store::ClientId client : resolved.clients) {
    TRY_ASSIGN(const Delivery::Queued added, delivery_->queue(step, seq, id, client, row.name));
    if (added == Delivery::Queued::kNow) ++queued;
    if (added == Delivery::Queued::kParked) ++parked;
  }
  std::string effect =
      "send " + recipient + ": " + std::to_string(queued) + " client" + (queued == 1 ? "" : "s");
  if (parked > 0) effect += ", " + std::to_string(parked) + " dead: mailbox full";
  for (const std::string& nobody : resolved.nobody) effect += ", nobody is " + nobody;
  return effect;
}

}  // namespace yizhan::broker
