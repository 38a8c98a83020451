#pragma once
// The server database as the broker's core sees it: clients, messages, deliveries, firings.
// No policy: what may be done is decided above. Every call runs inside the caller's transaction
// (store/db.h, Transaction) unless it says otherwise; an error leaves the transaction to be rolled
// back. Times are microseconds UTC. Same calls, same rows, on SQLite and MySQL.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "store/db.h"

namespace yizhan::store {

using ClientId = std::int64_t;  ///< row of a client, local to this server database
using MessageSeq =
    std::int64_t;  ///< order in which the server stored messages; grows, may have gaps

// ---- clients

enum class ClientState : int {
  kPending = 0,   ///< enrolled, waits for `clients accept`
  kAccepted = 1,  ///< may send and receive
  kRejected = 2,  ///< refused by an operator; its key stays known so that it is told so
  kRevoked = 3,   ///< was accepted, is no longer
};
const char* client_state_name(ClientState state);

struct Client {
  ClientId id = 0;
  PublicKey key;
  std::string code;  ///< unique code, derived from the key
  ClientState state = ClientState::kPending;
  std::string name;  ///< label given by an operator
  std::string user;
  std::string host;
  std::string ip;                ///< as last seen
  std::vector<std::string> mac;  ///< as last reported
  std::set<std::string> roles;
  std::set<std::string> groups;
  std::string zone;  ///< its owner's time zone (tz database), as an operator set it; may be empty
  std::string agent_zone;  ///< and as its agent last said it; may be empty
  std::int64_t created_us = 0;
  std::int64_t last_seen_us = 0;
  std::uint64_t epoch = 0;  ///< of its client database

  /// The zone on whose clock its working hours are read. Empty: nobody knows.
  const std::string& hours_zone() const { return zone.empty() ? agent_zone : zone; }
};

// ---- messages

/// What the store keeps of a message beside its body. `envelope` is the serialised wire::Message
/// without its body, with the sender stamped; `body` is wire::Message.body as it came.
struct StoredMessage {
  MessageSeq seq = 0;
  MessageId id;
  ClientId sender = 0;       ///< 0: the broker itself
  int kind = 0;              ///< wire::Kind
  int ack = 0;               ///< wire::Ack asked for
  std::string state;         ///< data state
  std::int64_t version = 1;  ///< counts changes of state; (seq, version) is what a rule fires on
  std::optional<MessageId> in_reply_to;
  std::int64_t stored_us = 0;
  std::int64_t expires_us = 0;  ///< 0: never
  ContentHash content_hash;     ///< of what the sender sent; tells a repeat from a reused id
  std::string envelope;
  std::string body;
  /// The row does not fit its hash (store/row_hash.h): nothing is filled in but seq, and id as it
  /// stands there. Such a message cannot be relayed.
  bool damaged = false;
};

/// One message on its way to one client.
enum class DeliveryState : int {
  kQueued = 0,     ///< in the mailbox, to be sent (or sent and not yet answered)
  kDelivered = 1,  ///< on the recipient's disk
  kOpened = 2,
  kAccepted = 3,
  kDeclined = 4,
  kStarted = 5,  ///< a handler runs
  kDone = 6,
  kFailed = 7,
  kExpired = 8,  ///< not taken in time
  kDead = 9,     ///< given up, with a reason; `dead retry` queues it again
};
const char* delivery_state_name(DeliveryState state);

struct Delivery {
  MessageSeq message = 0;
  ClientId client = 0;
  DeliveryState state = DeliveryState::kQueued;
  std::int64_t queued_us = 0;
  std::int64_t delivered_us = 0;  ///< 0: not yet
  std::int64_t state_us = 0;      ///< when `state` was reached
  int attempts = 0;               ///< sends that a live session did not answer
  std::string reason;             ///< of kDead, kExpired, kFailed, kDeclined
  std::string cause;              ///< rule that added this recipient; empty: the sender did
};

/// Counts of deliveries by where they are; the ledger.
/// accepted = queued + done + expired + dead + purged, at all times.
struct Ledger {
  std::int64_t accepted = 0;  ///< deliveries ever made, counted as they were made
  std::int64_t queued = 0;
  std::int64_t done = 0;  ///< delivered or further
  std::int64_t expired = 0;
  std::int64_t dead = 0;
  std::int64_t purged = 0;    ///< finished ones whose rows retention removed
  std::int64_t messages = 0;  ///< messages ever stored
  bool operator==(const Ledger&) const = default;
};

struct PurgeCandidate;  // store/server_rules.cpp

/// One rule row that fired on one version of one message.
struct Firing {
  MessageSeq message = 0;
  std::int64_t version = 0;
  std::string rule;
  std::int64_t fired_us = 0;
  std::string
      effect;  ///< what was done, for `trace` and `why`: "send role:terminologist → 2 clients"
};

class ServerStore {
 public:
  /// Creates or migrates the schema (in transactions of its own). kCorrupt if the database was
  /// written by a newer program.
  static Result<ServerStore> open(Db& db);

  /// Writes the ledger's changes since the last flush, in one statement. Must be called right
  /// before the commit of every transaction that changed something; otherwise the counters drift
  /// from the rows.
  Status flush();
  /// Drops what is remembered of a transaction that was rolled back, or whose commit failed.
  void forget();

  /// Random number made with the database; a restored backup keeps it, a new database has another.
  std::uint64_t epoch() const { return epoch_; }

  // -- clients
  Result<std::optional<Client>> client_by_key(const PublicKey& key);
  Result<std::optional<Client>> client_by_id(ClientId id);
  Result<std::vector<Client>> clients();  ///< in the order of their ids
  Result<std::int64_t> count_clients(ClientState state);
  /// Inserts when `client.id` is 0 (and returns the new id), else replaces all columns, roles,
  /// groups and macs of that row.
  Result<ClientId> save_client(const Client& client);
  Status touch_client(ClientId id, std::int64_t last_seen_us);

  // -- addressing; accepted clients only, ascending ids, none twice
  /// `kind` is "user", "code", "mac", "ip", "role" or "group".
  Result<std::vector<ClientId>> find_clients(std::string_view kind, std::string_view value);

  // -- messages
  struct Existing {
    MessageSeq seq;  ///< 0: known, but removed by retention
    ContentHash content_hash;
  };
  Result<std::optional<Existing>> find_message(const MessageId& id);
  /// Stores `message` (its seq is ignored) and returns its seq. kConflict if the id is taken, also
  /// by a message that retention removed; the transaction stays usable then.
  Result<MessageSeq> insert_message(const StoredMessage& message);
  Result<std::optional<StoredMessage>> message(MessageSeq seq);
  Result<std::optional<StoredMessage>> message_by_id(const MessageId& id);
  /// Messages about `id`, in order of seq.
  Result<std::vector<StoredMessage>> replies_to(const MessageId& id);
  /// Newest first, at most `limit`, before `before` (0: from the newest).
  Result<std::vector<StoredMessage>> recent_messages(MessageSeq before, int limit);
  /// Sets the data state and raises the version by one; returns the new version.
  Result<std::int64_t> set_state(MessageSeq seq, std::string_view state);

  // -- deliveries
  /// Queues `message` for `client`; false if it already was, in whatever state (nothing changes).
  Result<bool> insert_delivery(MessageSeq message, ClientId client, std::int64_t now_us,
                               std::string_view cause);
  Result<std::optional<Delivery>> delivery(MessageSeq message, ClientId client);
  Result<std::vector<Delivery>> deliveries(MessageSeq message);
  /// Waiting deliveries of `client` with seq > `after`, ascending, at most `limit`.
  Result<std::vector<StoredMessage>> mailbox(ClientId client, MessageSeq after, int limit);
  /// How many wait. Counted when first asked for, so that this costs what their number is, and kept
  /// with every change from then on: right as long as nobody else writes to this database.
  Result<std::int64_t> mailbox_size(ClientId client);
  /// The next mailbox_size() of `client` counts again.
  void forget_mailbox_size(ClientId client) { waiting_.erase(client); }
  /// Writes state, state_us, delivered_us (if given), attempts and reason of `delivery`, and keeps
  /// the ledger's counters in step with the change.
  Status update_delivery(const Delivery& delivery);
  /// Waiting deliveries whose message expired at or before `now_us`, at most `limit`.
  Result<std::vector<Delivery>> expired_deliveries(std::int64_t now_us, int limit);
  /// When the next waiting delivery expires; 0 if none will.
  Result<std::int64_t> next_expiry();
  Result<std::vector<Delivery>> dead_deliveries(int limit);

  // -- ledger
  /// The counters, as kept with every change.
  Result<Ledger> ledger_counters();
  /// The same, counted anew from the rows (walks the table). Equal to the counters, or something
  /// is wrong.
  Result<Ledger> ledger_recount();

  // -- rules
  /// Records that `rule` fires on this version; false if it had already (then do nothing).
  Result<bool> insert_firing(const Firing& firing);
  Status set_firing_effect(const Firing& firing);
  Result<std::vector<Firing>> firings(MessageSeq message);

  // -- the instruction tables' text, versioned
  struct RuleVersion {
    std::int64_t version = 0;
    std::int64_t applied_us = 0;
    std::string author;
    std::string text;  ///< INI text of all tables
  };
  Result<std::optional<RuleVersion>> current_rules();
  Result<std::optional<RuleVersion>> rules_version(std::int64_t version);
  /// Newest first, at most `limit`.
  Result<std::vector<RuleVersion>> rules_history(int limit);
  Result<std::int64_t> apply_rules(const RuleVersion& rules);  ///< returns the new version

  // -- retention
  /// Removes finished messages (no waiting delivery) stored before `before_us`, with their
  /// deliveries and firings, at most `limit`; counts them as purged; their ids stay known.
  /// Returns how many messages were removed.
  Result<std::int64_t> purge_finished(std::int64_t before_us, int limit);
  /// Envelopes of stored messages with seq > `*after`, in its order, at most `limit`; `*after`
  /// becomes the last one's seq. Damaged ones as they stand there. For the sweep of attachments.
  Result<std::vector<std::string>> envelopes(MessageSeq* after, int limit);

 private:
  explicit ServerStore(Db& db) : db_(&db) {}
  Status insert_attributes(const Client& client);
  Status load_attributes(Client& client);
  Result<std::int64_t> expiry_of(MessageSeq seq);
  Result<bool> is_purged(const MessageId& id);
  Status purge(const PurgeCandidate& finished);
  void count(DeliveryState state, std::int64_t by);
  void count_waiting(ClientId client, std::int64_t by);

  Db* db_;
  std::uint64_t epoch_ = 0;
  Ledger unflushed_;           ///< changes since the last flush
  MessageSeq next_seq_ = 0;    ///< SQLite: the next seq, never given twice; 0: AUTO_INCREMENT
  MessageSeq purge_from_ = 0;  ///< where the next purge goes on looking
  std::map<ClientId, std::int64_t> waiting_;  ///< mailbox sizes that were asked for
  // What the last calls found out, so that storing a message and its deliveries asks only once.
  std::optional<MessageId> last_unknown_;
  MessageSeq last_inserted_ = 0;
  std::int64_t last_inserted_expires_us_ = 0;
};

}  // namespace yizhan::store
