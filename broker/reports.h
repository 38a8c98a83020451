#pragma once
// Reports are ordinary messages of kind receipt or status that say how another message fares. The
// broker writes one itself (delivered) and reads those of agents (opened … done, failed).

#include <cstdint>
#include <optional>
#include <string>

#include "config/ids.h"
#include "config/time.h"
#include "store/server_store.h"
#include "wire/message.pb.h"

namespace yizhan::broker {

/// The receipt that tells `to` that `about` reached the disk of `recipient`. Its id is a function
/// of `about` and the recipient's code, so that a repeated step makes the same message.
store::StoredMessage delivered_receipt(const MessageId& about, const std::string& to,
                                       const std::string& recipient,
                                       const std::string& recipient_code, Instant now);

/// The row of `message`, whose sender must be stamped. The body is moved into the row, not copied:
/// `message` is left as the envelope.
store::StoredMessage to_stored(wire::Message& message, store::ClientId sender, std::int64_t now_us);

/// The message of `row` without its body. False if the row is damaged or holds none: then nothing
/// of it may be believed.
bool read_envelope(const store::StoredMessage& row, wire::Message* envelope);

/// What a report says: which delivery state the reporter has reached with the other message.
struct Reported {
  std::string word;  ///< the activation state: opened, accepted, declined, started, done, failed
  store::DeliveryState state;
  std::string data_state;  ///< the word that becomes the other message's data state
  bool counts = false;     ///< that it is in progress is said by the agent itself, to tell how far
  bool after_end = false;  ///< may be said of a job that was done: delivered, or its source changed
  std::string reason;
  std::int64_t at_us = 0;  ///< by the reporter's clock; 0: it does not say
};
/// Empty if `report` (its envelope and its body) carries no event or state that moves a delivery
/// (progress, say).
std::optional<Reported> read_report(const wire::Message& report, const std::string& body);

/// What whoever gave a task says of it: "approved", "closed", "rework"; empty if `report` is no
/// such word.
std::string job_word_of(const wire::Message& report, const std::string& body);

/// Whether a delivery in `from` may move to `to`: states only advance, and an end stays an end.
bool advances(store::DeliveryState from, store::DeliveryState to);

}  // namespace yizhan::broker
