// The test of the test: with a deliberate mistake, made from outside, the checks must cry out soon.

#include <catch2/catch.hpp>
#include <cstdint>

#include "tests/sim/world.h"

namespace yizhan::sim {
namespace {

/// How many worlds it takes to find `mutant`; 0 if `most` are not enough.
std::uint64_t worlds_to_find(Mutant mutant, std::uint64_t most) {
  WorldOptions options;
  options.mutant = mutant;
  for (std::uint64_t seed = 1; seed <= most; ++seed) {
    if (!run_world(seed, options).violation.empty()) return seed;
  }
  return 0;
}

TEST_CASE("a broker that speaks before its commit is found within 100 worlds") {
  CHECK(worlds_to_find(Mutant::kSpeakBeforeCommit, 100) > 0);
}

TEST_CASE("an agent that forgets what it received is found within 20 worlds") {
  CHECK(worlds_to_find(Mutant::kForgetReceived, 20) > 0);
}

TEST_CASE("an agent that forgets what it pushed is found within 5 worlds") {
  CHECK(worlds_to_find(Mutant::kForgetPushed, 5) > 0);
}

TEST_CASE("an agent whose cursor is ahead of its rows is found within 20 worlds") {
  CHECK(worlds_to_find(Mutant::kSkipRecords, 20) > 0);
}

TEST_CASE("an agent that forgets changes of history it has pushed is found within 20 worlds") {
  CHECK(worlds_to_find(Mutant::kForgetChanges, 20) > 0);
}

}  // namespace
}  // namespace yizhan::sim
