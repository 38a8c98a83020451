#pragma once
// Every bound of the protocol and of task files. Each has a test at the limit and one past it.

#include <cstddef>
#include <cstdint>

namespace yizhan::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::uint32_t kOldestProtocolVersion = 1;

// ---- task files (SPEC 2)
inline constexpr std::size_t kMaxTaskFileBytes = 256 * 1024;
inline constexpr std::size_t kMaxValueBytes = 8 * 1024;
inline constexpr std::size_t kMaxListItems = 1000;
inline constexpr std::size_t kMaxSections = 64;
inline constexpr std::size_t kMaxNameBytes = 64;          // of a section or key
inline constexpr std::size_t kMaxAttachmentNameBytes = 255;
inline constexpr std::uint64_t kMaxAttachmentBytes = std::uint64_t{4} << 30;

// ---- frames
/// ZMQ_MAXMSGSIZE: libzmq drops the connection of whoever sends more.
inline constexpr std::size_t kMaxFrameBytes = 1024 * 1024;
/// Messages, results and attachments in one frame: two bytes can make an empty one, so that the
/// frame's size alone would not bound what decoding it takes.
inline constexpr std::size_t kMaxFrameItems = 64 * 1024;
/// A sender stops adding messages to a Push or Deliver here, so that the frame stays below the
/// limit.
inline constexpr std::size_t kBatchBytes = 256 * 1024;
inline constexpr std::size_t kBatchMessages = 256;
inline constexpr std::size_t kBlobChunkBytes = 256 * 1024;
/// A message as protobuf; kMaxTaskFileBytes of text plus, when signed, its original bytes.
inline constexpr std::size_t kMaxMessageBytes = 640 * 1024;
inline constexpr std::size_t kMaxRecipientBytes = 8 * 1024;
inline constexpr std::size_t kMaxReplyJsonBytes = 900 * 1024;

// ---- queues (how many may wait for one client is the broker's to say: max_mailbox)
inline constexpr std::size_t kMaxRecipients = 10'000;          // clients one message may reach
inline constexpr std::size_t kPushWindowMessages = 1024;       // unanswered pushes of one agent
inline constexpr std::size_t kDeliverWindowMessages = 1024;    // unanswered deliveries to one agent
inline constexpr std::size_t kDeliverWindowBytes = 4 * 1024 * 1024;
inline constexpr std::uint32_t kMaxDeliveryAttempts = 20;      // then the delivery is dead
inline constexpr std::size_t kMaxPendingClients = 1000;        // waiting for `clients accept`

// ---- history data
inline constexpr std::size_t kMaxUnitTextBytes = 64 * 1024;   // one value of a record
inline constexpr std::size_t kMaxRecordBytes = 192 * 1024;    // all values of one
inline constexpr int kMaxValues = 48;  // a newer version's record may have more than ours
inline constexpr std::size_t kMaxSliceBytes = 200;
inline constexpr std::size_t kMaxSliceParts = 6;
inline constexpr std::size_t kPushChanges = 1000;             // in one push of the bulk lane
inline constexpr std::size_t kPageRecords = 1000;
inline constexpr std::size_t kPageBytes = 512 * 1024;         // a page ends here
inline constexpr std::uint32_t kMaxPullPages = 8;             // asked for at once

}  // namespace yizhan::wire
