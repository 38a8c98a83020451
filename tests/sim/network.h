#pragma once
// The wires between the agents and the broker, one line an agent, as ZeroMQ over TCP shows them to
// the two shells: frames of one connection keep their order and arrive once or not at all. A cut
// loses what is under way, in both directions; a partition holds it. What a tunnel or a dying
// process may add is in here too: frames of an old connection that arrive after those of the next,
// and frames that arrive again on the next connection.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/chance.h"
#include "tests/sim/timeline.h"

namespace yizhan::sim {

/// The shells, as the network sees them.
class Ends {
 public:
  virtual ~Ends() = default;
  virtual void frame_to_broker(std::size_t agent, const std::string& peer,
                               const std::string& bytes) = 0;
  virtual void frame_to_agent(std::size_t agent, const std::string& bytes) = 0;
  virtual void link_up(std::size_t agent) = 0;
  virtual void link_down(std::size_t agent, const std::string& reason) = 0;
};

class Network {
 public:
  Network(Timeline& timeline, Chance& chance, Ends& ends, std::size_t agents)
      : timeline_(timeline), chance_(chance), ends_(ends), lines_(agents) {}

  // -- processes
  void agent_started(std::size_t agent);
  void agent_stopped(std::size_t agent);
  void broker_started() { broker_up_ = true; }
  void broker_stopped();

  // -- what the shells ask for
  /// Drops the agent's connection, if it has one, and makes a new one after `delay`.
  void reconnect(std::size_t agent, Micros delay);
  /// Lost if the agent has no connection.
  void send_to_broker(std::size_t agent, const std::string& bytes);
  /// Lost if that connection is gone.
  void send_to_agent(const std::string& peer, const std::string& bytes);

  // -- what goes wrong
  void cut(std::size_t agent);
  void partition(std::size_t agent);
  void heal(std::size_t agent);
  /// From now on nothing is repeated, late or slow. Partitions are healed.
  void be_good();

  /// The connection in use, or 0: changes with each new one.
  std::uint64_t connection(std::size_t agent) const {
    return lines_[agent].connected ? lines_[agent].number : 0;
  }

 private:
  struct Line {
    bool agent_up = false;
    bool connected = false;
    bool partitioned = false;
    std::uint64_t number = 0;   // of the last connection; with `connected` the one in use
    std::uint64_t late = 0;     // a lost connection whose frames still reach the broker
    std::uint64_t attempt = 0;  // an older attempt to connect is void
    Micros last_up{};           // when the last frame to the broker arrives
    Micros last_down{};
    bool told_down = true;                   // the agent knows that it has no connection
    std::deque<std::function<void()>> held;  // by a partition
    std::deque<std::string> recent_up;       // arrived last, for repeats
    std::deque<std::string> recent_down;
  };

  Micros latency();
  std::string peer_of(std::size_t agent, std::uint64_t number) const;
  void connect_in(std::size_t agent, Micros delay);
  void try_connect(std::size_t agent, std::uint64_t attempt);
  void drop(std::size_t agent);
  void tell_down(std::size_t agent, const std::string& reason);
  void carry_up(std::size_t agent, const std::string& bytes);
  void carry_down(std::size_t agent, const std::string& bytes);
  void arrive_up(std::size_t agent, std::uint64_t number, const std::string& bytes);
  void arrive_down(std::size_t agent, std::uint64_t number, const std::string& bytes);
  void repeat_old_frames(std::size_t agent);

  Timeline& timeline_;
  Chance& chance_;
  Ends& ends_;
  std::vector<Line> lines_;
  std::map<std::string, std::pair<std::size_t, std::uint64_t>> peers_;
  std::uint64_t connections_ = 0;
  bool broker_up_ = false;
  bool good_ = false;
};

}  // namespace yizhan::sim
