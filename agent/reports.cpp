#include "agent/reports.h"

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "agent/job_words.h"
#include "agent/outgoing.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

void add(wire::Section* section, const std::string& key, const std::string& value) {
  wire::Entry* entry = section->add_entries();
  entry->set_key(key);
  entry->set_value(value);
}

bool is_receipt_word(const std::string& word) {
  return word == "opened" || word == "accepted" || word == "declined";
}

/// What the body of a report says of one recipient.
struct Said {
  std::string state;
  std::string reason;
  std::string code;
  bool delivered = false;  ///< it says that a job was delivered
};

std::string entry_or_empty(const wire::Body& body, const char* section, const char* key) {
  const std::string* value = wire::find_entry(body, section, key);
  return value == nullptr ? std::string() : *value;
}

std::optional<Said> read(const wire::Message& report) {
  if (report.kind() == wire::REPLY) return Said{"replied", "", "", false};
  if (!wire::is_report(report.kind())) return std::nullopt;
  static const std::map<std::string, std::string> kStates = {
      {"delivered", "delivered"}, {"opened", "opened"},   {"accepted", "accepted"},
      {"declined", "declined"},   {"started", "started"}, {"in_progress", "started"},
      {"completed", "done"},      {"done", "done"},       {"failed", "failed"},
      {"interrupted", "failed"}};
  wire::Body body;
  if (!body.ParseFromString(report.body())) return std::nullopt;
  const bool receipt = report.kind() == wire::RECEIPT;
  const char* section = receipt ? "receipt" : "status";
  const std::string word = entry_or_empty(body, section, receipt ? "event" : "state");
  if (!receipt && word == "delivered") {
    // Not the state of that name, which says that a message is on its recipient's disk.
    const std::string files = entry_or_empty(body, "status", "files");
    const bool partial = entry_or_empty(body, "status", "partial") == "yes";
    return Said{"done",
                kDeliveredReason + std::string(files.empty() ? "" : ", files: " + files) +
                    (partial ? ", in part" : ""),
                entry_or_empty(body, "status", "code"), true};
  }
  const auto known = kStates.find(word);
  if (known == kStates.end()) return std::nullopt;
  Said said{known->second, entry_or_empty(body, section, "reason"),
            entry_or_empty(body, section, "code"), false};
  if (word == "interrupted" && said.reason.empty()) said.reason = "interrupted";
  return said;
}

/// States only advance, and an end stays an end.
int rank(const std::string& state) {
  static const std::map<std::string, int> kRanks = {
      {"delivered", 1}, {"opened", 2}, {"accepted", 3}, {"started", 4},
      {"replied", 5},   {"done", 6},   {"failed", 6},   {"declined", 6}};
  const auto known = kRanks.find(state);
  return known == kRanks.end() ? 0 : known->second;
}

MessageId report_id(const Context& context, const MessageId& about, const std::string& purpose) {
  return derive_uuid(about, "status:" + purpose + ":" + context.unique_code);
}

/// Whether it asks for no report. What must be read or followed is reported on, whatever `ack`
/// says: rules wait for that.
bool wants_none(const wire::Message& about) {
  if (about.ack() != wire::ACK_NONE) return false;
  wire::Body body;
  if (about.kind() != wire::GUIDANCE || !body.ParseFromString(about.body())) return true;
  return wire::entry_of(body, "guidance", "must_follow") != "yes" &&
         wire::entry_of(body, "guidance", "ack_required") != "yes";
}

/// Says `word` unless it has been said for `purpose`.
Status say_once(Context& context, const wire::Message& about, const std::string& purpose,
                const std::string& word, const Details& more) {
  if (wire::is_report(about.kind()) || wants_none(about)) return {};
  if (about.sender().empty()) return {};
  const MessageId about_id = wire::id_of(about);
  const MessageId id = report_id(context, about_id, purpose);
  TRY_ASSIGN(const auto said, context.store.find_outgoing(id));
  if (said) return {};

  const bool receipt = is_receipt_word(word);
  const std::string at = format_time(context.now.wall);
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name(receipt ? "receipt" : "status");
  if (receipt) add(section, "of", format_uuid(about_id));
  add(section, receipt ? "event" : "state", word);
  add(section, "at", at);
  // Two machines of one user report under one address; the code tells them apart.
  add(section, "code", context.unique_code);
  for (const auto& [key, value] : more) add(section, key, value);

  wire::Message message;
  message.set_id(std::string(id.view()));
  message.set_kind(receipt ? wire::RECEIPT : wire::STATUS);
  message.set_recipient(about.sender());
  message.set_thread(about.thread());
  message.set_in_reply_to(format_uuid(about_id));
  message.set_ack(wire::ACK_NONE);
  message.set_created(at);
  message.set_body(body.SerializeAsString());
  return queue_outgoing(context, message, "report:" + word, "");
}

}  // namespace

Status say_report(Context& context, const wire::Message& about, const std::string& word,
                  const Details& more) {
  return say_once(context, about, word, word, more);
}

Status say_acceptance(Context& context, const wire::Message& about, const Details& more) {
  const std::string word = "accepted";
  const MessageId first = report_id(context, wire::id_of(about), word);
  TRY_ASSIGN(const auto said, context.store.find_outgoing(first));
  if (!said) return say_report(context, about, word, more);
  const auto minute = [](Instant time) { return std::chrono::floor<std::chrono::minutes>(time); };
  const auto now = minute(context.now.wall);
  TRY_ASSIGN(const auto row, context.store.outgoing(first));
  if (row && minute(from_micros(row->accepted_us)) == now) return {};
  return say_once(context, about, word + " " + format_time(now), word, more);
}

Status say_status(Context& context, const MessageId& id, const std::string& about,
                  const std::string& recipient, const std::string& state, const Details& more) {
  TRY_ASSIGN(const auto said, context.store.find_outgoing(id));
  if (said) return {};
  const std::string at = format_time(context.now.wall);
  wire::Body body;
  wire::Section* const section = body.add_sections();
  section->set_name("status");
  add(section, "state", state);
  for (const auto& [key, value] : more) add(section, key, value);
  add(section, "at", at);
  add(section, "code", context.unique_code);
  wire::Message message;
  message.set_id(std::string(id.view()));
  message.set_kind(wire::STATUS);
  message.set_recipient(recipient);
  message.set_in_reply_to(about);
  message.set_ack(wire::ACK_NONE);
  message.set_created(at);
  message.set_body(body.SerializeAsString());
  return queue_outgoing(context, message, "report:" + state, "");
}

Status take_report(Context& context, const wire::Message& report) {
  const auto about = parse_uuid(report.in_reply_to());
  if (!about || (!wire::is_report(report.kind()) && report.kind() != wire::REPLY)) return {};
  TRY_ASSIGN(auto row, context.store.outgoing(*about));
  if (!row) return take_job_word(context, *about, report);
  const auto said = read(report);
  if (!said) return take_quarantine(context, *about, report);

  store::RecipientState state;
  state.id = *about;
  state.recipient = report.sender();
  if (!said->code.empty() && report.sender() != "code:" + said->code) {
    state.recipient += " " + shown(said->code);
  }
  state.state = said->state;
  state.state_us = context.wall_us();
  state.reason = said->reason;

  TRY_ASSIGN(const auto known, context.store.recipient_states(*about));
  for (const store::RecipientState& one : known) {
    if (one.recipient != state.recipient || rank(one.state) < rank(state.state)) continue;
    // A job that failed, or was delivered, can be delivered; it is not delivered by who declined.
    if (!said->delivered || one.state == "declined") return {};
  }
  TRY(context.begin_write());
  TRY(context.store.save_recipient_state(state));
  context.event("recipient", &*about, {{"recipient", state.recipient}, {"state", state.state}});
  return settle_outgoing(context, *row);
}

}  // namespace yizhan::agent
