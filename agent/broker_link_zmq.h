#pragma once
// The agent's connection to a broker: a DEALER behind CURVE with the broker's key pinned. It tries
// the brokers' addresses in turn, and tells the core when the encrypted connection stands and when
// it is gone. Transport only: frames that cannot be sent are dropped, the core repeats them.
//
// While a broker refuses connections, libzmq tries again by itself with growing pauses. After a
// connection or handshake that broke, the socket is made anew: libzmq gives up for good on a peer
// that violated the protocol, and frames of an old connection must not reach a new one.
//
// One thread; the context's I/O thread is libzmq's own.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/core.h"
#include "config/keys.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::agent {

inline constexpr int kLinkSendFrames = 256;
inline constexpr int kLinkReceiveFrames = 64;
inline constexpr Micros kReconnectFirst = std::chrono::milliseconds(100);
inline constexpr Micros kReconnectLongest = std::chrono::seconds(5);
inline constexpr Micros kConnectTimeout = std::chrono::seconds(5);
/// Sent and not acknowledged by the broker's machine for so long: the connection is dead.
inline constexpr Micros kUnacknowledgedTimeout = std::chrono::seconds(10);

class BrokerLink {
 public:
  struct Settings {
    std::vector<std::string> brokers;  ///< "tcp://HOST:PORT", not empty, tried in this order
    PublicKey broker_key;
    KeyPair own;
  };
  /// Starts to connect. kInvalid if an address is none. `context` outlives the link.
  static Result<std::unique_ptr<BrokerLink>> open(zmq::context_t& context, Settings settings);

  /// For zmq::poll. Null while there is no socket; both change whenever it is made anew.
  void* frames() { return socket_.handle(); }
  void* events() { return monitor_.handle(); }

  /// Appends what happened to the connection, then the frames that are waiting: at most
  /// `max_frames` and about `max_bytes`. Makes the socket anew when that is due.
  void receive(std::vector<Input>& inputs, std::size_t max_frames, std::size_t max_bytes, Now now);

  /// Drops the frame if the connection is not there or takes no more.
  void send(const std::string& bytes);

  /// Drops the connection and makes a new one, to the next address, after `delay`.
  void reconnect(Micros delay, Now now);

  /// When receive() has something to do that no socket announces; Steady::max() if nothing.
  Steady next_wakeup() const { return remake_.value_or(Steady::max()); }

 private:
  BrokerLink(zmq::context_t& context, Settings settings);
  void connect();
  void disconnect();
  void on_event(std::uint16_t event, std::vector<Input>& inputs, Now now);
  LinkDown down(std::string what) const;
  void lost(LinkDown down, std::vector<Input>& inputs, Now now);
  const std::string& address() const { return settings_.brokers[next_ % settings_.brokers.size()]; }

  zmq::context_t* context_;
  Settings settings_;
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
  std::size_t next_ = 0;          // index, modulo their number, of the broker in use
  std::uint64_t generation_ = 0;  // names each socket's monitor
  bool up_ = false;
  Micros pause_ = kReconnectFirst;
  std::optional<Steady> remake_;
  std::minstd_rand jitter_;  // seeded with the key, so that a fleet does not move in step
};

}  // namespace yizhan::agent
