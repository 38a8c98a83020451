#include "wire/codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "config/time.h"
#include "wire/limits.h"

namespace yizhan::wire {

namespace {

using google::protobuf::io::CodedInputStream;

constexpr std::uint32_t kWireVarint = 0;
constexpr std::uint32_t kWireFixed64 = 1;
constexpr std::uint32_t kWireBytes = 2;
constexpr std::uint32_t kWireFixed32 = 5;

/// Field numbers that lead from a frame to something repeated.
using Path = std::initializer_list<std::uint32_t>;

/// Counts the fields that `path` leads to, without building anything, and adds them to `count`.
/// Malformed input ends the count early; the parser refuses it afterwards.
void count_items(std::string_view bytes, const std::uint32_t* path, const std::uint32_t* end,
                 std::size_t& count) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  while (count <= kMaxFrameItems) {
    const std::uint32_t tag = in.ReadTag();
    std::uint64_t varint = 0;
    std::uint32_t size = 0;
    if (tag == 0) return;
    switch (tag & 7u) {
      case kWireVarint:
        if (!in.ReadVarint64(&varint)) return;
        break;
      case kWireFixed64:
        if (!in.Skip(8)) return;
        break;
      case kWireFixed32:
        if (!in.Skip(4)) return;
        break;
      case kWireBytes: {
        if (!in.ReadVarint32(&size)) return;
        const auto at = static_cast<std::size_t>(in.CurrentPosition());
        if (size > bytes.size() - at) return;
        if (tag >> 3 == *path) {
          if (path + 1 == end) {
            ++count;
          } else {
            count_items(bytes.substr(at, size), path + 1, end, count);
          }
        }
        in.Skip(static_cast<int>(size));
        break;
      }
      default:
        return;  // groups are not in our schema
    }
  }
}

bool within_items(std::string_view frame, std::initializer_list<Path> paths) {
  std::size_t count = 0;
  for (const Path& path : paths) count_items(frame, path.begin(), path.end(), count);
  return count <= kMaxFrameItems;
}

/// Where repeated fields are in each kind of frame; see wire/session.proto.
bool has_bounded_items(std::string_view frame, const FromAgent*) {
  return within_items(
      frame,
      {{FromAgent::kHelloFieldNumber, Hello::kMacFieldNumber},
       {FromAgent::kPushFieldNumber, Push::kMessagesFieldNumber},
       {FromAgent::kPushFieldNumber, Push::kMessagesFieldNumber, Message::kAttachmentsFieldNumber},
       {FromAgent::kDeliverResultFieldNumber, DeliverResult::kResultsFieldNumber},
       {FromAgent::kSyncPushFieldNumber, SyncPush::kChangesFieldNumber},
       {FromAgent::kSyncPushFieldNumber, SyncPush::kChangesFieldNumber,
        Change::kRecordFieldNumber, Record::kValuesFieldNumber}});
}
bool has_bounded_items(std::string_view frame, const FromBroker*) {
  return within_items(frame,
                      {{FromBroker::kPushResultFieldNumber, PushResult::kResultsFieldNumber},
                       {FromBroker::kPushResultFieldNumber, PushResult::kResultsFieldNumber,
                        PushResult::One::kMissingFieldNumber},
                       {FromBroker::kDeliverFieldNumber, Deliver::kDeliveriesFieldNumber},
                       {FromBroker::kDeliverFieldNumber, Deliver::kDeliveriesFieldNumber,
                        Deliver::One::kMessageFieldNumber, Message::kAttachmentsFieldNumber},
                       {FromBroker::kSyncStateFieldNumber, SyncState::kSlicesFieldNumber},
                       {FromBroker::kSyncResultFieldNumber, SyncResult::kResultsFieldNumber},
                       {FromBroker::kSyncResultFieldNumber, SyncResult::kResultsFieldNumber,
                        SyncResult::One::kCurrentFieldNumber, Record::kValuesFieldNumber},
                       {FromBroker::kSyncPageFieldNumber, SyncPage::kRecordsFieldNumber},
                       {FromBroker::kSyncPageFieldNumber, SyncPage::kRecordsFieldNumber,
                        Record::kValuesFieldNumber},
                       {FromBroker::kSyncPageFieldNumber, SyncPage::kRevisionsFieldNumber},
                       {FromBroker::kSyncPageFieldNumber, SyncPage::kRevisionsFieldNumber,
                        Revision::kValuesFieldNumber}});
}

/// protobuf writes a line to stderr for each string that is not UTF-8; a peer must not be able to
/// fill our log that way. The refusal itself is reported by the caller.
void silence_protobuf() {
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);
}

template <class Frame>
Result<Frame> decode(std::string_view bytes) {
  silence_protobuf();
  if (bytes.size() > kMaxFrameBytes) {
    return Error{Code::kLimit, "a frame of " + std::to_string(bytes.size()) +
                                   " bytes is over the limit of " + std::to_string(kMaxFrameBytes)};
  }
  if (!has_bounded_items(bytes, static_cast<const Frame*>(nullptr))) {
    return Error{Code::kLimit,
                 "a frame has more than " + std::to_string(kMaxFrameItems) + " parts"};
  }
  Frame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error{Code::kInvalid,
                 "a frame of " + std::to_string(bytes.size()) + " bytes is not of this protocol"};
  }
  if (frame.body_case() == Frame::BODY_NOT_SET) {
    return Error{Code::kInvalid,
                 "a frame holds nothing that this version knows; it may come from "
                 "a newer one"};
  }
  return frame;
}

template <class Frame>
std::string encode_frame(const Frame& frame) {
  silence_protobuf();
  std::string bytes;
  frame.SerializeToString(&bytes);
  return bytes;
}

}  // namespace

Result<FromAgent> decode_from_agent(std::string_view frame) {
  return decode<FromAgent>(frame);
}

Result<FromBroker> decode_from_broker(std::string_view frame) {
  return decode<FromBroker>(frame);
}

std::string encode(const FromAgent& frame) {
  return encode_frame(frame);
}

std::string encode(const FromBroker& frame) {
  return encode_frame(frame);
}

MessageId id_of(const Message& message) {
  const auto id = MessageId::from(message.id());
  CHECK_THAT_HOLDS(id.has_value());
  return *id;
}

std::int64_t expires_us(const Message& message) {
  if (message.expires().empty()) return 0;
  const auto expires = parse_time(message.expires());
  CHECK_THAT_HOLDS(expires.has_value());
  return to_micros(*expires);
}

const std::string* find_entry(const Body& body, std::string_view section, std::string_view key) {
  for (const Section& one : body.sections()) {
    if (one.name() != section) continue;
    for (const Entry& entry : one.entries()) {
      if (entry.key() == key) return &entry.value();
    }
  }
  return nullptr;
}

std::string entry_of(const Body& body, std::string_view section, std::string_view key) {
  const std::string* const found = find_entry(body, section, key);
  return found == nullptr ? std::string() : *found;
}

}  // namespace yizhan::wire
