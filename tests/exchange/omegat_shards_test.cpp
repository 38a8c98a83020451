#include "exchange/omegat_shards.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

using namespace yizhan;
using namespace yizhan::exchange;

namespace {

wire::RecordId id_of(std::uint64_t number) {
  wire::RecordId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.data[i] = static_cast<unsigned char>(number * 0x9E3779B97F4A7C15u >> (8 * i));
  }
  return id;
}

/// Units by order of newest change, and the files that were written of them.
class World final : public MarkSource {
 public:
  std::map<std::uint64_t, std::uint64_t> units;   // order → number
  std::map<std::uint64_t, std::uint64_t> orders;  // number → order
  std::map<std::string, std::set<std::pair<std::uint64_t, std::uint64_t>>> files;
  ShardState state;
  ShardLimits limits;
  std::uint64_t clock = 0;
  std::uint64_t written = 0;  // units, by the last push
  std::size_t file_writes = 0;
  std::uint64_t marks_read = 0;

  void change(std::uint64_t number) {
    erase(number);
    orders[number] = ++clock;
    units[clock] = number;
  }
  void erase(std::uint64_t number) {
    const auto old = orders.find(number);
    if (old == orders.end()) return;
    units.erase(old->second);
    orders.erase(old);
  }
  void fill(std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) change(from + i);
  }

  Result<std::optional<UnitMark>> next() override {
    ++marks_read;
    if (at_ == units.rend()) return std::optional<UnitMark>();
    const UnitMark mark{at_->first, id_of(at_->second)};
    ++at_;
    return std::optional<UnitMark>(mark);
  }

  PushPlan push(bool open, bool review) {
    at_ = units.rbegin();
    marks_read = written = file_writes = 0;
    auto plan = plan_push(state, *this, open, review, limits);
    REQUIRE(plan.ok());
    for (const Shard& shard : plan->writes) {
      auto& file = files[shard.file];
      file.clear();
      for (auto unit = units.lower_bound(shard.first);
           unit != units.end() && unit->first <= shard.last; ++unit) {
        file.insert(*unit);
      }
      CHECK(file.size() == shard.units);
      written += shard.units;
      ++file_writes;
    }
    for (const std::string& name : plan->removals) CHECK(files.erase(name) == 1);
    // As the agent does it: through the store.
    const auto stored = ShardState::parse(plan->after.text());
    REQUIRE(stored.ok());
    CHECK(*stored == plan->after);
    state = *stored;
    return *plan;
  }
  void settle(bool open) {
    for (int i = 0; i < 300 && push(open, true).more; ++i) {
    }
  }
  bool holds_exactly_the_units() const {
    std::set<std::pair<std::uint64_t, std::uint64_t>> all;
    std::size_t count = 0;
    for (const auto& [name, file] : files) {
      all.insert(file.begin(), file.end());
      count += file.size();
    }
    return count == units.size() && all.size() == count &&
           std::equal(units.begin(), units.end(), all.begin(), [](const auto& a, const auto& b) {
             return a.first == b.first && a.second == b.second;
           });
  }

 private:
  std::map<std::uint64_t, std::uint64_t>::reverse_iterator at_;
};

}  // namespace

TEST_CASE("a few units go into hot.tmx only, and nothing is written twice") {
  World world;
  world.fill(1, 10);
  world.push(false, false);
  CHECK(world.files.size() == 1);
  CHECK(world.files["hot.tmx"].size() == 10);
  world.push(false, true);
  CHECK(world.file_writes == 0);
  world.change(3);
  world.push(true, false);
  CHECK(world.written == 10);
  for (std::uint64_t i = 1; i <= 10; ++i) world.erase(i);
  world.push(true, false);
  CHECK(world.files.empty());
}

TEST_CASE("a first push parts 100,000 units into files of at most 20,000") {
  World world;
  world.fill(1, 100'000);
  world.push(false, true);
  CHECK(world.holds_exactly_the_units());
  CHECK(world.files.size() == 6);
  for (const auto& [name, file] : world.files) CHECK(file.size() <= 20'000);
  CHECK(world.files["hot.tmx"].rbegin()->first == 100'000);
}

TEST_CASE("a changed old unit rewrites hot.tmx, and its cold file once OmegaT is closed") {
  World world;
  world.fill(1, 60'000);
  world.push(false, true);
  world.change(1);
  world.push(true, false);
  CHECK(world.file_writes == 1);
  CHECK(world.written <= 2'000);
  CHECK(world.marks_read <= 2'001);  // the cost is the change's, not the memory's
  world.push(true, true);
  CHECK(world.file_writes == 0);
  CHECK_FALSE(world.push(true, true).more);
  world.push(false, true);
  CHECK(world.file_writes == 1);
  CHECK(world.holds_exactly_the_units());
}

TEST_CASE("an open OmegaT gets 2,000 units at a time until it has all") {
  World world;
  world.fill(1, 5'000);
  world.push(false, true);
  world.fill(10'000, 30'000);
  int pushes = 0;
  bool more = true;
  while (more && pushes < 100) {
    more = world.push(true, false).more;
    CHECK(world.written <= 2'000);
    ++pushes;
    // Meanwhile somebody works on.
    world.change(100'000u + static_cast<std::uint64_t>(pushes % 7));
  }
  CHECK(pushes < 40);
  world.push(true, false);
  world.push(false, true);
  CHECK(world.holds_exactly_the_units());
  CHECK(world.files.size() <= 5);
}

TEST_CASE("what is too much for OmegaT is left out from the oldest end") {
  World world;
  world.limits.all = 5'000;
  world.limits.cold = 1'000;
  world.limits.hot = 100;
  world.limits.hot_kept = 50;
  world.fill(1, 20'000);
  const PushPlan plan = world.push(false, true);
  CHECK(plan.left_out > 0);
  CHECK(world.marks_read < 7'500);
  std::size_t count = 0;
  for (const auto& [name, file] : world.files) count += file.size();
  CHECK(count <= 5'000);
  CHECK(count >= 4'000);
  CHECK(world.files["hot.tmx"].rbegin()->first == 20'000);
  // New ones find their place, and the oldest file goes only now and then.
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    world.change(50'000 + i);
    if (i % 40 == 0) world.push(false, true);
  }
  world.settle(false);
  count = 0;
  for (const auto& [name, file] : world.files) count += file.size();
  CHECK(count <= 6'000);
  CHECK(world.files["hot.tmx"].rbegin()->second == 52'999);
}

TEST_CASE("whatever changes in whatever order, the closed project holds exactly the units") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&random](std::uint64_t below) { return random() % below; };
    World world;
    world.limits = {40, 20, 100, 40, 20, 100'000};
    for (int round = 0; round < 60; ++round) {
      const std::uint64_t count = pick(8) == 0 ? pick(300) : pick(10);
      for (std::uint64_t i = 0; i < count; ++i) {
        if (pick(4) == 0) {
          world.erase(pick(500));
        } else {
          world.change(pick(500));
        }
      }
      const bool open = pick(2) == 0;
      world.push(open, !open || pick(2) == 0);
      if (open) CHECK(world.written <= 40);
      for (const auto& [name, file] : world.files) CHECK(file.size() <= 100);
      if (pick(3) == 0) {
        world.settle(false);
        CHECK(world.holds_exactly_the_units());
        world.push(false, true);
        CHECK(world.file_writes == 0);
      }
    }
  }
}

TEST_CASE("a damaged list of files is refused") {
  CHECK_FALSE(ShardState::parse("").ok());
  CHECK_FALSE(ShardState::parse("complete\n").ok());
  CHECK_FALSE(ShardState::parse("complete\nhot.tmx 1 2 3\n").ok());
  CHECK_FALSE(ShardState::parse("complete\nhot.tmx 1 2 3 x\n").ok());
}

TEST_CASE("two pushes are 15 seconds apart") {
  PushPace pace;
  const Steady start = Steady(std::chrono::hours(1));
  CHECK(pace.may_push(start));
  pace.pushed(start);
  CHECK_FALSE(pace.may_push(start + std::chrono::milliseconds(14'999)));
  CHECK(pace.due() == start + std::chrono::seconds(15));
  CHECK(pace.may_push(pace.due()));
}
