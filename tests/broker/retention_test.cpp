// What the broker keeps of attachments: as long as a message names them, and the time of retention.

#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using One = wire::PushResult::One;

/// Lets `time` pass and the broker do what is due then, purging and sweeping to the end.
void pass(World& world, Micros time) {
  world.advance(time);
  for (int i = 0; i < 100; ++i) {
    world.step();
    world.advance(std::chrono::seconds(1));
  }
}

TEST_CASE("an attachment is kept while a message waits for somebody, and goes after retention") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  wire::Message message = World::message("user:li", 1);
  world.attach(pm, &message, "bytes");
  REQUIRE(world.push(pm, message).outcome() == One::STORED);
  world.leave(li);
  pass(world, 2 * world.options().retention);
  CHECK(world.has_blob("bytes"));

  world.hello(li);
  world.answer(li, world.delivered(li));
  pass(world, std::chrono::hours(2));
  CHECK(world.told("ledger")["purged"] == 1);
  CHECK_FALSE(world.has_blob("bytes"));
}

TEST_CASE("an attachment that two messages name goes with the second of them") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  const auto relay = [&](int number) {
    world.hello(pm);
    world.hello(li);
    world.heard(li);
    wire::Message message = World::message("user:li", number);
    world.attach(pm, &message, "bytes");
    world.heard(pm);
    REQUIRE(world.push(pm, message).outcome() == One::STORED);
    world.answer(li, world.delivered(li));
  };
  relay(1);
  pass(world, world.options().retention / 2);
  relay(2);
  pass(world, world.options().retention / 2);
  CHECK(world.told("ledger")["purged"] == 1);
  CHECK(world.has_blob("bytes"));
  pass(world, world.options().retention / 2 + std::chrono::hours(2));
  CHECK(world.told("ledger")["purged"] == 2);
  CHECK_FALSE(world.has_blob("bytes"));
}

TEST_CASE("an attachment that an agent has just offered is not swept from under its message") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  world.connected("li", 2);
  wire::Message message = World::message("user:li", 1);
  world.attach(pm, &message, "bytes");
  world.advance(2 * world.options().retention);
  world.step();  // the sweep begins
  world.hello(pm);
  wire::FromAgent offer;
  offer.mutable_blob_offer()->set_sha256(message.attachments(0).sha256());
  offer.mutable_blob_offer()->set_size(5);
  for (int i = 0; i < 40; ++i) {
    world.advance(std::chrono::milliseconds(100));
    world.say(pm, offer);
  }
  CHECK(world.has_blob("bytes"));
  CHECK(world.push(pm, message).outcome() == One::STORED);
}

TEST_CASE("what has no message after retention is removed, in steps that the broker asks for") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  wire::Message message = World::message("user:nobody", 1);
  for (int i = 0; i < 200; ++i) world.attach(pm, &message, std::to_string(i));
  world.leave(pm);
  world.advance(2 * world.options().retention);
  int steps = 0;
  for (; world.has_blob("7") || steps < 20; ++steps) {
    REQUIRE(steps < 1000);
    world.step();
    REQUIRE(world.core().next_wakeup() > world.now().steady);
    world.advance(world.core().next_wakeup() - world.now().steady);
  }
  int left = 0;
  for (int i = 0; i < 200; ++i) left += world.has_blob(std::to_string(i)) ? 1 : 0;
  CHECK(left == 0);
}

}  // namespace
}  // namespace yizhan::broker
