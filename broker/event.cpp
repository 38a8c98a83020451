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
  // Before the body's, which may have a section of any name.
  for (const Computed& computed : computed_fields()) {
    if (computed.name != field) continue;
    auto known = computed_.find(computed.name);
    if (known == computed_.end() || field == rules::kFiresField) {
      known = computed_.insert_or_assign(computed.name, computed.make(*this)).first;
    }
    return known->second;
  }
  return field.find('.') == std::string_view::npos ? envelope_field(field) : body_field(field);
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

std::span<const Event::Computed> Event::computed_fields() {
  static constexpr Computed kFields[] = {
      {"id", [](const Event& e) -> Value { return format_uuid(e.subject_.id); }},
      {rules::kFiresField, [](const Event& e) -> Value { return std::to_string(e.fires(e.row_)); }},
      {"age",
       [](const Event& e) -> Value {
         return signed_duration(e.now_ - from_micros(e.subject_.stored_us));
       }},
      {"time_to_due",
       [](const Event& e) -> Value {
         const auto text = e.body_field("job.due");
         const auto due = text ? parse_time(*text) : std::nullopt;
         return due ? Value(signed_duration(*due - e.now_)) : std::nullopt;
       }},
      {"attempts",
       [](const Event& e) -> Value { return std::to_string(e.facts_.attempts(e.subject_.seq)); }},
      {"progress",
       [](const Event& e) -> Value {
         const auto progress = e.facts_.progress(e.subject_.id);
         return progress ? Value(std::to_string(*progress)) : std::nullopt;
       }},
      {"recipient.silent",
       [](const Event& e) -> Value {
         const auto silence = e.facts_.recipient_silence(e.subject_.seq, e.now_);
         return silence ? Value(format_duration(*silence)) : std::nullopt;
       }},
      {"self_revision",
       [](const Event& e) -> Value {
         const auto reviser = e.body_field("job.reviser");
         const bool self = reviser && e.facts_.is_recipient(e.subject_.seq, std::string(*reviser));
         return self ? "yes" : "no";
       }},
      {"must_read",
       [](const Event& e) -> Value {
         const std::string project = e.project_or_answered();
         return std::to_string(project.empty() ? 0
                                               : e.facts_.must_read(e.subject_.sender, project));
       }},
      {"run_output", [](const Event& e) -> Value { return e.facts_.run_output(e.subject_.seq); }},
      {"conflict",
       [](const Event& e) -> Value { return e.body_field("conflict.record") ? "yes" : "no"; }},
      {"in_reply_to.kind",
       [](const Event& e) -> Value {
         const store::StoredMessage* other = e.answered();
         return other == nullptr ? std::nullopt : Value(wire::kind_name(other->kind));
       }},
      {"in_reply_to.state",
       [](const Event& e) -> Value {
         const store::StoredMessage* other = e.answered();
         return other == nullptr ? std::nullopt : Value(other->state);
       }},
      {"in_reply_to.sender",
       [](const Event& e) -> Value {
         wire::Message envelope;
         return e.read_answered(&envelope) ? Value(envelope.sender()) : std::nullopt;
       }},
      {"in_reply_to.recipient",
       [](const Event& e) -> Value {
         wire::Message envelope;
         return e.read_answered(&envelope) ? Value(envelope.recipient()) : std::nullopt;
       }},
  };
  return kFields;
}

/// The stored message that this one answers; null if there is none.
const store::StoredMessage* Event::answered() const {
  const std::string& id = subject_.envelope->in_reply_to();
  if (id.empty()) return nullptr;
  if (!answered_) answered_ = facts_.message(id);
  return *answered_ ? &**answered_ : nullptr;
}

bool Event::read_answered(wire::Message* envelope) const {
  const store::StoredMessage* other = answered();
  return other != nullptr && read_envelope(*other, envelope);
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
