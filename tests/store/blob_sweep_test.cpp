#include "store/blob_sweep.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/store/checks.h"
#include "tests/store/virtual_disk.h"

namespace yizhan::store {
namespace {

using std::chrono::hours;

/// Blobs on a disk whose clock the test moves, and messages that each name one of them.
struct Swept {
  Swept() : blobs(take(Blobs::open(disk, "/blobs"))), sweep(blobs) { disk.set_clock(now); }

  Sha256 store(const std::string& bytes) {
    const Sha256 hash = sha256_of(bytes);
    take(blobs.add(hash, bytes.size(), 0, bytes));
    return hash;
  }
  void pass(Micros time) {
    now += time;
    disk.set_clock(now);
  }
  void start() { sweep.start(to_micros(now - hours(1))); }
  void bite() {
    take(sweep.work([this](bool from_start, const BlobSweep::Keep& keep) -> Result<bool> {
      if (from_start) told = 0;
      if (told == named.size()) return false;
      keep(named[told++]);
      return true;
    }));
  }
  void run() {
    start();
    for (int bites = 0; sweep.is_running(); ++bites) {
      REQUIRE(bites < 100'000);
      bite();
    }
  }

  VirtualDisk disk;
  Instant now{std::chrono::seconds(1'800'000'000)};
  Blobs blobs;
  BlobSweep sweep;
  std::vector<Sha256> named;
  std::size_t told = 0;
};

TEST_CASE("an attachment goes when it is old and no message names it") {
  Swept t;
  const Sha256 named = t.store("named");
  const Sha256 forgotten = t.store("forgotten");
  t.named = {named};
  t.pass(hours(2));
  const Sha256 young = t.store("young");
  t.run();
  CHECK(t.blobs.has(named));
  CHECK(t.blobs.has(young));
  CHECK_FALSE(t.blobs.has(forgotten));
  t.named.clear();
  t.run();
  CHECK_FALSE(t.blobs.has(named));
  CHECK(t.blobs.has(young));
}

TEST_CASE("an attachment that a message comes to need during the sweep stays") {
  // A message may be stored before any bite; whichever it is, what it names is there afterwards.
  for (int at = 0;; ++at) {
    Swept t;
    for (int i = 0; i < 3; ++i) t.named.push_back(t.store("kept " + std::to_string(i)));
    std::vector<Sha256> old;
    for (int i = 0; i < 2 * kSweepRemovals; ++i) old.push_back(t.store(std::to_string(i)));
    t.pass(hours(2));
    t.start();
    int bites = 0;
    std::optional<Sha256> needed;
    for (; t.sweep.is_running(); ++bites) {
      if (bites == at) {
        for (const Sha256& hash : old) {
          if (t.blobs.has(hash)) needed = hash;
        }
        if (needed) t.named.push_back(*needed);
      }
      t.bite();
    }
    if (bites <= at) break;
    INFO("before bite " << at << " of " << bites);
    REQUIRE(needed);
    CHECK(t.blobs.has(*needed));
  }
}

TEST_CASE("an attachment that is spared stays for this time") {
  Swept t;
  const Sha256 wanted = t.store("wanted");
  t.pass(hours(2));
  t.start();
  while (t.sweep.is_running()) {
    t.sweep.spare(wanted);
    t.bite();
  }
  CHECK(t.blobs.has(wanted));
  t.run();
  CHECK_FALSE(t.blobs.has(wanted));
}

TEST_CASE("no bite of a sweep is large, however much there is to remove") {
  Swept t;
  const std::size_t many = kSweepCandidates + 1000;
  for (std::size_t i = 0; i < many; ++i) {
    const std::string hex = to_hex(sha256_of(std::to_string(i)));
    take(t.disk.make_folder("/blobs/" + hex.substr(0, 2)));
    take(t.disk.write("/blobs/" + hex.substr(0, 2) + "/" + hex, "", false));
  }
  t.pass(hours(2));
  const auto left = [&] {
    std::size_t count = 0;
    for (const FileInfo& part : take(t.disk.list("/blobs"))) {
      count += take(t.disk.list("/blobs/" + part.name)).size();
    }
    return count;
  };
  std::uint64_t most = 0;
  t.start();
  while (t.sweep.is_running()) {
    const std::uint64_t before = t.disk.calls();
    t.bite();
    most = std::max(most, t.disk.calls() - before);
  }
  CHECK(most <= 2 * kSweepRemovals);
  // One sweep has its bound, and the next goes on behind it.
  CHECK(left() > 0);
  CHECK(left() <= many - kSweepCandidates);
  t.run();
  CHECK(left() == 0);
}

TEST_CASE("uploads that nobody goes on with are given up, others are not") {
  Swept t;
  const std::string bytes = "0123456789";
  take(t.blobs.add(sha256_of(bytes), bytes.size(), 0, bytes.substr(0, 4)));
  t.pass(hours(2));
  const std::string other = "abcdefghij";
  take(t.blobs.add(sha256_of(other), other.size(), 0, other.substr(0, 4)));
  t.run();
  CHECK(take(t.blobs.state(sha256_of(bytes))).offset == 0);
  CHECK(take(t.blobs.state(sha256_of(other))).offset == 4);
  // Whoever goes on after all begins again.
  take(t.blobs.add(sha256_of(bytes), bytes.size(), 0, bytes));
  CHECK(t.blobs.has(sha256_of(bytes)));
}

TEST_CASE("a disk that refuses ends the sweep with its reason, and the next one goes on") {
  Swept t;
  const Sha256 old = t.store("old");
  t.pass(hours(2));
  t.disk.set_fault([](std::string_view call, const std::string&) -> std::optional<Error> {
    if (call != "remove") return std::nullopt;
    return Error{Code::kDenied, "made-up: not allowed"};
  });
  t.run();
  CHECK_THAT(t.sweep.take_trouble(), Catch::Contains("not allowed"));
  CHECK(t.sweep.take_trouble().empty());
  CHECK(t.blobs.has(old));
  t.disk.set_fault(nullptr);
  t.run();
  CHECK_FALSE(t.blobs.has(old));
}

}  // namespace
}  // namespace yizhan::store
