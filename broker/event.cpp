#include "broker/event.h"

#include <utility>

#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

Event::Event(const wire::Message& envelope, std::string_view body, std::string state,
             std::string previous_state, const std::set<std::string>& sender_roles)
    : envelope_(envelope),
      body_bytes_(body),
      id_(format_uuid(wire::id_of(envelope))),
      state_(std::move(state)),
      previous_state_(std::move(previous_state)),
      roles_(sender_roles) {}

bool Event::has_role(std::string_view role) const { return roles_.contains(std::string(role)); }

std::optional<std::string_view> Event::get(std::string_view field) const {
  if (rules::is_envelope_field(field)) return envelope_field(field);
  if (!parsed_) parse_body();
  const auto found = fields_.find(field);
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string_view> Event::envelope_field(std::string_view field) const {
  const auto text = [](const std::string& value) -> std::optional<std::string_view> {
    if (value.empty()) return std::nullopt;
    return value;
  };
  if (field == "kind") return wire::kind_name(envelope_.kind());
  if (field == "state") return state_;
  if (field == "previous_state") return text(previous_state_);
  if (field == "id") return id_;
  if (field == "sender") return text(envelope_.sender());
  if (field == "recipient") return text(envelope_.recipient());
  if (field == "thread") return text(envelope_.thread());
  if (field == "in_reply_to") return text(envelope_.in_reply_to());
  if (field == "created") return text(envelope_.created());
  if (field == "expires") return text(envelope_.expires());
  if (field == "priority") {
    return wire::priority_name(envelope_.priority() == wire::PRIORITY_UNSPECIFIED
                                   ? wire::NORMAL
                                   : envelope_.priority());
  }
  if (field == "ack") {
    return wire::ack_name(envelope_.ack() == wire::ACK_UNSPECIFIED ? wire::ACK_DELIVERED
                                                                   : envelope_.ack());
  }
  return std::nullopt;
}

void Event::parse_body() const {
  parsed_ = true;
  // A body that does not parse has no fields: rules on them do not match, and it is relayed as it is.
  if (!body_.ParseFromArray(body_bytes_.data(), static_cast<int>(body_bytes_.size()))) return;
  for (const wire::Section& section : body_.sections()) {
    for (const wire::Entry& entry : section.entries()) {
      fields_.emplace(section.name() + "." + entry.key(), entry.value());
    }
  }
}

}  // namespace yizhan::broker
