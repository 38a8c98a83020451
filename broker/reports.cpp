#include "broker/reports.h"

#include <map>
#include <utility>

#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

using store::DeliveryState;

void add(wire::Section* section, const std::string& key, const std::string& value) {
  wire::Entry* entry = section->add_entries();
  entry->set_key(key);
  entry->set_value(value);
}

}  // namespace

store::StoredMessage to_stored(wire::Message& message, store::ClientId sender,
                               std::int64_t now_us) {
  store::StoredMessage stored;
  stored.id = wire::id_of(message);
  stored.sender = sender;
  stored.kind = message.kind();
  stored.ack = message.ack();
  stored.state = wire::initial_state(message.kind());
  if (!message.in_reply_to().empty()) stored.in_reply_to = parse_uuid(message.in_reply_to());
  stored.stored_us = now_us;
  stored.expires_us = wire::expires_us(message);
  stored.body = std::move(*message.mutable_body());
  message.clear_body();
  stored.envelope = message.SerializeAsString();
  return stored;
}

bool read_envelope(const store::StoredMessage& row, wire::Message* envelope) {
  return !row.damaged && envelope->ParseFromString(row.envelope);
}

store::StoredMessage delivered_receipt(const MessageId& about, const std::string& to,
                                       const std::string& recipient,
                                       const std::string& recipient_code, Instant now) {
  wire::Message message;
  message.set_id(std::string(derive_uuid(about, "delivered:" + recipient_code).view()));
  message.set_kind(wire::RECEIPT);
  message.set_recipient(to);
  message.set_sender(recipient);
  message.set_in_reply_to(format_uuid(about));
  message.set_ack(wire::ACK_NONE);
  message.set_created(format_time(now));
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name("receipt");
  add(section, "of", format_uuid(about));
  add(section, "event", "delivered");
  add(section, "at", format_time(now));
  add(section, "code", recipient_code);
  message.set_body(body.SerializeAsString());
  const ContentHash hash = wire::content_hash(message);
  store::StoredMessage stored = to_stored(message, 0, to_micros(now));
  stored.content_hash = hash;
  return stored;
}

std::optional<Reported> read_report(const wire::Message& report, const std::string& bytes) {
  static const std::map<std::string, std::pair<DeliveryState, const char*>, std::less<>> kWords = {
      {"opened", {DeliveryState::kOpened, "opened"}},
      {"accepted", {DeliveryState::kAccepted, "accepted"}},
      {"declined", {DeliveryState::kDeclined, "declined"}},
      {"started", {DeliveryState::kStarted, "in_progress"}},
      {"in_progress", {DeliveryState::kStarted, "in_progress"}},
      {"completed", {DeliveryState::kDone, "done"}},
      {"done", {DeliveryState::kDone, "done"}},
      {"failed", {DeliveryState::kFailed, "failed"}},
      {"interrupted", {DeliveryState::kFailed, "failed"}},
      // Stages of a job, while it is being done.
      {"translated", {DeliveryState::kStarted, "translated"}},
      {"self_checked", {DeliveryState::kStarted, "self_checked"}},
      {"in_revision", {DeliveryState::kStarted, "in_revision"}},
      {"revised", {DeliveryState::kStarted, "revised"}},
      {"in_review", {DeliveryState::kStarted, "in_review"}},
      {"reviewed", {DeliveryState::kStarted, "reviewed"}},
      {"proofread", {DeliveryState::kStarted, "proofread"}},
      {"final_verified", {DeliveryState::kStarted, "final_verified"}},
      {"paused", {DeliveryState::kStarted, "paused"}},
      {"source_changed", {DeliveryState::kStarted, "source_changed"}},
      {"delivered", {DeliveryState::kDone, "delivered"}},
  };
  wire::Body body;
  if (!body.ParseFromString(bytes)) return std::nullopt;
  const bool receipt = report.kind() == wire::RECEIPT;
  const std::string* word = receipt ? wire::find_entry(body, "receipt", "event")
                                    : wire::find_entry(body, "status", "state");
  // A receipt of that name says that the message is on the disk, which the broker knows itself.
  if (word == nullptr || (receipt && *word == "delivered")) return std::nullopt;
  const auto found = kWords.find(*word);
  if (found == kWords.end()) return std::nullopt;

  Reported reported{"", found->second.first, found->second.second, false, false, "", 0};
  const auto has = [&](const char* key) {
    return wire::find_entry(body, "status", key) != nullptr;
  };
  reported.counts = *word == "in_progress" && (has("progress") || has("progress_segments") ||
                                               has("progress_words") || has("handler"));
  reported.after_end = *word == "delivered" || *word == "source_changed";
  reported.word = store::delivery_state_name(reported.state);
  const char* section = receipt ? "receipt" : "status";
  if (const std::string* reason = wire::find_entry(body, section, "reason")) {
    reported.reason = *reason;
  }
  if (const std::string* at = wire::find_entry(body, section, "at")) {
    if (const auto time = parse_time(*at)) reported.at_us = to_micros(*time);
  }
  if (*word == "interrupted" && reported.reason.empty()) reported.reason = "interrupted";
  return reported;
}

std::string job_word_of(const wire::Message& report, const std::string& bytes) {
  wire::Body body;
  if (report.kind() != wire::STATUS || !body.ParseFromString(bytes)) return {};
  std::string word = wire::entry_of(body, "status", "state");
  return wire::is_job_word(word) ? word : std::string();
}

bool advances(DeliveryState from, DeliveryState to) {
  switch (from) {
    case DeliveryState::kDone:
    case DeliveryState::kFailed:
    case DeliveryState::kDeclined:
      return false;
    case DeliveryState::kQueued:
    case DeliveryState::kExpired:
    case DeliveryState::kDead:
      // The agent has it after all: its answer to the delivery is what was lost.
      return true;
    default:
      return static_cast<int>(to) > static_cast<int>(from);
  }
}

}  // namespace yizhan::broker
