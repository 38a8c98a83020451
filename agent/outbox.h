#pragma once
// Messages to the broker: pushed in order within a window, repeated until answered, and each one's
// answer written before anything else depends on it. One that is refused, waits for its attachments
// or is put off never holds up the others; nor do many for one recipient whose mailbox is full.

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "agent/context.h"
#include "agent/uploads.h"
#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "store/client_store.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

class Outbox {
 public:
  explicit Outbox(Context& context) : context_(context), uploads_(context) {}

  /// A new session: whatever was unanswered is said again.
  void restart();

  Status on_result(const wire::PushResult& result);
  Status on_blob_state(const wire::BlobState& state);

  /// With an open session: pushes what waits. At any time: expires what is too old.
  Status work(bool open);

  /// A dead message is tried again, or given up for good. kNotFound, or kInvalid if it is not dead.
  Status retry(const MessageId& id);
  Status drop(const MessageId& id);

  Steady next_wakeup(bool open) const;

 private:
  /// A message that was pushed and is not settled.
  struct Flight {
    store::LocalSeq seq = 0;
    int attempts = 0;
    bool waiting = false;      ///< in the air: counts against the window
    Steady due{};              ///< when it is pushed again
    std::set<Sha256> missing;  ///< attachments that the broker must have first
  };
  using Flights = std::map<MessageId, Flight>;

  /// Recipients whose mailbox at the broker is full. What is for them stays in the store and takes
  /// no place among the flights, but for one message that asks again from time to time.
  struct Held {
    MessageId probe;
    store::LocalSeq from = 0;  ///< no message for them that is held lies before this
    Steady due{};              ///< when the probe is pushed; far away while it is in the air
    int attempts = 0;
  };

  Status push_new();
  Status push_due();
  Status push(const store::Outgoing& row, Flights::iterator flight);
  void flush_push();
  void schedule(const MessageId& id, Flight& flight, Micros after);
  void unschedule(const MessageId& id, const Flight& flight);
  void land(Flights::iterator flight);
  bool is_held(const store::Outgoing& row);
  Result<bool> hold(Flights::iterator flight);
  void release(const store::Outgoing& row, bool has_room);
  void launch_probes();
  Status settle(const MessageId& id, const wire::PushResult::One& one);
  Status stored(const MessageId& id, int recipients);
  Status finish(const MessageId& id, store::OutgoingState state, const std::string& reason);
  Status finish(store::Outgoing row, store::OutgoingState state, const std::string& reason);
  Status on_upload_end(const Uploads::End& end);
  Status expire();
  Result<store::Outgoing> dead_one(const MessageId& id);

  Context& context_;
  Uploads uploads_;
  Flights flights_;
  std::set<std::pair<Steady, MessageId>> due_;
  std::map<std::string, Held> held_;  // by recipient, as the messages name it
  std::size_t in_air_ = 0;
  store::LocalSeq cursor_ = 0;  // rows up to here have been pushed in this session
  bool more_ = true;            // the outbox may hold rows past the cursor
  Steady paused_until_{};       // the broker puts everything off
  int pauses_ = 0;
  Steady next_expiry_{};
  wire::FromAgent batch_;
  std::size_t batch_bytes_ = 0;
};

}  // namespace yizhan::agent
