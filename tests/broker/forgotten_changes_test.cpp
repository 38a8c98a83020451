// What a server that was restored from a backup takes back, and from whom.

#include "broker/seen_proof.h"
#include "tests/broker/world.h"
#include "wire/history.h"

namespace yizhan::broker {
namespace {

constexpr const char* kSlice = "C/P/en-US/zh-CN";
const LinkKey kKey{};  // of World's brokers

/// An agent that may write kSlice and has said SyncHello; what the server answered.
wire::SyncState synchronising(World& world, const TestAgent& agent) {
  world.told("slices.allow", {{"path", "C"}, {"who", "user:li"}, {"access", "write"}});
  world.heard(agent);
  wire::FromAgent frame;
  frame.mutable_sync_hello()->set_database(std::string(16, 'd'));
  frame.mutable_sync_hello()->set_number(1);
  world.say(agent, frame);
  const auto heard = world.heard(agent);
  REQUIRE(heard.size() == 1);
  REQUIRE(heard[0].has_sync_state());
  return heard[0].sync_state();
}

wire::FromAgent push_of(const wire::Record& record, const wire::Seen* lost) {
  static int pushes = 0;
  wire::FromAgent frame;
  wire::SyncPush* push = frame.mutable_sync_push();
  std::string id(16, 'p');
  id[0] = static_cast<char>(++pushes);
  push->set_id(id);
  push->set_slice(kSlice);
  push->set_number(static_cast<std::uint64_t>(pushes));
  *push->add_changes()->mutable_record() = record;
  if (lost != nullptr) *push->mutable_lost() = *lost;
  return frame;
}

wire::FromAgent pull_of(std::uint64_t after) {
  wire::FromAgent frame;
  frame.mutable_sync_pull()->set_slice(kSlice);
  frame.mutable_sync_pull()->set_after(after);
  return frame;
}

wire::SyncResult push(World& world, const TestAgent& agent, const wire::Record& record,
                      const wire::Seen* lost) {
  world.say(agent, push_of(record, lost));
  for (const wire::FromBroker& heard : world.heard(agent)) {
    if (heard.has_sync_result()) return heard.sync_result();
  }
  FAIL("no answer");
  return {};
}

wire::Record pump() {
  wire::Record unit = wire::make_record(wire::UNIT);
  wire::set_value(&unit, wire::unit::kSourceLang, "en-US");
  wire::set_value(&unit, wire::unit::kTargetLang, "zh-CN");
  wire::set_value(&unit, wire::unit::kSource, "Pump");
  wire::set_value(&unit, wire::unit::kTarget, "泵");
  wire::set_record_id(&unit, kSlice);
  return unit;
}

wire::Record answer_of_the_boss() {
  wire::Record record = wire::make_record(wire::ITEM);
  record.set_id(std::string(16, 'i'));
  record.set_rev(1);
  wire::set_value(&record, wire::item::kThread, "018f3a2e-9c41-7a10-8000-000000000001");
  wire::set_value(&record, wire::item::kItemKind, "reply");
  wire::set_value(&record, wire::item::kSender, "user:boss");
  wire::set_value(&record, wire::item::kText, "Pay li twice.");
  return record;
}

wire::Seen seen(const std::string& epoch, std::uint64_t seq, const std::string& proof) {
  wire::Seen made;
  made.set_epoch(epoch);
  made.set_seq(seq);
  made.set_proof(proof);
  return made;
}

}  // namespace

TEST_CASE("a proof is of one epoch, one number and one key") {
  const std::string proof = prove_seen(kKey, "epoch", 7);
  CHECK(is_seen(kKey, "epoch", 7, proof));
  CHECK_FALSE(is_seen(kKey, "epoch", 8, proof));
  CHECK_FALSE(is_seen(kKey, "epoci", 7, proof));
  CHECK_FALSE(is_seen(LinkKey{{1}}, "epoch", 7, proof));
  CHECK_FALSE(is_seen(kKey, "epoch", 7, proof.substr(1)));
  CHECK_FALSE(is_seen(kKey, "epoch", 7, ""));
}

TEST_CASE("nobody writes in another's name by saying that the server has forgotten it") {
  World world;
  const TestAgent li = world.connected("li", 1);
  const wire::SyncState state = synchronising(world, li);
  const wire::SyncResult stored = push(world, li, pump(), nullptr);
  REQUIRE(stored.results(0).outcome() == wire::APPLIED);
  const std::uint64_t known = stored.results(0).seq();

  const auto outcome = [&](const wire::Seen* lost) {
    return push(world, li, answer_of_the_boss(), lost).results(0).outcome();
  };
  CHECK(outcome(nullptr) == wire::REFUSED);
  const wire::Seen unproven = seen("another epoch   ", 100, std::string(16, 'x'));
  CHECK(outcome(&unproven) == wire::REFUSED);
  // What the server has said, and knows.
  const wire::Seen told = seen(state.epoch(), state.agreed_seq(), state.proof());
  CHECK(outcome(&told) == wire::REFUSED);
  REQUIRE(is_seen(kKey, state.epoch(), known, stored.proof()));
  const wire::Seen of_push = seen(state.epoch(), known, stored.proof());
  CHECK(outcome(&of_push) == wire::REFUSED);
  // A proof of less, with a larger number.
  const wire::Seen more = seen(state.epoch(), known + 100, stored.proof());
  CHECK(outcome(&more) == wire::REFUSED);
  // What the server said before it was restored.
  const wire::Seen forgotten =
      seen("another epoch   ", 100, prove_seen(kKey, "another epoch   ", 100));
  CHECK(outcome(&forgotten) == wire::APPLIED);
}

TEST_CASE("a page proves what it brings, and no number that the asker made up") {
  World world;
  const TestAgent li = world.connected("li", 1);
  const wire::SyncState state = synchronising(world, li);
  world.say(li, {push_of(pump(), nullptr), pull_of(0)});  // in one step
  const auto heard = world.heard(li);
  REQUIRE(heard.size() >= 2);
  const auto is_page = [](const wire::FromBroker& frame) { return frame.has_sync_page(); };
  const auto page = std::find_if(heard.begin(), heard.end(), is_page);
  REQUIRE(page != heard.end());
  REQUIRE(page->sync_page().to() > 0);
  CHECK(is_seen(kKey, state.epoch(), page->sync_page().to(), page->sync_page().proof()));

  world.say(li, pull_of(1'000'000));
  const auto answer = world.heard(li);
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].sync_page().to() == 1'000'000);
  CHECK(answer[0].sync_page().proof().empty());
}

}  // namespace yizhan::broker
