#pragma once
// Messages that the broker itself writes, and what it reads in those of others.

#include <string>

#include "config/ids.h"
#include "config/time.h"
#include "store/server_store.h"
#include "wire/message.pb.h"

namespace yizhan::broker {

/// The envelope of one: no thread, no receipts.
wire::Message own_message(const MessageId& id, wire::Kind kind, const std::string& recipient,
                          Instant now);
/// Its row, as the broker's or `sender`'s; `message` is left as the envelope.
store::StoredMessage own_row(wire::Message* message, const wire::Body& body, Instant now,
                             store::ClientId sender = 0);

wire::Section* add_section(wire::Body* body, const char* name);
/// An empty value is left out.
void add_entry(wire::Section* section, const std::string& key, const std::string& value);

}  // namespace yizhan::broker
