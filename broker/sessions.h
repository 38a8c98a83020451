#pragma once
// Who is connected: one session per accepted client, bound to one connection. Presence is a hint:
// a session ends when nothing was heard for kMissedHeartbeats of its own intervals.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/core.h"
#include "config/ids.h"
#include "config/time.h"
#include "store/server_store.h"

namespace yizhan::broker {

inline constexpr int kMissedHeartbeats = 3;
inline constexpr Micros kMinHeartbeat = std::chrono::milliseconds(100);
inline constexpr Micros kMaxHeartbeat = std::chrono::hours(1);

/// A delivery that was sent and not yet answered.
struct InFlight {
  MessageId id;
  store::ClientId sender = 0;
  int ack = 0;  ///< wire::Ack the sender asked for
  int kind = 0;
  std::size_t bytes = 0;
  Steady sent{};
  bool held = false;  ///< on the agent's disk, attachments still coming: no deadline
};

struct Session {
  PeerId peer;
  PublicKey key;
  store::ClientId client = 0;
  std::string address;
  Micros heartbeat{};
  Steady since{};
  Steady heard{};
  std::uint64_t outbox = 0;          ///< messages the agent says are waiting there
  std::int64_t clock_offset_us = 0;  ///< the agent's clock minus ours, at hello

  // Delivery: what has been sent to this connection and what is to be sent.
  store::MessageSeq cursor = 0;       ///< everything waiting up to here was sent
  std::set<store::MessageSeq> again;  ///< below the cursor, to be sent (again)
  std::map<store::MessageSeq, InFlight> in_flight;
  std::size_t in_flight_bytes = 0;
  std::set<Sha256> readable;  ///< attachments of what is in flight to it
  std::uint64_t history_hello = 0;  ///< number of its newest SyncHello …
  std::uint64_t history_told = 0;   ///< … and what was said of slices since
  std::int64_t database = 0;  ///< its client database, once it said SyncHello; 0: not yet
  bool has_mail = true;       ///< the mailbox may hold more than was sent
};

class Sessions {
 public:
  /// Ends any other session of the same client (it reconnected) and of the same peer.
  Session& open(Session session);
  Session* by_peer(const PeerId& peer);
  Session* by_client(store::ClientId client);
  bool has_client(store::ClientId client) const { return peers_.contains(client); }
  void heard(Session& session, Steady now);

  /// How long from `now` the agent is to wait with its next heartbeat: at most its interval, less
  /// so much that the heartbeats of all agents come on the same ten instants of a second. One
  /// wake-up for each heartbeat would be most of what an idle agent costs (bench/idle.py).
  static Micros until_heartbeat(const Session& session, Steady now);
  void close(const PeerId& peer);

  /// Clients whose session has ended since this was asked, with when they were last heard. One that
  /// is connected anew is not among them.
  std::map<store::ClientId, Steady> take_ended();

  /// Sessions whose deadline is at or before `now`; the caller closes them.
  std::vector<PeerId> silent(Steady now) const;
  std::optional<Steady> next_deadline() const;

  std::size_t size() const { return sessions_.size(); }
  /// In the order of their peers.
  const std::map<PeerId, Session>& all() const { return sessions_; }

  /// Sessions that may have something to be sent.
  std::set<PeerId> dirty;

  void mark_mail(store::ClientId client, store::MessageSeq seq);

 private:
  static Steady deadline(const Session& session) {
    return session.heard + kMissedHeartbeats * session.heartbeat;
  }
  std::map<PeerId, Session> sessions_;
  std::map<store::ClientId, PeerId> peers_;
  std::set<std::pair<Steady, PeerId>> deadlines_;
  std::map<store::ClientId, Steady> ended_;
};

}  // namespace yizhan::broker
