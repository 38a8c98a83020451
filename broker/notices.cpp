#include "broker/notices.h"

#include "broker/reports.h"
#include "wire/codec.h"

namespace yizhan::broker {

namespace {

constexpr const char* kBrokerAddress = "role:broker";

void add(wire::Section* section, const std::string& key, const std::string& value) {
  wire::Entry* entry = section->add_entries();
  entry->set_key(key);
  entry->set_value(value);
}

wire::Message message_about(const Subject& about, const Order& order, wire::Kind kind,
                            const std::string& recipient, Instant now) {
  wire::Message message;
  const std::string purpose = "rule:" + order.rule + ":" + order.purpose + ":" + recipient;
  message.set_id(std::string(derive_uuid(about.id, purpose).view()));
  message.set_kind(kind);
  message.set_recipient(recipient);
  message.set_sender(kBrokerAddress);
  message.set_thread(about.envelope->thread());
  message.set_in_reply_to(format_uuid(about.id));
  message.set_ack(wire::ACK_NONE);
  message.set_created(format_time(now));
  return message;
}

store::StoredMessage to_row(wire::Message message, const wire::Body& body, Instant now) {
  message.set_body(body.SerializeAsString());
  const ContentHash hash = wire::content_hash(message);
  store::StoredMessage stored = to_stored(message, 0, to_micros(now));
  stored.content_hash = hash;
  return stored;
}

}  // namespace

store::StoredMessage make_notice(const Subject& about, const Order& order, const Notice& notice,
                                 Instant now) {
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name("receipt");
  add(section, "of", format_uuid(about.id));
  add(section, "event", notice.event);
  add(section, "at", format_time(now));
  add(section, "rule", order.rule);
  if (!notice.subject.empty()) add(section, "subject", notice.subject);
  if (!notice.text.empty()) add(section, "text", notice.text);
  if (!notice.link.empty()) add(section, "link", notice.link);
  return to_row(message_about(about, order, wire::RECEIPT, notice.recipient, now), body, now);
}

store::StoredMessage make_command(const Subject& about, const Order& order,
                                  const std::string& recipient, const std::string& operation,
                                  const std::vector<std::pair<std::string, std::string>>& arguments,
                                  Instant now) {
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name("command");
  add(section, "command.1", operation);
  add(section, "of", format_uuid(about.id));
  add(section, "rule", order.rule);
  for (const auto& [name, value] : arguments) add(section, name, value);
  return to_row(message_about(about, order, wire::COMMAND, recipient, now), body, now);
}

}  // namespace yizhan::broker
