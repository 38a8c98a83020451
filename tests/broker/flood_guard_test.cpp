// Messages of parts without end, against the broker's socket: what they make it hold has a bound.

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "broker/router_zmq.h"
#include "config/keys.h"
#include "tests/broker/router_peers.h"
#include "wire/limits.h"

namespace yizhan::broker {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::size_t kPartBytes = 64 * 1024;
constexpr std::chrono::milliseconds kOften{5};

/// Looks at every turn, whatever the memory does, and cuts early.
constexpr FloodGuard::Limits kEager = {4 * kMiB, 64 * kMiB, 0, kOften};

std::uint64_t resident_bytes() {
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Sends one message of `bytes` in parts. libzmq begins to send only when it knows the last part,
/// so "without end" is here: far more than the broker may hold. The parts share one buffer, so
/// that the memory of this process is what the broker's socket holds.
void send_in_parts(Dealer& client, std::uint64_t bytes) {
  static std::string shared(kPartBytes, 'x');
  client.socket.set(zmq::sockopt::sndhwm, 0);
  for (std::uint64_t sent = 0; sent < bytes; sent += kPartBytes) {
    zmq::message_t part(
        shared.data(), shared.size(), [](void*, void*) {}, nullptr);
    const bool last = sent + kPartBytes >= bytes;
    client.socket.send(part, last ? zmq::send_flags::none : zmq::send_flags::sndmore);
  }
}

void connect(Dealer& client, const Listening& broker) {
  client.use_curve(make_key(), broker.key.public_key);
  client.socket.connect(broker.router->endpoint());
  REQUIRE(client.saw(ZMQ_EVENT_HANDSHAKE_SUCCEEDED, kSomething));
}

void await_looks(const Listening& broker, std::uint64_t more) {
  const std::uint64_t wanted = broker.router->flood_guard().looks() + more;
  const auto deadline = std::chrono::steady_clock::now() + kSomething;
  while (broker.router->flood_guard().looks() < wanted) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(kOften);
  }
}

/// The guard counts after it has cut: the client may have seen it before.
bool was_counted(const Listening& broker) {
  const auto deadline = std::chrono::steady_clock::now() + kSomething;
  while (broker.router->flood_guard().cut() == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kOften);
  }
  return true;
}

std::vector<FrameIn> receive_all(const Listening& broker, std::size_t count) {
  std::vector<FrameIn> all;
  const auto deadline = std::chrono::steady_clock::now() + kSomething;
  while (all.size() < count && std::chrono::steady_clock::now() < deadline) {
    for (FrameIn& frame : broker.receive(kNothing)) all.push_back(std::move(frame));
  }
  return all;
}

TEST_CASE("a message without end is cut off while its memory has a bound; its neighbour goes on") {
  constexpr std::uint64_t kFlood = 1024 * kMiB;
  constexpr std::uint64_t kBound = 400 * kMiB;
  const Listening broker;
  Dealer honest;
  connect(honest, broker);
  Dealer attacker;
  connect(attacker, broker);

  const std::uint64_t before = resident_bytes();
  std::uint64_t most = before;
  bool cut = false;
  std::size_t heard = 0;
  send_in_parts(attacker, kFlood);
  const auto deadline = std::chrono::steady_clock::now() + 4 * kSomething;
  while (!cut && std::chrono::steady_clock::now() < deadline && most - before < kBound) {
    honest.send("still here");
    heard += receive_all(broker, 1).size();
    most = std::max(most, resident_bytes());
    cut = attacker.saw(ZMQ_EVENT_DISCONNECTED, kOften);
  }
  CHECK(cut);
  CHECK(was_counted(broker));
  INFO("at most " << (most - before) / kMiB << " MiB more");
  CHECK(most - before < kBound);
  CHECK(broker.router->counters().dropped_foreign == 0);

  CHECK(heard > 0);
  honest.send("and after it");
  CHECK(receive_all(broker, 1).size() == 1);
  CHECK_FALSE(honest.saw(ZMQ_EVENT_DISCONNECTED, kNothing));
}

TEST_CASE("a client whose frames the broker has no time for is not cut, however many wait") {
  constexpr std::size_t kFrames = 3 * kReceiveQueueFrames;
  FloodGuard::Limits limits = kFloodLimits;
  limits.growth = 0;
  limits.interval = kOften;
  const Listening broker(limits);
  Dealer client;
  connect(client, broker);
  // CURVE adds its nonce and authenticator to what the frame limit is checked on.
  const std::string largest(wire::kMaxFrameBytes - 64, 'x');
  for (std::size_t i = 0; i < kFrames; ++i) client.send(largest);
  // The queue fills up in this time, and is looked at often.
  CHECK_FALSE(client.saw(ZMQ_EVENT_DISCONNECTED, 5 * kNothing));
  await_looks(broker, 3);

  CHECK(receive_all(broker, kFrames).size() == kFrames);
  CHECK_FALSE(client.saw(ZMQ_EVENT_DISCONNECTED, kNothing));
  CHECK(broker.router->flood_guard().cut() == 0);
}

TEST_CASE("what encryption and framing add is not taken for held bytes, however many frames") {
  constexpr std::size_t kFrames = 40'000;  // 35 bytes and more with each: 1.4 MiB
  FloodGuard::Limits limits = kEager;
  limits.connection = kMiB / 2;
  const Listening broker(limits);
  Dealer client;
  client.socket.set(zmq::sockopt::sndhwm, 0);
  connect(client, broker);
  for (std::size_t i = 0; i < kFrames; ++i) client.send(std::string(i % 300, 'x'));
  CHECK(receive_all(broker, kFrames).size() == kFrames);
  await_looks(broker, 3);
  CHECK(broker.router->flood_guard().cut() == 0);
}

TEST_CASE("parts that are dropped are not held") {
  const Listening broker(kEager);
  Dealer client;
  connect(client, broker);
  for (int i = 0; i < 16; ++i) {
    send_in_parts(client, kMiB);
    CHECK(broker.receive(kSomething).empty());
  }
  CHECK(broker.router->counters().dropped_foreign == 16);
  await_looks(broker, 3);
  CHECK(broker.router->flood_guard().cut() == 0);
}

TEST_CASE("the bytes of an earlier connection are no credit for one that gets its descriptor") {
  const Listening broker(kEager);
  {
    Dealer talkative;
    connect(talkative, broker);
    for (int i = 0; i < 64; ++i) {
      talkative.send(std::string(wire::kMaxFrameBytes - 64, 'x'));
      REQUIRE(receive_all(broker, 1).size() == 1);
    }
  }
  await_looks(broker, 10);
  Dealer attacker;
  connect(attacker, broker);
  send_in_parts(attacker, 48 * kMiB);
  CHECK(attacker.saw(ZMQ_EVENT_DISCONNECTED, kSomething));
  CHECK(was_counted(broker));
}

TEST_CASE("many that hold a little each are too many, and those that hold most are cut") {
  FloodGuard::Limits limits = kEager;
  limits.connection = 16 * kMiB;
  limits.all = 12 * kMiB;
  const Listening broker(limits);
  Dealer small;
  connect(small, broker);
  small.send(std::string(kPartBytes, 'x'));
  Dealer first;
  connect(first, broker);
  send_in_parts(first, 8 * kMiB);
  CHECK_FALSE(first.saw(ZMQ_EVENT_DISCONNECTED, kNothing));
  CHECK(broker.router->flood_guard().cut() == 0);
  Dealer second;
  connect(second, broker);
  send_in_parts(second, 10 * kMiB);
  const bool cut =
      first.saw(ZMQ_EVENT_DISCONNECTED, kNothing) || second.saw(ZMQ_EVENT_DISCONNECTED, kSomething);
  CHECK(cut);
  CHECK(was_counted(broker));
  CHECK_FALSE(small.saw(ZMQ_EVENT_DISCONNECTED, kNothing));
}

}  // namespace
}  // namespace yizhan::broker
