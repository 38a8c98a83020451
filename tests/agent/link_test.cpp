#include "agent/link.h"

#include <catch2/catch.hpp>

#include "tests/agent/core_world.h"

using namespace yizhan;
using namespace yizhan::agent;
using namespace std::chrono_literals;

namespace {

wire::FromBroker pong_of(const AgentWorld& world, std::uint32_t step_us) {
  wire::FromBroker pong;
  pong.mutable_pong()->set_number(world.sent.back().ping().number());
  pong.mutable_pong()->set_step_us(step_us);
  return pong;
}

std::string verdict(AgentWorld& world) {
  return world.ask("status")["verdict"]["word"];
}

}  // namespace

TEST_CASE("a connection begins with a hello and is open after the welcome") {
  AgentWorld world;
  world.options.token = "sesame";
  world.start();
  CHECK(verdict(world) == "broker unreachable");
  world.step({LinkUp{}});
  REQUIRE(world.said() == "hello");
  const wire::Hello& hello = world.sent[0].hello();
  CHECK(hello.version() == 1);
  CHECK(hello.user() == "zhang.min");
  CHECK(hello.host() == "desk");
  CHECK(hello.heartbeat_ms() == 10'000);
  CHECK(hello.token() == "sesame");
  CHECK(hello.time_zone() == "Asia/Shanghai");
  CHECK(hello.wall_us() == to_micros(world.now.wall));
  CHECK(world.ask("status")["session"] == "greeting");
  world.connect();
  CHECK(world.ask("status")["session"] == "open");
  CHECK(world.ask("status")["broker"] == "broker-1");
  CHECK(verdict(world) == "ok");
}

TEST_CASE("an open session pings at every interval and an answer is a round trip") {
  AgentWorld world;
  world.start();
  world.connect();
  world.clear();
  world.pass(9999ms);
  CHECK(world.said().empty());
  world.pass(1ms);
  REQUIRE(world.said() == "ping");
  world.now.steady += 5ms;
  world.frame(pong_of(world, 120));
  const auto status = world.ask("status");
  CHECK(status["verdict"]["round_trip_us"] == 5000);
  CHECK(status["verdict"]["broker_step_us"] == 120);
  CHECK(status["verdict"]["word"] == "ok");
}

TEST_CASE("the broker says when the next ping may come, within reason") {
  AgentWorld world;
  world.start();
  world.connect();
  const auto pinged_after = [&](std::uint32_t next_ping_us, Micros wait) {
    wire::FromBroker pong = pong_of(world, 0);
    pong.mutable_pong()->set_next_ping_us(next_ping_us);
    world.frame(pong);
    world.clear();
    world.pass(wait - 1us);
    CHECK(world.said().empty());
    world.pass(1us);
    return world.said() == "ping";
  };
  world.pass(10s);
  CHECK(pinged_after(9'931'000, 9931ms));
  CHECK(pinged_after(0, 10s));           // a broker that does not say
  CHECK(pinged_after(1, 5s));            // no broker has an agent ping without end …
  CHECK(pinged_after(UINT32_MAX, 10s));  // … or be silent for too long
  world.pass(9s);                        // a slow line
  CHECK(pinged_after(9'931'000, 1s));
}

TEST_CASE("a silent broker is given up after three intervals") {
  AgentWorld world;
  world.start();
  world.connect();
  world.clear();
  world.pass(29'999ms);
  CHECK(world.reconnects.empty());
  CHECK(verdict(world) == "slow");
  world.pass(1ms);
  REQUIRE(world.reconnects.size() == 1);
  CHECK(verdict(world) == "broker unreachable");
}

TEST_CASE("a hello without an answer is given up as well") {
  AgentWorld world;
  world.start();
  world.step({LinkUp{}});
  world.pass(31s);
  CHECK(world.reconnects.size() == 1);
}

TEST_CASE("connections are asked for with growing, bounded, jittered delays") {
  AgentWorld world;
  world.start();
  Micros longest{0};
  for (int attempt = 0; attempt < 20; ++attempt) {
    world.clear();
    world.step({LinkDown{"connection refused", false}});
    REQUIRE(world.reconnects.size() == 1);
    const Micros delay = world.reconnects[0].delay;
    if (attempt == 0) CHECK(delay <= 500ms);
    CHECK(delay >= 250ms);
    CHECK(delay <= 4s);
    longest = std::max(longest, delay);
    // The socket that is being replaced reports its end: that starts no second attempt.
    world.step({LinkDown{"closed", false}});
    CHECK(world.reconnects.size() == 1);
    world.now.steady += delay;
  }
  CHECK(longest > 2s);
  CHECK(world.ask("status")["verdict"]["why"] == "closed");
}

TEST_CASE("a machine without a network says so, until its network is back") {
  AgentWorld world;
  world.start();
  world.step({LinkDown{"no connection to tcp://10.1.2.3:8470: no route", false, true}});
  CHECK(verdict(world) == "own network down");
  CHECK(world.ask("status")["verdict"]["why"] == "no connection to tcp://10.1.2.3:8470: no route");
  CHECK(world.log.find("own network down") != std::string::npos);
  world.step({LinkDown{"no connection to tcp://10.1.2.3:8470", false, false}});
  CHECK(verdict(world) == "broker unreachable");
  world.connect();
  CHECK(verdict(world) == "ok");
  // The next loss is judged anew.
  world.step({LinkDown{"the connection broke", false, true}});
  CHECK(verdict(world) == "own network down");
  world.step({LinkUp{}});
  CHECK(verdict(world) == "broker unreachable");
}

TEST_CASE("an attempt that neither comes up nor fails is repeated") {
  AgentWorld world;
  world.start();
  world.step({LinkDown{"gone", false}});
  world.pass(30s);
  CHECK(world.reconnects.size() >= 3);
}

TEST_CASE("a broker that lost the session gets one hello, not one for each frame") {
  AgentWorld world;
  world.start();
  world.connect();
  world.clear();
  wire::FromBroker frame;
  frame.mutable_no_session();
  world.frame(frame);
  world.frame(frame);
  CHECK(world.said() == "hello");
}

TEST_CASE("a refused agent keeps its work, shows the reason and asks again") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1)));
  world.step({LinkUp{}});
  wire::FromBroker refused;
  refused.mutable_refused()->set_reason(wire::Refused::PENDING);
  refused.mutable_refused()->set_text("ask the operator");
  world.frame(refused);
  world.clear();
  const auto status = world.ask("status");
  CHECK(status["session"] == "refused");
  CHECK(status["verdict"]["word"] == "rejected");
  CHECK(status["verdict"]["why"] == "waits to be accepted by an operator: ask the operator");
  world.pass(4999ms);
  CHECK(world.said().empty());
  world.pass(5001ms);
  CHECK(world.said() == "hello");
  CHECK(world.state_of(1) == "queued");

  wire::FromBroker welcome;
  welcome.mutable_welcome();
  world.frame(welcome);
  CHECK(world.said() == "hello push");
}

TEST_CASE("a key that the handshake refuses is a verdict of its own") {
  AgentWorld world;
  world.start();
  world.step({LinkDown{"the broker's key is not the configured one", true}});
  const auto verdict = world.ask("status")["verdict"];
  CHECK(verdict["word"] == "rejected");
  CHECK(verdict["why"] == "the broker's key is not the configured one");
}

TEST_CASE("a busy broker is told from a slow line by what it says of its step") {
  AgentWorld world;
  world.start();
  world.connect();
  world.pass(10s);
  world.now.steady += 2s;
  world.frame(pong_of(world, 1'500'000));
  CHECK(verdict(world) == "broker busy");
  world.pass(8s);  // a ping every 10 s, and 2 s have gone
  world.now.steady += 2s;
  world.frame(pong_of(world, 90));
  CHECK(verdict(world) == "slow");
  world.pass(8s);
  world.frame(pong_of(world, 90));
  CHECK(verdict(world) == "ok");
}

TEST_CASE("bytes that are no frame are dropped and the session goes on") {
  AgentWorld world;
  world.start();
  world.connect();
  world.step({FrameFromBroker{"\xFF\xFF nonsense"}, FrameFromBroker{""}});
  CHECK(world.ask("status")["session"] == "open");
}

TEST_CASE("the same seed and inputs give the same words at the same times") {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    AgentWorld world;
    world.start();
    std::string said;
    for (int i = 0; i < 5; ++i) {
      world.step({LinkDown{"cable", false}});
      said += std::to_string(world.reconnects.back().delay.count()) + " ";
      world.pass(10s);
      world.connect();
      world.drop(std::to_string(i) + ".ini", task_text(id_text(i)));
    }
    for (auto& frame : world.sent) {
      if (frame.has_hello()) frame.mutable_hello()->clear_epoch();  // chance, but of the database
      said += frame.SerializeAsString();
    }
    if (run == 0) first = said;
    const bool same = said == first;
    CHECK(same);
  }
}

TEST_CASE("an idle agent writes nothing and wakes only for its heartbeat") {
  AgentWorld world;
  world.start();
  world.connect();
  const int commits = world.db.commits;
  world.clear();
  constexpr int kBeats = 6 * 50;  // before the hourly look for what retention may remove
  for (int beat = 0; beat < kBeats; ++beat) {
    world.pass(10s);
    world.frame(pong_of(world, 100));
  }
  CHECK(world.ask("status")["session"] == "open");
  CHECK(world.db.commits == commits);
  CHECK(world.steps == 2 * kBeats + 1);  // the ping, the pong; and the question above
}
