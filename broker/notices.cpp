#include "broker/notices.h"

#include "broker/own_message.h"

namespace yizhan::broker {

namespace {

wire::Message message_about(const Subject& about, const Order& order, wire::Kind kind,
                            const std::string& recipient, Instant now) {
  const std::string purpose = "rule:" + order.rule + ":" + order.purpose + ":" + recipient;
  wire::Message message = own_message(derive_uuid(about.id, purpose), kind, recipient, now);
  message.set_thread(about.envelope->thread());
  message.set_in_reply_to(format_uuid(about.id));
  return message;
}

}  // namespace

store::StoredMessage make_notice(const Subject& about, const Order& order, const Notice& notice,
                                 Instant now) {
  wire::Body body;
  wire::Section* section = add_section(&body, "receipt");
  add_entry(section, "of", format_uuid(about.id));
  add_entry(section, "event", notice.event);
  add_entry(section, "at", format_time(now));
  add_entry(section, "rule", order.rule);
  add_entry(section, "subject", notice.subject);
  add_entry(section, "text", notice.text);
  add_entry(section, "link", notice.link);
  wire::Message message = message_about(about, order, wire::RECEIPT, notice.recipient, now);
  return own_row(&message, body, now);
}

store::StoredMessage make_command(const Subject& about, const Order& order,
                                  const std::string& recipient, const std::string& operation,
                                  const std::vector<std::pair<std::string, std::string>>& arguments,
                                  Instant now) {
  wire::Body body;
  wire::Section* section = add_section(&body, "command");
  add_entry(section, "command.1", operation);
  add_entry(section, "of", format_uuid(about.id));
  add_entry(section, "rule", order.rule);
  for (const auto& [name, value] : arguments) add_entry(section, name, value);
  wire::Message message = message_about(about, order, wire::COMMAND, recipient, now);
  return own_row(&message, body, now);
}

}  // namespace yizhan::broker
