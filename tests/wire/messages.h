#pragma once
// Messages for tests of the protocol.

#include <string>

#include "config/ids.h"
#include "wire/message.pb.h"

namespace yizhan::wire {

/// A valid task with a body of one section and one attachment.
inline Message sample_message() {
  Message message;
  message.set_id(parse_uuid("0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01")->view().data(), 16);
  message.set_kind(TASK);
  message.set_recipient("user:li.wei");
  message.set_created("2026-03-04T09:12:00+08:00");
  message.set_expires("2026-03-05T09:12:00+08:00");
  Body body;
  Section* section = body.add_sections();
  section->set_name("job");
  Entry* entry = section->add_entries();
  entry->set_key("id");
  entry->set_value("PRJ-1-T1");
  message.set_body(body.SerializeAsString());
  Attachment* attachment = message.add_attachments();
  attachment->set_name("manual.txt");
  attachment->set_sha256(std::string(32, 'h'));
  attachment->set_size(12);
  return message;
}

/// A serialised Body of one entry.
inline std::string body_of(const std::string& section, const std::string& key,
                           const std::string& value) {
  Body body;
  Section* made = body.add_sections();
  made->set_name(section);
  Entry* entry = made->add_entries();
  entry->set_key(key);
  entry->set_value(value);
  return body.SerializeAsString();
}

}  // namespace yizhan::wire
