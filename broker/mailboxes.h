#pragma once
// How full mailboxes are. One that holds `max_mailbox` messages takes no more: the sender of a
// message for nobody else keeps it (PushResult LATER), and what would have gone there beside others
// is parked dead, to be queued again by an operator.

#include <cstddef>
#include <map>

#include "broker/directory.h"
#include "broker/step.h"
#include "config/options.h"
#include "config/result.h"
#include "config/time.h"
#include "store/server_store.h"

namespace yizhan::broker {

/// How often a full mailbox is told of, and counted anew: senders ask again all the time.
inline constexpr Micros kFullMailboxInterval = std::chrono::minutes(1);
/// Why a delivery was parked that its full mailbox did not take.
inline constexpr const char* kFullMailboxReason =
    "the mailbox is full; dead retry queues it once there is room";

class Mailboxes {
 public:
  Mailboxes(const BrokerOptions& options, store::ServerStore& store, Directory& directory)
      : options_(&options), store_(&store), directory_(&directory) {}

  /// Whether one more message may wait for `client`. If not, the operator is told that `id` was
  /// what had no room, in the log and as an event, once in kFullMailboxInterval a client.
  Result<bool> has_room(Step& step, store::ClientId client, const MessageId& id);

  /// How many clients' mailboxes are full, of those that something was turned away from.
  Result<std::size_t> full();

 private:
  Result<bool> is_full(store::ClientId client);

  const BrokerOptions* options_;
  store::ServerStore* store_;
  Directory* directory_;
  std::map<store::ClientId, Steady> told_;  // when they were last found full and told of
};

}  // namespace yizhan::broker
