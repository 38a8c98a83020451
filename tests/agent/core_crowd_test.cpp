// Many files at once, on the real disk: bounded steps, no quadratic work.

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "agent/core.h"
#include "tests/agent/core_world.h"
#include "tests/store/temp_folder.h"

using namespace yizhan;
using namespace yizhan::agent;

TEST_CASE("a crowd of files streams through in bounded steps") {
  constexpr int kFiles = 10'000;
  const store::TempFolder temp;
  AgentOptions options;
  options.state_dir = (temp.path() / "state").string();
  options.user = "zhang.min";
  options.watches.push_back({"drop", (temp.path() / "drop").string(), true, 2s});
  std::filesystem::create_directories(options.state_dir);
  std::filesystem::create_directories(options.watches[0].path);
  for (int i = 0; i < kFiles; ++i) {
    std::ofstream(options.watches[0].path + "/" + std::to_string(i) + ".ini")
        << task_text(id_text(i));
  }
  const auto disk = store::make_posix_disk();
  auto db = store::open_sqlite(options.state_dir + "/agent.db");
  REQUIRE(db.ok());
  Now now{*parse_time("2026-03-04T09:00:00Z"), Steady{} + 1000s};
  auto core = Core::open(options, Machine{}, **db, *disk, 1, now);
  REQUIRE(core.ok());

  const auto begin = std::chrono::steady_clock::now();
  int steps = 0;
  do {
    REQUIRE((*core)->step({}, now).ok());
    (*core)->tidy();
    ++steps;
  } while ((*core)->has_more());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  WARN(kFiles << " files in " << steps << " steps, " << kFiles / took.count() << " files/s");

  CHECK(steps >= kFiles / 512);
  CHECK(steps <= kFiles / 512 + 4);
  auto store = store::ClientStore::open(**db);
  REQUIRE(store.ok());
  CHECK(*store->outbox_size() == kFiles);
  std::size_t sent = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(options.watches[0].path + "/.yizhan/sent")) {
    sent += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(sent == kFiles);
  CHECK(std::filesystem::is_empty(options.watches[0].path + "/.yizhan/claimed"));
  CHECK(took.count() < 60);  // a quadratic rescan takes minutes
}
