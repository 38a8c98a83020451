#pragma once
// A broker's socket that listens, and clients of it, for tests over loopback.

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "broker/router_zmq.h"
#include "config/keys.h"
#include "wire/limits.h"

namespace yizhan::broker {

inline KeyPair make_key() {
  KeyPair pair;
  char public_text[41];
  char secret_text[41];
  REQUIRE(zmq_curve_keypair(public_text, secret_text) == 0);
  pair.public_key = *public_key_from_z85(public_text);
  pair.secret_key = *SecretKey::from(public_key_from_z85(secret_text)->view());
  return pair;
}

/// How long something that must not happen is waited for, and something that must.
inline constexpr std::chrono::milliseconds kNothing{300};
inline constexpr std::chrono::milliseconds kSomething{5'000};

struct Listening {
  KeyPair key = make_key();
  std::unique_ptr<Router> router;

  explicit Listening(const FloodGuard::Limits& limits = kFloodLimits) {
    auto opened = Router::open("tcp://127.0.0.1:*", key, limits);
    REQUIRE(opened.ok());
    router = std::move(opened).value();
  }

  std::vector<FrameIn> receive(std::chrono::milliseconds patience) const {
    std::vector<zmq::pollitem_t> items = {{router->handle(), 0, ZMQ_POLLIN, 0}};
    zmq::poll(items, patience);
    std::vector<Input> inputs;
    router->receive(inputs, 100, wire::kMaxFrameBytes * 4);
    std::vector<FrameIn> frames;
    for (Input& input : inputs) frames.push_back(std::move(std::get<FrameIn>(input)));
    return frames;
  }
};

struct Dealer {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::dealer};
  zmq::socket_t events{context, zmq::socket_type::pair};

  Dealer() {
    socket.set(zmq::sockopt::linger, 0);
    REQUIRE(zmq_socket_monitor(socket.handle(), "inproc://events", ZMQ_EVENT_ALL) == 0);
    events.connect("inproc://events");
  }
  void use_curve(const KeyPair& own, const PublicKey& server) {
    socket.set(zmq::sockopt::curve_serverkey, to_z85(server.view()));
    socket.set(zmq::sockopt::curve_publickey, to_z85(own.public_key.view()));
    socket.set(zmq::sockopt::curve_secretkey, to_z85(own.secret_key.view()));
  }
  void send(const std::string& bytes) { socket.send(zmq::buffer(bytes), zmq::send_flags::none); }

  /// Whether one of `wanted` is reported in time.
  bool saw(int wanted, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    events.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
    while (std::chrono::steady_clock::now() < deadline) {
      zmq::message_t event;
      zmq::message_t address;
      if (!events.recv(event) || !events.recv(address)) return false;
      std::uint16_t kind = 0;
      std::memcpy(&kind, event.data(), sizeof kind);
      if ((kind & wanted) != 0) return true;
    }
    return false;
  }
};

}  // namespace yizhan::broker
