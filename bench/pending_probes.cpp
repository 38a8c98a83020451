// A broker with many pending probes: how long it takes to start, what a tick costs when nothing and
// when a little is due, and how far from its due time a turn is carried out. Usage: pending_probes
// FOLDER [COUNT=1000000]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "broker/core.h"
#include "config/clock.h"
#include "rules/parse.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/probe_store.h"
#include "store/server_store.h"
#include "wire/message.pb.h"

namespace {

using namespace yizhan;
using Clock = std::chrono::steady_clock;

constexpr const char* kRules =
    "[preset wait]\nfor.kind = task\nexpect = opened\nduration = 1h\n"
    "on_expire.1 = set_flag flag=over\n";
constexpr int kSoon = 500;                 ///< probes that fall due while we look
constexpr std::int64_t kSpread = 2'000'000;  ///< … within so many microseconds

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <class Value>
Value must(Result<Value> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

/// One message that all probes are about, and the probes: most due in an hour.
void fill(store::Db& db, int count, std::int64_t now_us) {
  auto store = must(store::ServerStore::open(db));
  store::ProbeStore probes(db);
  auto transaction = must(store::Transaction::open(db));
  store::StoredMessage message;
  message.id.data.fill(7);
  message.kind = wire::TASK;
  message.state = "sent";
  message.stored_us = now_us;
  wire::Message envelope;
  envelope.set_id(std::string(message.id.view()));
  envelope.set_kind(wire::TASK);
  message.envelope = envelope.SerializeAsString();
  const store::MessageSeq seq = must(store.insert_message(message));
  for (int i = 0; i < count; ++i) {
    store::Probe probe;
    probe.message = seq;
    probe.client = i + 1;
    probe.preset = "wait";
    const bool soon = i < kSoon;
    probe.started_us = probe.last_due_us = now_us;
    probe.due_us = probe.ends_us =
        now_us + (soon ? 3'000'000 + i * kSpread / kSoon : 3'600'000'000 + i);
    probe.escalations = -1;
    probe.zone = "UTC";
    must(probes.insert_probe(probe));
  }
  must(store.flush());
  must(transaction.commit());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string folder = argv[1];
  const int count = argc > 2 ? std::atoi(argv[2]) : 1'000'000;
  std::filesystem::create_directories(folder);
  BrokerOptions options;
  options.state_dir = folder;
  const auto disk = store::make_posix_disk();
  auto start = Clock::now();
  {
    const auto db = must(store::open_sqlite(folder + "/server.db", store::kServerSizes));
    fill(*db, count, to_micros(read_clock().wall));
  }
  std::printf("%d probes stored in %.0f ms\n", count, ms_since(start));

  start = Clock::now();
  const auto db = must(store::open_sqlite(folder + "/server.db", store::kServerSizes));
  const auto core = must(broker::Core::open(options, PublicKey{}, broker::LinkKey{}, *db, *disk,
                                            {{"wait.ini", kRules}}, read_clock()));
  std::printf("start-up with them: %.1f ms (goal <= 2000)\n", ms_since(start));

  start = Clock::now();
  for (int i = 0; i < 1000; ++i) must(core->step({}, read_clock()));
  std::printf("a tick when nothing is due: %.1f us\n", ms_since(start));

  // As the loop does: sleep until the core wants to be called.
  std::vector<double> late;
  double busy = 0;
  const auto end = Clock::now() + std::chrono::microseconds(kSpread + 4'000'000);
  while (Clock::now() < end) {
    const Now now = read_clock();
    const auto began = Clock::now();
    const Micros overslept = now.steady - core->next_wakeup();
    must(core->step({}, now));
    if (overslept >= Micros{0}) {
      busy += ms_since(began);
      late.push_back(static_cast<double>(overslept.count()) / 1000 + ms_since(began));
    }
    const Micros rest = core->next_wakeup() - read_clock().steady;
    if (rest > Micros{0}) std::this_thread::sleep_for(std::min(rest, Micros{50'000}));
  }
  std::sort(late.begin(), late.end());
  if (late.empty()) return 1;
  std::printf(
      "%zu turns, each in a step of its own: p99 %.2f ms after its time (goal <= 50), "
      "%.0f us a turn with its commit\n",
      late.size(), late[late.size() * 99 / 100], busy * 1000 / static_cast<double>(late.size()));
  return 0;
}
