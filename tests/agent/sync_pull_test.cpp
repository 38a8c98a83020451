// How pages are fetched: the next are asked for before the last are written.

#include <catch2/catch.hpp>
#include <variant>

#include "tests/agent/project_world.h"
#include "wire/codec.h"
#include "wire/history.h"

namespace yizhan::agent {
namespace {

constexpr std::uint64_t kPages = 16;  // that may wait to be written
constexpr std::uint64_t kHead = 1000;

wire::Record unit(std::uint64_t number) {
  wire::Record record = wire::make_record(wire::UNIT);
  wire::set_value(&record, wire::unit::kSource, "Unit " + std::to_string(number));
  wire::set_value(&record, wire::unit::kTarget, "单元");
  wire::set_record_id(&record, kSlice);
  record.set_rev(1);
  record.set_seq(number);
  return record;
}

/// The page with the one record after `after`; the last of those that were asked for.
Input page(std::uint64_t after, bool last = true, std::uint64_t head = kHead,
           const std::string& slice = kSlice) {
  wire::FromBroker frame;
  wire::SyncPage& page = *frame.mutable_sync_page();
  page.set_slice(slice);
  page.set_after(after);
  page.set_to(after + 1);
  page.set_head(head);
  page.set_last(last);
  *page.add_records() = unit(after + 1);
  return FrameFromBroker{wire::encode(frame)};
}

struct PullWorld : ProjectWorld {
  PullWorld() {
    options.heartbeat_interval = 600s;  // the broker of these tests does not answer pings
    start();
    sync();
    wire::FromBroker changed;
    changed.mutable_sync_changed()->set_slice(kSlice);
    changed.mutable_sync_changed()->set_head(kHead);
    frame(changed);
    clear();
  }
  /// One step: the cursors that it asks for pages from, "3 4 ".
  std::string asks(const std::vector<Input>& inputs) {
    const auto outputs = core->step(inputs, now);
    REQUIRE(outputs.ok());
    std::string after;
    for (const Output& output : *outputs) {
      const auto* frame = std::get_if<FrameToBroker>(&output);
      if (frame == nullptr) continue;
      const auto said = wire::decode_from_agent(frame->bytes);
      REQUIRE(said.ok());
      if (said->has_sync_pull()) after += std::to_string(said->sync_pull().after()) + " ";
    }
    return after;
  }
  std::int64_t number(const std::string& sql) {
    store::Statement* select = *db.prepare(sql);
    REQUIRE(*select->step());
    const std::int64_t value = select->column_int(0);
    select->reset();
    return value;
  }
  std::int64_t cursor() { return number("SELECT MAX(after_seq) FROM slice"); }
  std::int64_t units() { return number("SELECT COUNT(*) FROM unit"); }
};

TEST_CASE(
    "the next pages are asked for in the step that the last come in, and written in the next") {
  PullWorld world;
  CHECK(world.asks({page(0, false), page(1, true)}) == "2 ");
  CHECK(world.cursor() == 0);
  CHECK(world.core->has_more());
  CHECK(world.asks({}) == "");
  CHECK(world.cursor() == 2);
  CHECK(world.units() == 2);
  CHECK_FALSE(world.core->has_more());
  CHECK(world.asks({page(2, true, 3)}) == "");  // that is all, and written at once
  CHECK(world.cursor() == 3);
  CHECK(world.units() == 3);
}

TEST_CASE("no more pages are asked for while as many wait as may") {
  PullWorld world;
  std::vector<Input> pages;
  std::string asked;
  for (std::uint64_t i = 0; i < kPages; ++i) {
    pages.push_back(page(i));
    if (i + 1 < kPages) asked += std::to_string(i + 1) + " ";
  }
  CHECK(world.asks(pages) == asked);
  CHECK(world.asks({}) == "");
  CHECK(world.cursor() == static_cast<std::int64_t>(kPages / 2));  // no more in one step
  CHECK(world.asks({}) == std::to_string(kPages) + " ");           // written, so there is room
  CHECK(world.cursor() == static_cast<std::int64_t>(kPages));
}

TEST_CASE("what a small slice lacks is written before the pages of a memory that wait") {
  PullWorld world;
  const std::string threads = "HL-GEAR/PRJ-1/threads";
  wire::FromBroker state;
  for (const std::string& name : {kSlice, threads}) {
    auto* slice = state.mutable_sync_state()->add_slices();
    slice->set_name(name);
    slice->set_access(wire::SyncState::WRITE);
    slice->set_head(name == kSlice ? kHead : 1);
  }
  world.frame(state);
  std::vector<Input> inputs;
  for (std::uint64_t i = 0; i < kPages / 2; ++i) inputs.push_back(page(i));
  inputs.push_back(page(0, true, 1, threads));
  world.asks(inputs);
  CHECK(world.number("SELECT after_seq FROM slice WHERE name LIKE '%threads'") == 1);
  CHECK(world.number("SELECT after_seq FROM slice WHERE name LIKE '%zh-CN'") == 0);
}

TEST_CASE("news that come while the last page waits to be written are fetched") {
  PullWorld world;
  wire::FromBroker changed;
  changed.mutable_sync_changed()->set_slice(kSlice);
  changed.mutable_sync_changed()->set_head(3);
  CHECK(world.asks({page(0, false, 2), page(1, true, 2), FrameFromBroker{wire::encode(changed)}}) ==
        "");
  CHECK(world.asks({}) == "2 ");
  CHECK(world.cursor() == 2);
}

TEST_CASE("a page that comes twice, or out of its turn, changes nothing") {
  PullWorld world;
  CHECK(world.asks({page(0, false), page(0, false), page(5, true), page(1, true)}) == "2 ");
  world.asks({page(1, true)});
  world.asks({});
  CHECK(world.cursor() == 2);
  CHECK(world.units() == 2);
}

TEST_CASE("pages that were lost are asked for again, from where the rows end") {
  PullWorld world;
  CHECK(world.asks({page(0, false)}) == "");
  world.asks({});
  CHECK(world.cursor() == 1);
  world.now.steady += 29s;
  CHECK(world.asks({}) == "");
  world.now.steady += 2s;
  CHECK(world.asks({}) == "1 ");
  CHECK(world.asks({page(1)}) == "2 ");
}

TEST_CASE("pages that wait to be written when the connection is made anew are fetched again") {
  PullWorld world;
  world.asks({page(0), LinkDown{"the wire"}, LinkUp{}});
  CHECK(world.core->has_more());
  wire::FromBroker welcome;
  welcome.mutable_welcome()->set_version(1);
  welcome.mutable_welcome()->set_broker_id("broker-1");
  welcome.mutable_welcome()->set_wall_us(to_micros(world.now.wall));
  welcome.mutable_welcome()->set_history(true);
  CHECK(world.asks({FrameFromBroker{wire::encode(welcome)}}) == "");
  CHECK_FALSE(world.core->has_more());
  CHECK(world.cursor() == 0);
  wire::FromBroker state;
  state.mutable_sync_state()->set_epoch(std::string(16, 'e'));
  auto* slice = state.mutable_sync_state()->add_slices();
  slice->set_name(kSlice);
  slice->set_access(wire::SyncState::WRITE);
  slice->set_head(kHead);
  CHECK(world.asks({FrameFromBroker{wire::encode(state)}}) == "0 ");
}

TEST_CASE("a right that is lost while pages wait leaves nothing of them") {
  PullWorld world;
  wire::FromBroker refused;
  refused.mutable_sync_page()->set_slice(kSlice);
  refused.mutable_sync_page()->set_refused("no right");
  CHECK(world.asks({page(0, false), FrameFromBroker{wire::encode(refused)}}) == "");
  world.asks({});
  CHECK(world.cursor() == 0);
  CHECK(world.units() == 0);
}

}  // namespace
}  // namespace yizhan::agent
