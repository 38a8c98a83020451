#pragma once
// A client of the broker for load: the real protocol over a real CURVE connection, without an
// agent's files and database. One thread a context; a Peer belongs to the thread that made it.

#include <string>

#include <zmq.hpp>

#include "config/ids.h"
#include "config/keys.h"
#include "wire/codec.h"

namespace yizhan::bench {

class Peer {
 public:
  Peer(zmq::context_t& context, const std::string& endpoint, const PublicKey& broker,
       const KeyPair& keys, const std::string& user);

  /// Says Hello and waits for the Welcome; exits with a message when refused.
  void hello(std::uint64_t heartbeat_ms = 60'000);
  void send(const wire::FromAgent& frame);
  /// The next frame, or false if none came within `wait_ms` (0: do not wait).
  bool receive(wire::FromBroker* frame, int wait_ms);
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::socket_t socket_;
  std::string user_;
};

/// A fresh CURVE key pair.
KeyPair new_keys();

}  // namespace yizhan::bench
