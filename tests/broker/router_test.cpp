// The broker's socket against clients of all kinds, over loopback.

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "broker/router_zmq.h"
#include "config/keys.h"
#include "tests/broker/router_peers.h"
#include "wire/limits.h"

namespace yizhan::broker {
namespace {

TEST_CASE("a frame of a CURVE client arrives with its key and address, and is answered") {
  const Listening broker;
  const KeyPair own = make_key();
  Dealer client;
  client.use_curve(own, broker.key.public_key);
  client.socket.connect(broker.router->endpoint());
  client.send("hello");

  const std::vector<FrameIn> frames = broker.receive(kSomething);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].bytes == "hello");
  CHECK(frames[0].key == own.public_key);
  CHECK(frames[0].address == "127.0.0.1");

  REQUIRE(broker.router->send({frames[0].peer, "welcome"}));
  zmq::message_t answer;
  client.socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(kSomething.count()));
  REQUIRE(client.socket.recv(answer));
  CHECK(answer.to_string() == "welcome");
}

TEST_CASE("nothing of a NULL or PLAIN client is delivered") {
  const Listening broker;
  Dealer null_client;
  null_client.socket.connect(broker.router->endpoint());
  null_client.send("let me in");
  Dealer plain_client;
  plain_client.socket.set(zmq::sockopt::plain_username, "admin");
  plain_client.socket.set(zmq::sockopt::plain_password, "admin");
  plain_client.socket.connect(broker.router->endpoint());
  plain_client.send("let me in");

  CHECK(broker.receive(kNothing).empty());
  CHECK(broker.router->counters().dropped_foreign == 0);
}

TEST_CASE("a client that expects another broker's key gets no connection") {
  const Listening broker;
  Dealer client;
  client.use_curve(make_key(), make_key().public_key);
  client.socket.connect(broker.router->endpoint());
  client.send("hello");

  CHECK_FALSE(client.saw(ZMQ_EVENT_HANDSHAKE_SUCCEEDED, kNothing));
  CHECK(broker.receive(kNothing).empty());
}

TEST_CASE("a frame above the limit ends the connection and is not delivered") {
  const Listening broker;
  Dealer client;
  client.use_curve(make_key(), broker.key.public_key);
  client.socket.connect(broker.router->endpoint());
  REQUIRE(client.saw(ZMQ_EVENT_HANDSHAKE_SUCCEEDED, kSomething));

  SECTION("the largest allowed frame passes") {
    // CURVE adds its nonce and authenticator to what the limit is checked on.
    client.send(std::string(wire::kMaxFrameBytes - 64, 'x'));
    const std::vector<FrameIn> frames = broker.receive(kSomething);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].bytes.size() == wire::kMaxFrameBytes - 64);
  }
  SECTION("one byte more than the limit does not") {
    client.send(std::string(wire::kMaxFrameBytes + 1, 'x'));
    CHECK(client.saw(ZMQ_EVENT_DISCONNECTED, kSomething));
    CHECK(broker.receive(kNothing).empty());
  }
}

TEST_CASE("a client cannot take the routing id or the name of another") {
  const Listening broker;
  const KeyPair victim_key = make_key();
  const KeyPair thief_key = make_key();
  Dealer victim;
  victim.use_curve(victim_key, broker.key.public_key);
  victim.socket.set(zmq::sockopt::routing_id, "agent-1");
  victim.socket.connect(broker.router->endpoint());
  victim.send("mine");
  const std::vector<FrameIn> first = broker.receive(kSomething);
  REQUIRE(first.size() == 1);

  Dealer thief;
  thief.use_curve(thief_key, broker.key.public_key);
  thief.socket.set(zmq::sockopt::routing_id, "agent-1");
  thief.socket.connect(broker.router->endpoint());
  thief.send("also mine");
  for (const FrameIn& frame : broker.receive(kNothing)) CHECK(frame.key == thief_key.public_key);

  // What is sent to the first connection reaches the victim and nobody else.
  REQUIRE(broker.router->send({first[0].peer, "secret"}));
  zmq::message_t got;
  victim.socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(kSomething.count()));
  thief.socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(kNothing.count()));
  REQUIRE(victim.socket.recv(got));
  CHECK(got.to_string() == "secret");
  CHECK_FALSE(thief.socket.recv(got));
}

TEST_CASE("a message of several parts is dropped whole, and the next frame is read") {
  const Listening broker;
  Dealer client;
  client.use_curve(make_key(), broker.key.public_key);
  client.socket.connect(broker.router->endpoint());
  for (int i = 0; i < 3; ++i) {
    client.socket.send(zmq::str_buffer("part"), zmq::send_flags::sndmore);
  }
  client.socket.send(zmq::str_buffer("last"), zmq::send_flags::none);
  client.send("whole");

  std::vector<FrameIn> frames = broker.receive(kSomething);
  if (frames.empty()) frames = broker.receive(kSomething);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].bytes == "whole");
  CHECK(broker.router->counters().dropped_foreign == 1);
}

TEST_CASE("a frame to a connection that is gone is dropped and counted") {
  const Listening broker;
  CHECK_FALSE(broker.router->send({"nobody", "hello"}));
  CHECK(broker.router->counters().dropped_gone == 1);
}

TEST_CASE("an address that cannot be listened on is an error that names it") {
  const Listening broker;
  const auto taken = Router::open(broker.router->endpoint(), broker.key);
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().code == Code::kUnavailable);
  CHECK(taken.error().message.find(broker.router->endpoint()) != std::string::npos);

  const auto nonsense = Router::open("here", broker.key);
  REQUIRE_FALSE(nonsense.ok());
  CHECK(nonsense.error().code == Code::kInvalid);
}

}  // namespace
}  // namespace yizhan::broker
