#include "broker/event.h"

#include <utility>

#include "broker/reports.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

std::optional<std::string_view> unless_empty(const std::string& value) {
  if (value.empty()) return std::nullopt;
  return value;
}

/// "-30m": a duration that may have passed.
std::string signed_duration(Micros duration) {
  return duration < Micros{0} ? "-" + format_duration(-duration) : format_duration(duration);
}

}  // namespace

Subject subject_of(const store::StoredMessage& row, const wire::Message& envelope) {
  Subject subject;
  subject.seq = row.seq;
  subject.id = row.id;
  subject.sender = row.sender;
  subject.version = row.version;
  subject.stored_us = row.stored_us;
  subject.envelope = &envelope;
  subject.body = &row.body;
  subject.state = row.state;
  return subject;
}

void Event::about(const store::Activation& activation, std::string preset) {
  set("state", activation.state);
  if (!preset.empty()) set("preset", std::move(preset));
  set("expected", activation.expected ? "yes" : "no");
  set("late", activation.late ? "yes" : "no");
  set("activation.user", activation.user);
  set("activation.code", activation.code);
  set("activation.machine", activation.machine);
  set("activation.address", activation.address);
  set("activation.via", activation.via);
  set("activation.time", format_time(from_micros(activation.at_us)));
}

std::optional<std::string_view> Event::get(std::string_view field) const {
  if (const auto extra = extra_.find(field); extra != extra_.end()) {
    return unless_empty(extra->second);
  }
  if (field.starts_with("in_reply_to.")) return answered_field(field);
  if (field == "recipient.silent") return known_field(field);
  if (field.find('.') != std::string_view::npos) return body_field(field);
  if (const auto value = envelope_field(field)) return value;
  return known_field(field);
}

std::optional<std::string_view> Event::envelope_field(std::string_view field) const {
  const wire::Message& envelope = *subject_.envelope;
  if (field == "kind") return wire::kind_name(envelope.kind());
  if (field == "state") return subject_.state;
  if (field == "previous_state") return unless_empty(subject_.previous_state);
  if (field == "sender") return unless_empty(envelope.sender());
  if (field == "recipient") return unless_empty(envelope.recipient());
  if (field == "thread") return unless_empty(envelope.thread());
  if (field == "in_reply_to") return unless_empty(envelope.in_reply_to());
  if (field == "created") return unless_empty(envelope.created());
  if (field == "expires") return unless_empty(envelope.expires());
  if (field == "priority") {
    return wire::priority_name(
        envelope.priority() == wire::PRIORITY_UNSPECIFIED ? wire::NORMAL : envelope.priority());
  }
  if (field == "ack") {
    return wire::ack_name(envelope.ack() == wire::ACK_UNSPECIFIED ? wire::ACK_DELIVERED
                                                                  : envelope.ack());
  }
  if (field == "signed") return envelope.signed_file().empty() ? "no" : "yes";
  return std::nullopt;
}

std::optional<std::string_view> Event::keep(std::string_view field, std::string value) const {
  return computed_.insert_or_assign(std::string(field), std::move(value)).first->second;
}

/// What is computed, from the clock or the database.
std::optional<std::string_view> Event::known_field(std::string_view field) const {
  const auto known = computed_.find(field);
  if (known != computed_.end() && field != rules::kFiresField) return known->second;
  if (field == "id") return keep(field, format_uuid(subject_.id));
  if (field == rules::kFiresField) return keep(field, std::to_string(fires(row_)));
  if (field == "age") {
    return keep(field, signed_duration(now_ - from_micros(subject_.stored_us)));
  }
  if (field == "time_to_due") {
    const auto text = body_field("job.due");
    const auto due = text ? parse_time(*text) : std::nullopt;
    if (!due) return std::nullopt;
    return keep(field, signed_duration(*due - now_));
  }
  if (field == "attempts") return keep(field, std::to_string(facts_.attempts(subject_.seq)));
  if (field == "progress") {
    const auto progress = facts_.progress(subject_.id);
    if (!progress) return std::nullopt;
    return keep(field, std::to_string(*progress));
  }
  if (field == "recipient.silent") {
    const auto silence = facts_.recipient_silence(subject_.seq, now_);
    if (!silence) return std::nullopt;
    return keep(field, format_duration(*silence));
  }
  if (field == "self_revision") {
    const auto reviser = body_field("job.reviser");
    return reviser && facts_.is_recipient(subject_.seq, std::string(*reviser)) ? "yes" : "no";
  }
  if (field == "must_read") {
    const std::string project = project_or_answered();
    return keep(field,
                std::to_string(project.empty() ? 0 : facts_.must_read(subject_.sender, project)));
  }
  if (field == "run_output") {
    auto output = facts_.run_output(subject_.seq);
    if (!output) return std::nullopt;
    return keep(field, std::move(*output));
  }
  if (field == "conflict") return body_field("conflict.record") ? "yes" : "no";
  return std::nullopt;
}

/// The stored message that this one answers; null if there is none.
const store::StoredMessage* Event::answered() const {
  const std::string& id = subject_.envelope->in_reply_to();
  if (!answered_ && !id.empty()) answered_ = facts_.message(id);
  return answered_ ? &*answered_ : nullptr;
}

std::optional<std::string_view> Event::answered_field(std::string_view field) const {
  const store::StoredMessage* other = answered();
  if (other == nullptr) return std::nullopt;
  if (field == "in_reply_to.kind") return wire::kind_name(other->kind);
  if (field == "in_reply_to.state") return other->state;
  wire::Message envelope;
  if (!read_envelope(*other, &envelope)) return std::nullopt;
  const bool sender = field == "in_reply_to.sender";
  return keep(field, sender ? envelope.sender() : envelope.recipient());
}

/// The project that the message names, or that of the message it answers.
std::string Event::project_or_answered() const {
  if (const auto own = body_field("project.id")) return std::string(*own);
  const store::StoredMessage* other = answered();
  wire::Body body;
  if (other == nullptr || !body.ParseFromString(other->body)) return {};
  return wire::entry_of(body, "project", "id");
}

bool Event::has(std::string_view field, std::string_view word) const {
  if (field == rules::kRoleField) return facts_.sender_has_role(subject_.sender, word);
  if (field == rules::kRecipientRoleField) return facts_.recipient_has_role(subject_.seq, word);
  if (field == rules::kFlagField) return facts_.has_flag(subject_.seq, word);
  return false;
}

std::int64_t Event::fires(std::string_view row) const {
  return facts_.fires(subject_.seq, std::string(rule_prefix_) + std::string(row));
}

std::optional<std::string_view> Event::body_field(std::string_view field) const {
  if (!parsed_) {
    parsed_ = true;
    // A body that does not parse has no fields: rules on them do not match, and it is relayed as it
    // is.
    if (body_.ParseFromString(*subject_.body)) {
      for (const wire::Section& section : body_.sections()) {
        for (const wire::Entry& entry : section.entries()) {
          fields_.emplace(section.name() + "." + entry.key(), entry.value());
        }
      }
    }
  }
  const auto found = fields_.find(field);
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

}  // namespace yizhan::broker
