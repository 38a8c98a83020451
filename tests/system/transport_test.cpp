// The agent's link against the broker's router: real sockets on loopback, no core.

#include <sched.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>
#include <zmq.hpp>

#include "agent/broker_link_zmq.h"
#include "agent/route_linux.h"
#include "broker/router_zmq.h"
#include "config/clock.h"
#include "config/keys.h"
#include "wire/limits.h"

namespace yizhan {
namespace {

using std::chrono::milliseconds;

KeyPair make_key() {
  char public_text[41];
  char secret_text[41];
  REQUIRE(zmq_curve_keypair(public_text, secret_text) == 0);
  return {*public_key_from_z85(public_text),
          *SecretKey::from(public_key_from_z85(secret_text)->view())};
}

std::unique_ptr<broker::Router> make_router(const std::string& address, const KeyPair& key) {
  auto router = broker::Router::open(address, key);
  INFO((router.ok() ? "" : router.error().message));
  REQUIRE(router.ok());
  return std::move(router).value();
}

struct Link {
  zmq::context_t context{1};
  KeyPair own = make_key();
  std::unique_ptr<agent::BrokerLink> link;

  Link(std::vector<std::string> brokers, const PublicKey& broker_key) {
    auto opened = agent::BrokerLink::open(context, {std::move(brokers), broker_key, own});
    REQUIRE(opened.ok());
    link = std::move(opened).value();
  }

  /// What the link tells until it tells a T, or `patience` is over.
  template <class T>
  std::vector<agent::Input> until(milliseconds patience = milliseconds{8'000}) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::vector<agent::Input> all;
    while (std::chrono::steady_clock::now() < deadline) {
      std::vector<agent::Input> some;
      link->receive(some, 100, wire::kMaxFrameBytes, read_clock());
      bool found = false;
      for (agent::Input& input : some) {
        found = found || std::holds_alternative<T>(input);
        all.push_back(std::move(input));
      }
      if (found) return all;
      wait();
    }
    return all;
  }

  void wait() const {
    std::vector<zmq::pollitem_t> items;
    if (link->frames() != nullptr) {
      items = {{link->frames(), 0, ZMQ_POLLIN, 0}, {link->events(), 0, ZMQ_POLLIN, 0}};
    }
    zmq_poll(items.data(), static_cast<int>(items.size()), 20);
  }
};

template <class T>
const T* find(const std::vector<agent::Input>& inputs) {
  for (const agent::Input& input : inputs) {
    if (const T* found = std::get_if<T>(&input)) return found;
  }
  return nullptr;
}

broker::FrameIn receive(broker::Router& router) {
  std::vector<zmq::pollitem_t> items = {{router.handle(), 0, ZMQ_POLLIN, 0}};
  zmq::poll(items, milliseconds{5'000});
  std::vector<broker::Input> inputs;
  router.receive(inputs, 100, wire::kMaxFrameBytes);
  REQUIRE(inputs.size() == 1);
  return std::get<broker::FrameIn>(inputs.front());
}

TEST_CASE("frames go both ways once the link is up") {
  const KeyPair key = make_key();
  const auto router = make_router("tcp://127.0.0.1:*", key);
  Link agent({router->endpoint()}, key.public_key);
  REQUIRE(find<agent::LinkUp>(agent.until<agent::LinkUp>()) != nullptr);

  agent.link->send("hello");
  const broker::FrameIn frame = receive(*router);
  CHECK(frame.bytes == "hello");
  CHECK(frame.key == agent.own.public_key);
  REQUIRE(router->send({frame.peer, "welcome"}));
  const auto inputs = agent.until<agent::FrameFromBroker>();
  REQUIRE(find<agent::FrameFromBroker>(inputs) != nullptr);
  CHECK(find<agent::FrameFromBroker>(inputs)->bytes == "welcome");
}

TEST_CASE("a broker with another key than the pinned one is told as a refused handshake") {
  const auto router = make_router("tcp://127.0.0.1:*", make_key());
  Link agent({router->endpoint()}, make_key().public_key);
  const auto inputs = agent.until<agent::LinkDown>();
  REQUIRE(find<agent::LinkDown>(inputs) != nullptr);
  CHECK(find<agent::LinkDown>(inputs)->handshake_refused);
  CHECK(find<agent::LinkUp>(inputs) == nullptr);
}

TEST_CASE("a broker that comes back is found again by itself") {
  const KeyPair key = make_key();
  auto router = make_router("tcp://127.0.0.1:*", key);
  const std::string address = router->endpoint();
  Link agent({address}, key.public_key);
  REQUIRE(find<agent::LinkUp>(agent.until<agent::LinkUp>()) != nullptr);

  router.reset();
  REQUIRE(find<agent::LinkDown>(agent.until<agent::LinkDown>()) != nullptr);
  router = make_router(address, key);
  REQUIRE(find<agent::LinkUp>(agent.until<agent::LinkUp>()) != nullptr);
  agent.link->send("again");
  CHECK(receive(*router).bytes == "again");
}

TEST_CASE("a link may be lost at any moment and often, and is always made again") {
  // libzmq tells of a lost connection, and of trying again, while we close the socket. If nobody
  // could read that, its I/O thread would wait for ever, with all sockets of the context.
  constexpr int kLosses = 500;
  const KeyPair key = make_key();
  auto router = make_router("tcp://127.0.0.1:*", key);
  const std::string address = router->endpoint();
  Link agent({address}, key.public_key);
  for (int loss = 0; loss < kLosses; ++loss) {
    INFO("loss " << loss);
    REQUIRE(find<agent::LinkUp>(agent.until<agent::LinkUp>(milliseconds{5'000})) != nullptr);
    router.reset();
    // Without a pause: the link then closes its socket in the middle of libzmq's telling.
    std::vector<agent::Input> told;
    const auto deadline = std::chrono::steady_clock::now() + milliseconds{5'000};
    while (find<agent::LinkDown>(told) == nullptr && std::chrono::steady_clock::now() < deadline) {
      agent.link->receive(told, 100, wire::kMaxFrameBytes, read_clock());
    }
    REQUIRE(find<agent::LinkDown>(told) != nullptr);
    agent.link->reconnect(milliseconds{1}, read_clock());
    router = make_router(address, key);
  }
}

TEST_CASE("of several brokers the next is tried when one is away, also when the core insists") {
  // (a) The first address refuses. (b) As the real core does, each loss is answered with a wish to
  // reconnect. (c) That must not skip the second address.
  const KeyPair key = make_key();
  auto away = make_router("tcp://127.0.0.1:*", key);
  const std::string gone = away->endpoint();
  away.reset();
  const auto router = make_router("tcp://127.0.0.1:*", key);
  Link agent({gone, router->endpoint()}, key.public_key);
  REQUIRE(find<agent::LinkDown>(agent.until<agent::LinkDown>()) != nullptr);
  agent.link->reconnect(milliseconds{10}, read_clock());
  CHECK(find<agent::LinkUp>(agent.until<agent::LinkUp>(milliseconds{2'000})) != nullptr);
}

TEST_CASE("a broker's frame above the limit costs the connection, and a new one is made") {
  const KeyPair key = make_key();
  const auto router = make_router("tcp://127.0.0.1:*", key);
  Link agent({router->endpoint()}, key.public_key);
  REQUIRE(find<agent::LinkUp>(agent.until<agent::LinkUp>()) != nullptr);
  agent.link->send("hello");
  const broker::FrameIn frame = receive(*router);
  REQUIRE(router->send({frame.peer, std::string(wire::kMaxFrameBytes + 1, 'x')}));
  const auto inputs = agent.until<agent::LinkDown>();
  CHECK(find<agent::FrameFromBroker>(inputs) == nullptr);
  REQUIRE(find<agent::LinkDown>(inputs) != nullptr);
  CHECK(find<agent::LinkUp>(agent.until<agent::LinkUp>()) != nullptr);
}

/// Runs `test` on a thread of its own in a network namespace without any interface that is up.
/// False if this process may not make one.
bool without_network(const std::function<void()>& test) {
  bool made = false;
  std::thread([&] {
    made = unshare(CLONE_NEWNET) == 0;
    if (made) test();
  }).join();
  return made;
}

TEST_CASE("a machine without a network is told from a broker that is away") {
  const KeyPair key = make_key();
  std::vector<agent::Input> inputs;
  std::optional<std::string> by_name;
  std::optional<std::string> itself;
  const bool made = without_network([&] {
    Link agent({"tcp://10.1.2.3:8470"}, key.public_key);
    inputs = agent.until<agent::LinkDown>();
    by_name = agent::why_no_route("tcp://broker.example.com:8470");
    itself = agent::why_no_route("tcp://localhost:8470");
  });
  if (!made) {
    WARN("not tested: making a network namespace needs root");
    return;
  }
  REQUIRE(find<agent::LinkDown>(inputs) != nullptr);
  CHECK(find<agent::LinkDown>(inputs)->no_network);
  CHECK(find<agent::LinkDown>(inputs)->reason ==
        "no connection to tcp://10.1.2.3:8470: no route to 10.1.2.3 (Network is unreachable)");
  CHECK(by_name == "no network interface is up and has an address");
  CHECK_FALSE(itself);
}

TEST_CASE("an interface without a carrier is no network, but for what is on this machine") {
  bool cables = false;
  std::optional<std::string> unplugged;
  std::optional<std::string> own_address;
  std::optional<std::string> plugged = "not asked";
  without_network([&] {
    cables = std::system(
                 "ip link add yz0 type veth peer name yz1 && ip addr add 10.1.2.1/24 dev yz0 && "
                 "ip link set yz0 up") == 0;
    unplugged = agent::why_no_route("tcp://10.1.2.3:8470");
    own_address = agent::why_no_route("tcp://10.1.2.1:8470");
    if (cables) cables = std::system("ip link set yz1 up") == 0;
    plugged = agent::why_no_route("tcp://10.1.2.3:8470");
  });
  if (!cables) {
    WARN("not tested: making a network namespace with a cable needs root and iproute2");
    return;
  }
  CHECK(unplugged == "yz0 has no carrier");
  CHECK_FALSE(own_address);
  CHECK_FALSE(plugged);
}

TEST_CASE("a broker on this machine that is away is not the network's fault") {
  const KeyPair key = make_key();
  auto router = make_router("tcp://127.0.0.1:*", key);
  const std::string address = router->endpoint();
  router.reset();
  Link agent({address}, key.public_key);
  const auto inputs = agent.until<agent::LinkDown>();
  REQUIRE(find<agent::LinkDown>(inputs) != nullptr);
  CHECK_FALSE(find<agent::LinkDown>(inputs)->no_network);
  CHECK_FALSE(agent::why_no_route("tcp://[::1]:8470"));
}

TEST_CASE("what is sent while there is no connection is dropped, not kept for the next") {
  const KeyPair key = make_key();
  auto router = make_router("tcp://127.0.0.1:*", key);
  const std::string address = router->endpoint();
  router.reset();
  Link agent({address}, key.public_key);
  agent.link->send("too early");
  router = make_router(address, key);
  REQUIRE(find<agent::LinkUp>(agent.until<agent::LinkUp>()) != nullptr);
  agent.link->send("in time");
  CHECK(receive(*router).bytes == "in time");
}

}  // namespace
}  // namespace yizhan
