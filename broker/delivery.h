#pragma once
// Mailboxes to agents: a window of unanswered deliveries per session, resent until the agent's
// answer, expired or dead in the end. One stuck message never holds up the others.

#include <optional>
#include <utility>
#include <vector>

#include "broker/directory.h"
#include "broker/mailboxes.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "broker/wall_timer.h"
#include "config/result.h"
#include "store/server_store.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

/// A live session that answers pings but not a delivery gets it again after this, growing.
inline constexpr Micros kDeliveryTimeout = std::chrono::seconds(30);
inline constexpr int kExpiryBatch = 256;

class Delivery {
 public:
  Delivery(store::ServerStore& store, Sessions& sessions, Directory& directory,
           Mailboxes& mailboxes)
      : store_(&store), sessions_(&sessions), directory_(&directory), mailboxes_(&mailboxes) {}

  enum class Queued {
    kNow,
    kBefore,  ///< it is there already, in whatever state; nothing changed
    kParked,  ///< the mailbox is full: the delivery is dead, with that reason
  };
  /// Queues message `seq`, whose id is `id`, for `client` and, if the client is connected, marks
  /// its session.
  Result<Queued> queue(Step& step, store::MessageSeq seq, const MessageId& id,
                       store::ClientId client, std::string_view cause);

  /// Sends what waits to every session that may have mail, within the windows.
  Status pump(Step& step);

  /// The agent's answers.
  Status on_result(Step& step, Session& session, const wire::DeliverResult& result);

  /// Resends what went unanswered and expires what is too old.
  Status on_time(Step& step);

  /// What on_result() has found delivered since the last call.
  struct Delivered {
    store::MessageSeq message = 0;
    store::ClientId client = 0;
    int kind = 0;
  };
  std::vector<Delivered> take_delivered() { return std::exchange(delivered_, {}); }

  /// A message that expires was stored.
  void note_expiry(std::int64_t expires_us);

  /// When on_time() has work next.
  std::optional<Steady> next_wakeup(Now now) const;

  /// Called at start: what expires next is read from the store.
  Status recover();

 private:
  Status send_batch(Step& step, Session& session, bool* more);
  Status settle(Step& step, Session& session, const wire::DeliverResult::One& answer);
  Status bury(Step& step, const MessageId& id, store::Delivery delivery, std::string reason);
  Status tell_sender(Step& step, const InFlight& sent, store::ClientId recipient);
  Status resend(Step& step, Session& session);
  Status expire(Step& step);

  store::ServerStore* store_;
  Sessions* sessions_;
  Directory* directory_;
  Mailboxes* mailboxes_;
  WallTimer expiry_;
  std::optional<Steady> next_resend_;
  std::vector<Delivered> delivered_;
};

}  // namespace yizhan::broker
