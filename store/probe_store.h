#pragma once
// The server database's record of what was waited for and what came: probes with their timers,
// activations, flags, the states that messages have been in, and effects outside the database with
// their attempts. No policy: broker/probes.h and broker/effects.h decide. Every call runs inside
// the caller's transaction. Times are microseconds UTC. Same calls, same rows, on SQLite and MySQL.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/server_store.h"

namespace yizhan::store {

using ProbeId = std::int64_t;
using ActivationId = std::int64_t;
using EffectId = std::int64_t;

enum class ProbeState : int {
  kWaiting = 0,    ///< its timer is in the index
  kActivated = 1,  ///< what was expected came in time
  kExpired = 2,    ///< it did not, and every step of its preset has been taken
  kCancelled = 3,  ///< by a rule, an operator, or because its message or preset is gone
  kPaused = 4,     ///< by an operator; no timer until it is resumed
};
const char* probe_state_name(ProbeState state);

/// One preset that watches one message.
struct Probe {
  ProbeId id = 0;
  MessageSeq message = 0;
  ClientId client = 0;  ///< 0: whichever recipient is first
  std::string preset;
  ProbeState state = ProbeState::kWaiting;
  std::int64_t started_us = 0;
  std::int64_t ends_us = 0;      ///< the deadline
  std::int64_t due_us = 0;       ///< of its next step; 0: none
  std::int64_t last_due_us = 0;  ///< of the last step taken; what catching up starts from
  int intervals = 0;             ///< steps of on_interval taken
  int escalations = 0;           ///< steps of the escalation taken; -1: on_expire is still to come
  std::string zone;              ///< IANA time zone for the preset's hours
  std::string reason;            ///< of the end
  std::int64_t ended_us = 0;
  bool operator==(const Probe&) const = default;
};

/// Somebody acknowledged, opened, accepted, declined, … a message.
struct Activation {
  ActivationId id = 0;
  MessageSeq message = 0;
  ProbeId probe = 0;    ///< whose link was used; 0: none
  ClientId client = 0;  ///< 0: a person without an agent
  std::string state;    ///< opened, accepted, …
  std::string via;      ///< "agent" or "link"
  std::string code;     ///< unique code, empty for a person without an agent
  std::string user;
  std::string machine;          ///< host name, or what the browser calls itself
  std::string address;          ///< IP
  std::string fingerprint;      ///< of the key that signed it; empty for a link
  std::int64_t at_us = 0;       ///< by the activating machine's clock, skew removed
  std::int64_t arrived_us = 0;  ///< by the broker's
  bool expected = false;        ///< some probe of the message waited for it
  bool late = false;            ///< after the deadline, or after an escalation had gone out
  bool operator==(const Activation&) const = default;
};

/// One version of one message's data state.
struct StateChange {
  MessageSeq message = 0;
  std::int64_t version = 0;
  std::string state;
  std::string previous;
  std::int64_t at_us = 0;
  std::string cause;  ///< rule or client that brought it about; empty: the sender
  bool operator==(const StateChange&) const = default;
};

/// A firing whose commands wait until its row's hours open.
struct DeferredRow {
  MessageSeq message = 0;
  std::int64_t version = 0;  ///< with `rule`, the firing's
  std::string rule;
  std::int64_t due_us = 0;
  bool operator==(const DeferredRow&) const = default;
};

enum class EffectState : int {
  kWaiting = 0,
  kDone = 1,
  kDead = 2,  ///< given up after its last attempt, with a reason
};
const char* effect_state_name(EffectState state);

/// Something outside the database that a rule orders: a program, an HTTP request. At least once,
/// with every attempt counted; `id` is its idempotency key.
struct Effect {
  EffectId id = 0;
  MessageSeq message = 0;
  std::string rule;
  std::string verb;  ///< "run" or "webhook"
  std::string spec;  ///< JSON: what to do, with every value expanded when the rule fired
  EffectState state = EffectState::kWaiting;
  int attempts = 0;
  std::int64_t created_us = 0;
  std::int64_t due_us = 0;  ///< of the next attempt
  std::int64_t ended_us = 0;
  std::string result;  ///< of the last attempt, for people
  bool operator==(const Effect&) const = default;
};

/// Bytes of a project's id by which guidances are kept: what every database can index.
inline constexpr std::size_t kMaxProjectKey = 200;

class ProbeStore {
 public:
  /// The schema is ServerStore's: open that one first.
  explicit ProbeStore(Db& db) : db_(&db) {}

  // -- probes
  /// Stores `probe` (its id is ignored). Empty if this preset already watches or has watched this
  /// message for this client: a preset watches once.
  Result<std::optional<ProbeId>> insert_probe(const Probe& probe);
  Result<std::optional<Probe>> probe(ProbeId id);
  Result<std::vector<Probe>> probes(MessageSeq message);  ///< all of them, in order of id
  Result<bool> is_watched(MessageSeq message);            ///< whether there are any
  /// Waiting probes whose timer was due at or before `now_us`, the longest due first.
  Result<std::vector<Probe>> due_probes(std::int64_t now_us, int limit);
  Result<std::int64_t> next_due();  ///< of probes; 0 if none waits for a time
  /// Writes all of `probe` if it is still as `before` says: the same state and the same due time.
  /// False, and nothing changed, if somebody else was first: an activation against a timer is
  /// decided here.
  Result<bool> update_probe(const Probe& probe, const Probe& before);
  /// Newest first, at most `limit`, with ids below `before` (0: from the newest).
  Result<std::vector<Probe>> recent_probes(std::optional<ProbeState> state, ProbeId before,
                                           int limit);

  // -- activations
  /// Stores `activation` (its id is ignored). Empty if this client (or, for a person without an
  /// agent, this probe's link) has reached this state of this message before.
  Result<std::optional<ActivationId>> insert_activation(const Activation& activation);
  Result<std::vector<Activation>> activations(MessageSeq message);  ///< in order of arrival

  // -- what rules know of a message beside its data
  Status insert_state(const StateChange& change);
  Result<std::vector<StateChange>> states(MessageSeq message);  ///< in order of version
  /// True if that is other than it was.
  Result<bool> set_flag(MessageSeq message, std::string_view flag, bool on);
  Result<std::vector<std::string>> flags(MessageSeq message);  ///< sorted

  // -- firings that wait for their hours
  Status insert_deferred(const DeferredRow& row);
  Result<std::vector<DeferredRow>> due_deferred(std::int64_t now_us, int limit);
  Result<std::int64_t> next_deferred();  ///< 0 if none waits
  Status remove_deferred(const DeferredRow& row);

  // -- guidances that must be followed, until they are opened (store/must_read.cpp)
  /// `project`: the first kMaxProjectKey bytes of its id count.
  Status insert_must_read(MessageSeq message, ClientId reader, std::string_view project);
  Status remove_must_read(MessageSeq message, ClientId reader);
  Result<std::int64_t> count_must_read(ClientId reader, std::string_view project);

  // -- effects
  Result<EffectId> insert_effect(const Effect& effect);
  Result<std::optional<Effect>> effect(EffectId id);
  Result<std::vector<Effect>> due_effects(std::int64_t now_us, int limit);
  Result<std::int64_t> next_effect_due();  ///< 0 if none waits
  Status update_effect(const Effect& effect);
  Result<std::vector<Effect>> effects(MessageSeq message);

  /// Removes everything about `message`: for retention, with the message's own rows.
  static Status purge(Db& db, MessageSeq message);

 private:
  Db* db_;
};

}  // namespace yizhan::store
