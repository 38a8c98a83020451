#pragma once
// The client database as the agent's core sees it: messages out and in, runs of local programs.
// SQLite only. No policy. Every call runs inside the caller's transaction unless it says otherwise.
// Times are microseconds UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"

namespace yizhan::store {

using LocalSeq = std::int64_t;  ///< order in which this agent stored messages

// ---- outgoing

enum class OutgoingState : int {
  kQueued = 0,   ///< in the outbox: to be pushed until the broker answers
  kStored = 1,   ///< on the broker's disk; ours to follow, no longer to push
  kDone = 2,     ///< every recipient reached what was asked for (ack), or a handler finished it
  kFailed = 3,   ///< a recipient's handler failed, or a recipient declined
  kExpired = 4,  ///< `expires` passed before the broker took it
  kDead = 5,     ///< refused by the broker for good, with its reason
};
const char* outgoing_state_name(OutgoingState state);

struct Outgoing {
  LocalSeq seq = 0;
  MessageId id;
  int kind = 0;
  int ack = 0;
  OutgoingState state = OutgoingState::kQueued;
  std::string recipient;
  std::int64_t accepted_us = 0;  ///< when this agent took it
  std::int64_t stored_us = 0;    ///< when the broker's answer came; 0: not yet
  std::int64_t state_us = 0;
  std::int64_t expires_us = 0;
  int recipients = 0;  ///< clients the broker addressed; known once stored
  std::string reason;
  ContentHash content_hash;
  std::string
      origin;  ///< "watch:NAME/FILE", "open:/path", "rule", "handler"; for people and results
  std::string claimed;  ///< path of the claimed file, until it has been moved on; else empty
  std::string message;  ///< a serialised wire::Message
  /// The row does not fit its hash (store/row_hash.h): what never changes in a row is not filled
  /// in, but for seq, and id as it stands there. Such a message cannot be sent.
  bool damaged = false;
};

/// What the sender knows of one recipient of one of its messages.
struct RecipientState {
  MessageId id;
  std::string recipient;  ///< "user:li.wei" or "code:…", as the broker stamped it
  std::string state;      ///< delivery state name
  std::int64_t state_us = 0;
  std::string reason;
};

// ---- incoming

enum class IncomingState : int {
  kFetching = 0,     ///< stored; attachments are still coming
  kReady = 1,        ///< complete, delivered; no handler has been chosen, or none fits
  kStarted = 2,      ///< its handler was started (committed before the spawn)
  kDone = 3,         ///< handler ended with 0, or a person said so
  kFailed = 4,       ///< handler ended otherwise, or could not be started
  kInterrupted = 5,  ///< the agent died while the handler ran; never rerun silently
  kInProgress = 6,   ///< its handler has ended, and its project is still being worked on
  kDelivered = 7,    ///< what it asked for was sent; the sender has not said yet that this is all
};
const char* incoming_state_name(IncomingState state);

struct Incoming {
  LocalSeq seq = 0;
  MessageId id;
  std::uint64_t broker_seq = 0;
  int kind = 0;
  IncomingState state = IncomingState::kFetching;
  std::string sender;  ///< as stamped by the broker
  std::string in_reply_to;
  std::int64_t received_us = 0;
  std::int64_t opened_us = 0;  ///< 0: not opened by a person
  std::int64_t state_us = 0;
  std::string handler;  ///< name of the handler that was started
  int exit_status = 0;  ///< of the handler, once kDone or kFailed; 128+n for signal n
  std::string output;   ///< the last bytes of its output, bounded
  std::string reason;
  std::string file;      ///< where the task file was put for people and handlers
  std::string message;   ///< a serialised wire::Message
  bool damaged = false;  ///< as for Outgoing
};

/// accepted = queued + done + expired + dead + purged, at all times.
struct ClientLedger {
  std::int64_t accepted = 0;  ///< outgoing ever taken
  std::int64_t queued = 0;
  std::int64_t done = 0;  ///< stored by the broker or further
  std::int64_t expired = 0;
  std::int64_t dead = 0;
  std::int64_t purged = 0;
  std::int64_t received = 0;  ///< incoming ever stored
  bool operator==(const ClientLedger&) const = default;
};

class ClientStore {
 public:
  /// Creates or migrates the schema (in transactions of its own).
  static Result<ClientStore> open(Db& db);
  /// Random number made with the database: tells a new or restored one from the one before.
  std::uint64_t epoch() const { return epoch_; }

  /// Writes the ledger's changes since the last flush, in one statement. Must be called right
  /// before the commit of every transaction that changed something; otherwise the counters drift
  /// from the rows.
  Status flush();
  /// Drops what is remembered of a transaction that was rolled back, or whose commit failed.
  void forget() { unflushed_ = {}; }

  // -- outgoing
  struct Existing {
    ContentHash content_hash;
    std::string origin;
    OutgoingState state;
  };
  /// Also finds one that retention removed.
  Result<std::optional<Existing>> find_outgoing(const MessageId& id);
  /// kConflict if the id is taken, also by one that retention removed.
  Result<LocalSeq> insert_outgoing(const Outgoing& outgoing);
  Result<std::optional<Outgoing>> outgoing(const MessageId& id);
  /// Rows in kQueued with seq > `after`, ascending, at most `limit`.
  Result<std::vector<Outgoing>> outbox(LocalSeq after, int limit);
  Result<std::int64_t> outbox_size();
  /// Writes state, state_us, stored_us, recipients, reason and claimed of the row with this seq,
  /// and keeps the ledger's counters in step.
  Status update_outgoing(const Outgoing& outgoing);
  /// Newest first, before `before` (0: from the newest), at most `limit`.
  Result<std::vector<Outgoing>> recent_outgoing(LocalSeq before, int limit);
  /// Waiting ones whose expires_us is not 0 and ≤ now_us.
  Result<std::vector<Outgoing>> expired_outgoing(std::int64_t now_us, int limit);
  /// Rows whose claimed file has not been moved on (start-up recovery).
  Result<std::vector<Outgoing>> unmoved_outgoing(int limit);
  Result<std::vector<Outgoing>> dead_outgoing(int limit);

  Status save_recipient_state(const RecipientState& state);
  Result<std::vector<RecipientState>> recipient_states(const MessageId& id);

  // -- incoming
  Result<std::optional<Incoming>> incoming(const MessageId& id);
  /// kConflict if the id is taken, also by one that retention removed.
  Result<LocalSeq> insert_incoming(const Incoming& incoming);
  /// Writes everything but id, kind, sender, received_us and message of the row with this seq.
  Status update_incoming(const Incoming& incoming);
  Result<std::vector<Incoming>> incoming_in_state(IncomingState state, LocalSeq after, int limit);
  Result<std::vector<Incoming>> recent_incoming(LocalSeq before, int limit);

  // -- observed files: a file seen twice, or moved, is one message; a foreign file is judged once
  /// True if this content (sha256 of the bytes) was seen in an observed folder before; records it.
  Result<bool> seen_before(const Sha256& file_hash, std::int64_t now_us);

  // -- ledger
  Result<ClientLedger> ledger_counters();
  Result<ClientLedger> ledger_recount();

  // -- retention
  /// Removes finished messages last changed before `before_us`, at most `limit`; ids stay known.
  /// Finished are outgoing ones that the broker has or never will have, once their claimed file is
  /// moved on, and incoming ones whose handler ended, that were delivered or that a person opened.
  /// Returns how many were removed.
  Result<std::int64_t> purge_finished(std::int64_t before_us, int limit);

  /// The serialised messages of kept rows with seq > `*after`, in its order, at most `limit`;
  /// `*after` becomes the last one's seq. Damaged ones as they stand there. For the sweep of
  /// attachments.
  Result<std::vector<std::string>> outgoing_messages(LocalSeq* after, int limit);
  Result<std::vector<std::string>> incoming_messages(LocalSeq* after, int limit);

  // -- small facts that outlive the process (key → value)
  Result<std::optional<std::string>> fact(std::string_view key);
  Status save_fact(std::string_view key, std::string_view value);

 private:
  explicit ClientStore(Db& db) : db_(&db) {}
  Result<bool> is_purged(std::string_view table, const MessageId& id);
  Result<std::int64_t> purge_outgoing(std::int64_t before_us, int limit);
  Result<std::int64_t> purge_incoming(std::int64_t before_us, int limit);
  void count(OutgoingState state, std::int64_t by);

  Db* db_;
  std::uint64_t epoch_ = 0;
  ClientLedger unflushed_;  ///< changes since the last flush
};

}  // namespace yizhan::store
