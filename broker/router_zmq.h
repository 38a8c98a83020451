#pragma once
// The broker's ZeroMQ side: a ROUTER behind CURVE, and the ZAP handler that names each connection's
// key. Whoever has a CURVE key may connect; what a key may do is the core's to decide. Transport
// only: what cannot be sent is dropped and counted, since the core repeats it.
//
// One thread uses a Router (the loop's); libzmq's I/O thread, the ZAP thread and the flood guard's
// are its own.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "broker/core.h"
#include "broker/flood_guard_linux.h"
#include "config/keys.h"
#include "config/result.h"
#include "wire/limits.h"

namespace yizhan::broker {

/// Frames that libzmq queues for one connection. The real queues are in the database: these only
/// keep the wire busy, and bound what a slow or hostile connection may hold.
inline constexpr int kSendQueueFrames = 256;
inline constexpr int kReceiveQueueFrames = 32;
inline constexpr int kHandshakeMs = 5'000;
inline constexpr int kListenBacklog = 4'096;
inline constexpr int kKeepaliveIdleSeconds = 60;

/// What a connection may hold of messages that are not ours yet: a full receive queue of the
/// largest frames, one more that finds it full, one that is being read, and as much again for the
/// rest.
inline constexpr std::uint64_t kMaxHeldBytes =
    std::uint64_t{kReceiveQueueFrames + 4} * wire::kMaxFrameBytes;
/// What all connections may: in memory it is less than the service's MemoryMax=1G.
inline constexpr std::uint64_t kMaxHeldBytesInAll = std::uint64_t{256} << 20;
inline constexpr FloodGuard::Limits kFloodLimits = {
    kMaxHeldBytes, kMaxHeldBytesInAll, std::uint64_t{8} << 20, std::chrono::milliseconds(100)};

class Router {
 public:
  /// Listens on `listen` ("tcp://ADDRESS:PORT") with the broker's key. kInvalid for an address that
  /// is none, kUnavailable if it is taken or not ours; the message names the address. kIo if the
  /// flood guard, with `limits`, cannot work here.
  static Result<std::unique_ptr<Router>> open(const std::string& listen, const KeyPair& own,
                                              const FloodGuard::Limits& limits = kFloodLimits);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// For zmq::poll; readable when receive() has something.
  void* handle() { return socket_.handle(); }

  /// Appends what is waiting, at most `max_frames` and about `max_bytes`. Frames without an
  /// authenticated key or not of exactly one part are dropped and counted.
  void receive(std::vector<Input>& inputs, std::size_t max_frames, std::size_t max_bytes);

  /// False if the frame was dropped: the connection is gone, or does not take what it is sent.
  bool send(const FrameOut& frame);

  /// Where it listens, with the port that was chosen if `listen` had none ("tcp://127.0.0.1:*").
  const std::string& endpoint() const { return endpoint_; }

  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t dropped_gone = 0;     ///< not sent: no such connection any more
    std::uint64_t dropped_full = 0;     ///< not sent: kSendQueueFrames wait already
    std::uint64_t dropped_foreign = 0;  ///< received, but not a frame of ours
  };
  const Counters& counters() const { return counters_; }
  const FloodGuard& flood_guard() const { return *flood_guard_; }

 private:
  Router() = default;
  void start_zap();
  void listen(const std::string& address, const KeyPair& own);
  bool receive_body(zmq::message_t& part);

  zmq::context_t context_{1};
  std::thread zap_thread_;
  zmq::socket_t socket_;
  std::string endpoint_;
  std::unique_ptr<FloodGuard> flood_guard_;
  Counters counters_;
};

}  // namespace yizhan::broker
