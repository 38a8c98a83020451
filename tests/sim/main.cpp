// yizhan-sim: runs worlds from the command line.
//
//   yizhan-sim --seed 7 --trace     one world, told step by step
//   yizhan-sim --seeds 1..1000      many, silent unless one breaks a promise

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include "tests/sim/world.h"

namespace {

bool parse_number(std::string_view text, std::uint64_t* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

bool parse_range(std::string_view text, std::uint64_t* first, std::uint64_t* last) {
  const std::size_t dots = text.find("..");
  return dots != std::string_view::npos && parse_number(text.substr(0, dots), first) &&
         parse_number(text.substr(dots + 2), last) && *first <= *last;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A simulated fleet from a seed", "yizhan-sim");
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::string range;
  yizhan::sim::WorldOptions options;
  auto* one = app.add_option("--seed", first, "run this world");
  app.add_option("--seeds", range, "run these worlds: A..B")->excludes(one);
  app.add_flag("--trace", options.trace, "tell what happens");
  CLI11_PARSE(app, argc, argv);
  last = first;
  if (!range.empty() && !parse_range(range, &first, &last)) {
    std::fprintf(stderr, "--seeds %s: not of the form A..B\n", range.c_str());
    return 2;
  }
  int failures = 0;
  yizhan::Micros length{};
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const yizhan::sim::Outcome outcome = yizhan::sim::run_world(seed, options);
    length += outcome.length;
    steps += outcome.steps;
    crashes += outcome.crashes;
    if (!outcome.violation.empty()) {
      ++failures;
      std::printf("SEED=%llu %s\n", static_cast<unsigned long long>(seed),
                  outcome.violation.c_str());
    } else if (first == last) {
      std::printf(
          "SEED=%llu hash=%016llx drops=%zu handlers=%zu\n", static_cast<unsigned long long>(seed),
          static_cast<unsigned long long>(outcome.hash), outcome.drops, outcome.handler_starts);
    }
  }
  std::printf(
      "%llu worlds, %lld virtual hours, %llu steps, %llu crashes, %d broke a promise\n",
      static_cast<unsigned long long>(last - first + 1),
      static_cast<long long>(std::chrono::duration_cast<std::chrono::hours>(length).count()),
      static_cast<unsigned long long>(steps), static_cast<unsigned long long>(crashes), failures);
  return failures == 0 ? 0 : 1;
}
