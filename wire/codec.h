#pragma once
// Frames to messages and back. Total: any bytes give a value or an Error, never an abort.

#include <string>
#include <string_view>

#include "config/ids.h"
#include "config/result.h"
#include "wire/message.pb.h"
#include "wire/session.pb.h"

namespace yizhan::wire {

/// kLimit when longer than kMaxFrameBytes or with more than kMaxFrameItems parts, kInvalid when the
/// bytes are not such a frame or carry no body that this version knows.
Result<FromAgent> decode_from_agent(std::string_view frame);
Result<FromBroker> decode_from_broker(std::string_view frame);
std::string encode(const FromAgent& frame);
std::string encode(const FromBroker& frame);

/// Checks what protobuf cannot: id of 16 bytes, a known kind, recipient present and parseable,
/// times that parse, sizes within wire/limits.h, attachment names and hashes well-formed.
/// kInvalid or kLimit, naming the field.
Status check_message(const Message& message);

/// The name part of the above: not empty, at most kMaxAttachmentNameBytes, no separator, no "..",
/// no control character. The message names the rule that is broken.
Status check_attachment_name(std::string_view name);

/// BLAKE2b-256 over every field but `sender` (stamped on the way) and `signed_file`: two messages
/// with one id and different content hashes are two messages, and the later one is refused.
ContentHash content_hash(const Message& message);

/// Preconditions of these two: check_message() passed.
MessageId id_of(const Message& message);
/// Microseconds UTC; 0 when the message never expires.
std::int64_t expires_us(const Message& message);

/// What the receiver works with: the body's value of section.key, or nullptr.
const std::string* find_entry(const Body& body, std::string_view section, std::string_view key);
/// The same, empty if it is not there.
std::string entry_of(const Body& body, std::string_view section, std::string_view key);

}  // namespace yizhan::wire
