#include "tests/sim/network.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace yizhan::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kRemembered = 4;  // frames of the last connection that may come again

void remember(std::deque<std::string>& recent, const std::string& bytes) {
  recent.push_back(bytes);
  if (recent.size() > kRemembered) recent.pop_front();
}

}  // namespace

Micros Network::latency() {
  if (!good_ && chance_.percent(3)) return chance_.between(milliseconds(50), seconds(3));
  return chance_.between(milliseconds(1), milliseconds(40));
}

std::string Network::peer_of(std::size_t agent, std::uint64_t number) const {
  return "peer-" + std::to_string(agent) + "-" + std::to_string(number);
}

void Network::agent_started(std::size_t agent) {
  lines_[agent].agent_up = true;
  lines_[agent].told_down = true;  // a new process knows of no connection
  connect_in(agent, latency());
}

void Network::agent_stopped(std::size_t agent) {
  drop(agent);
  lines_[agent].agent_up = false;
  ++lines_[agent].attempt;
}

void Network::broker_stopped() {
  broker_up_ = false;
  for (std::size_t agent = 0; agent < lines_.size(); ++agent) cut(agent);
}

void Network::reconnect(std::size_t agent, Micros delay) {
  drop(agent);
  lines_[agent].told_down = true;  // it asked for this
  connect_in(agent, delay + latency());
}

void Network::connect_in(std::size_t agent, Micros delay) {
  const std::uint64_t attempt = ++lines_[agent].attempt;
  timeline_.in(delay, [this, agent, attempt] { try_connect(agent, attempt); });
}

void Network::try_connect(std::size_t agent, std::uint64_t attempt) {
  Line& line = lines_[agent];
  if (attempt != line.attempt || !line.agent_up || line.connected) return;
  if (!line.told_down) tell_down(agent, "the connection was lost");
  if (attempt != line.attempt) return;  // the agent made its own plans meanwhile
  if (line.partitioned || !broker_up_) {
    // libzmq goes on by itself; a partition shows as nothing at all.
    connect_in(agent, chance_.between(milliseconds(100), seconds(5)));
    if (!line.partitioned) ends_.link_down(agent, "connection refused");
    return;
  }
  line.connected = true;
  line.told_down = false;
  line.number = ++connections_;
  line.last_up = line.last_down = timeline_.now();
  peers_[peer_of(agent, line.number)] = {agent, line.number};
  ends_.link_up(agent);
  repeat_old_frames(agent);
}

void Network::repeat_old_frames(std::size_t agent) {
  Line& line = lines_[agent];
  const auto up = std::exchange(line.recent_up, {});
  const auto down = std::exchange(line.recent_down, {});
  if (good_ || !chance_.percent(15)) return;
  const std::uint64_t number = line.number;
  timeline_.in(chance_.between(Micros{0}, seconds(3)), [this, agent, number, up, down] {
    if (!lines_[agent].connected || lines_[agent].number != number) return;
    for (const std::string& bytes : up) carry_up(agent, bytes);
    for (const std::string& bytes : down) carry_down(agent, bytes);
  });
}

void Network::send_to_broker(std::size_t agent, const std::string& bytes) {
  if (lines_[agent].connected) carry_up(agent, bytes);
}

void Network::send_to_agent(const std::string& peer, const std::string& bytes) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  const auto [agent, number] = found->second;
  if (lines_[agent].connected && lines_[agent].number == number) carry_down(agent, bytes);
}

void Network::carry_up(std::size_t agent, const std::string& bytes) {
  Line& line = lines_[agent];
  if (line.partitioned) {
    line.held.push_back([this, agent, bytes] { carry_up(agent, bytes); });
    return;
  }
  line.last_up = std::max(line.last_up, timeline_.now() + latency());
  timeline_.at(line.last_up,
               [this, agent, number = line.number, bytes] { arrive_up(agent, number, bytes); });
}

void Network::carry_down(std::size_t agent, const std::string& bytes) {
  Line& line = lines_[agent];
  if (line.partitioned) {
    line.held.push_back([this, agent, bytes] { carry_down(agent, bytes); });
    return;
  }
  line.last_down = std::max(line.last_down, timeline_.now() + latency());
  timeline_.at(line.last_down,
               [this, agent, number = line.number, bytes] { arrive_down(agent, number, bytes); });
}

void Network::arrive_up(std::size_t agent, std::uint64_t number, const std::string& bytes) {
  Line& line = lines_[agent];
  const bool current = line.connected && line.number == number;
  if (!broker_up_ || (!current && line.late != number)) return;
  if (current) remember(line.recent_up, bytes);
  ends_.frame_to_broker(agent, peer_of(agent, number), bytes);
}

void Network::arrive_down(std::size_t agent, std::uint64_t number, const std::string& bytes) {
  Line& line = lines_[agent];
  if (!line.connected || line.number != number) return;
  remember(line.recent_down, bytes);
  ends_.frame_to_agent(agent, bytes);
}

void Network::drop(std::size_t agent) {
  Line& line = lines_[agent];
  if (!line.connected) return;
  line.connected = false;
  line.held.clear();
  line.late = !good_ && broker_up_ && chance_.percent(30) ? line.number : 0;
}

void Network::tell_down(std::size_t agent, const std::string& reason) {
  lines_[agent].told_down = true;
  ends_.link_down(agent, reason);
}

void Network::cut(std::size_t agent) {
  Line& line = lines_[agent];
  if (!line.connected) return;
  drop(agent);
  const std::uint64_t number = line.number;
  timeline_.in(chance_.between(Micros{0}, seconds(2)), [this, agent, number] {
    Line& then = lines_[agent];
    if (then.agent_up && !then.connected && !then.told_down && then.number == number) {
      tell_down(agent, "connection reset by peer");
    }
  });
  connect_in(agent, chance_.between(milliseconds(100), seconds(5)));
}

void Network::partition(std::size_t agent) {
  lines_[agent].partitioned = true;
}

void Network::heal(std::size_t agent) {
  Line& line = lines_[agent];
  line.partitioned = false;
  for (const auto& carry : std::exchange(line.held, {})) carry();
}

void Network::be_good() {
  good_ = true;
  for (std::size_t agent = 0; agent < lines_.size(); ++agent) heal(agent);
}

}  // namespace yizhan::sim
