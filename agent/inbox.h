#pragma once
// Messages from the broker: stored before they are acknowledged, complete before they are called
// delivered. A message that comes again is answered the same way and changes nothing.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/context.h"
#include "agent/downloads.h"
#include "agent/handlers.h"
#include "config/ids.h"
#include "config/result.h"
#include "store/client_store.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

class Inbox {
 public:
  Inbox(Context& context, Handlers& handlers)
      : context_(context), handlers_(handlers), downloads_(context) {}

  /// At start-up: messages whose attachments were still coming go on.
  Status recover();
  /// A new session: the broker delivers again what has not been answered.
  void restart() { downloads_.reset(); }

  Status on_deliver(const wire::Deliver& deliver);

  /// A message that came as a file and is known to be from its sender, with all its attachments in
  /// the blobs: taken as one that the broker brought, and opened. Returns its row; nothing if the
  /// id is one that retention removed. The id is not in the inbox.
  Result<std::optional<store::Incoming>> take_file(const wire::Message& message);

  Status on_blob_chunk(const wire::BlobChunk& chunk);
  Status on_blob_state(const wire::BlobState& state);

  /// With an open session: downloads, and the answers of this step in one frame.
  /// What expired at the broker, by its clock, while attachments were still coming, is given up:
  /// the broker no longer has them for us. `broker_ahead` is how far its clock is ahead of ours.
  Status work(bool open, Micros broker_ahead);

  Steady next_wakeup(bool open) const;

 private:
  using Outcome = wire::DeliverResult::One::Outcome;

  Status receive(const wire::Deliver::One& delivery);
  Status receive_again(store::Incoming row, const wire::Deliver::One& delivery);
  store::Incoming new_row(const wire::Message& message) const;
  /// False if retention removed the id.
  Result<bool> take(store::Incoming& row, const wire::Message& message);
  bool fetch(const wire::Message& message);
  Status on_end(const Downloads::End& end);
  Status complete(const MessageId& id, const std::string& failure);
  Status give_up(store::Incoming& row, const std::string& reason);
  void answer(std::uint64_t broker_seq, Outcome outcome, const std::string& reason = {});

  Context& context_;
  Handlers& handlers_;
  Downloads downloads_;
  std::map<Sha256, std::set<MessageId>> needed_by_;  // attachments that are being fetched
  Status give_up_expired(std::int64_t broker_us);

  wire::FromAgent answers_;
  Steady expiry_due_{};
  store::LocalSeq expiry_after_ = 0;  // where the next look for expired messages goes on
};

}  // namespace yizhan::agent
