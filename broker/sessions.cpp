#include "broker/sessions.h"

#include <chrono>
#include <utility>

namespace yizhan::broker {

namespace {

constexpr Micros kHeartbeatGrid = std::chrono::milliseconds(100);

}  // namespace

Session& Sessions::open(Session session) {
  close(session.peer);
  if (const auto other = peers_.find(session.client); other != peers_.end()) {
    close(PeerId(other->second));
  }
  peers_[session.client] = session.peer;
  deadlines_.emplace(deadline(session), session.peer);
  dirty.insert(session.peer);
  ended_.erase(session.client);
  PeerId peer = session.peer;
  return sessions_.emplace(std::move(peer), std::move(session)).first->second;
}

Session* Sessions::by_peer(const PeerId& peer) {
  const auto found = sessions_.find(peer);
  return found == sessions_.end() ? nullptr : &found->second;
}

Session* Sessions::by_client(store::ClientId client) {
  const auto found = peers_.find(client);
  return found == peers_.end() ? nullptr : by_peer(found->second);
}

void Sessions::heard(Session& session, Steady now) {
  deadlines_.erase({deadline(session), session.peer});
  session.heard = now;
  deadlines_.emplace(deadline(session), session.peer);
}

Micros Sessions::until_heartbeat(const Session& session, Steady now) {
  // An interval that is hardly longer than the grid would be cut by too much of itself.
  if (session.heartbeat < 10 * kHeartbeatGrid) return session.heartbeat;
  const Micros due = now.time_since_epoch() + session.heartbeat;
  return session.heartbeat - due % kHeartbeatGrid;
}

void Sessions::close(const PeerId& peer) {
  const auto found = sessions_.find(peer);
  if (found == sessions_.end()) return;
  deadlines_.erase({deadline(found->second), peer});
  peers_.erase(found->second.client);
  ended_[found->second.client] = found->second.heard;
  dirty.erase(peer);
  sessions_.erase(found);
}

std::map<store::ClientId, Steady> Sessions::take_ended() {
  return std::exchange(ended_, {});
}

std::vector<PeerId> Sessions::silent(Steady now) const {
  std::vector<PeerId> peers;
  for (const auto& [deadline, peer] : deadlines_) {
    if (deadline > now) break;
    peers.push_back(peer);
  }
  return peers;
}

std::optional<Steady> Sessions::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void Sessions::mark_mail(store::ClientId client, store::MessageSeq seq) {
  Session* session = by_client(client);
  if (session == nullptr) return;
  if (seq <= session->cursor) {
    session->again.insert(seq);
  } else {
    session->has_mail = true;
  }
  dirty.insert(session->peer);
}

}  // namespace yizhan::broker
