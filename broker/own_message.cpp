#include "broker/own_message.h"

#include "broker/reports.h"
#include "wire/broker_words.h"
#include "wire/codec.h"

namespace yizhan::broker {

wire::Message own_message(const MessageId& id, wire::Kind kind, const std::string& recipient,
                          Instant now) {
  wire::Message message;
  message.set_id(std::string(id.view()));
  message.set_kind(kind);
  message.set_sender(wire::kBrokerAddress);
  message.set_recipient(recipient);
  message.set_ack(wire::ACK_NONE);
  message.set_created(format_time(now));
  return message;
}

store::StoredMessage own_row(wire::Message* message, const wire::Body& body, Instant now,
                             store::ClientId sender) {
  message->set_body(body.SerializeAsString());
  const ContentHash hash = wire::content_hash(*message);
  store::StoredMessage stored = to_stored(*message, sender, to_micros(now));
  stored.content_hash = hash;
  return stored;
}

wire::Section* add_section(wire::Body* body, const char* name) {
  wire::Section* section = body->add_sections();
  section->set_name(name);
  return section;
}

void add_entry(wire::Section* section, const std::string& key, const std::string& value) {
  if (value.empty()) return;
  wire::Entry* entry = section->add_entries();
  entry->set_key(key);
  entry->set_value(value);
}

}  // namespace yizhan::broker
