#include "store/blobs.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "tests/store/checks.h"
#include "tests/store/disk_contract.h"
#include "tests/store/temp_folder.h"
#include "tests/store/virtual_disk.h"

namespace yizhan::store {

namespace {

std::string content(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
  return bytes;
}

/// "5" while partial, "5!" when complete, or the error's name.
std::string shown(const Result<Blobs::State>& state) {
  if (!state.ok()) return code_name(state.error().code);
  return std::to_string(state->offset) + (state->complete ? "!" : "");
}

}  // namespace

TEST_CASE("a blob grows by chunks and is there when its hash is right") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/state/blobs"));
  const std::string bytes = "0123456789";
  const Sha256 hash = sha256_of(bytes);
  CHECK(shown(blobs.state(hash)) == "0");
  CHECK(shown(blobs.add(hash, 10, 0, "0123")) == "4");
  CHECK(shown(blobs.add(hash, 10, 0, "0123")) == "4");  // a repeat
  CHECK(shown(blobs.add(hash, 10, 6, "67")) == "4");    // a gap
  CHECK(shown(blobs.add(hash, 10, 2, "2345")) == "6");  // half of it is held
  CHECK_FALSE(blobs.has(hash));
  CHECK(shown(blobs.add(hash, 10, 6, "6789")) == "10!");
  CHECK(blobs.has(hash));
  CHECK(shown(blobs.add(hash, 10, 0, "0123")) == "10!");  // after the end
  CHECK(take(blobs.read(hash, 3, 4)) == "3456");
  CHECK(take(blobs.read(hash, 8, 100)) == "89");
  CHECK(listing(disk, "/state/blobs/partial").empty());
  take(blobs.remove(hash));
  CHECK(shown(blobs.state(hash)) == "0");
}

TEST_CASE("an empty attachment is a blob as well") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  CHECK(shown(blobs.add(sha256_of(""), 0, 0, "")) == "0!");
  CHECK(take(blobs.read(sha256_of(""), 0, 9)).empty());
}

TEST_CASE("bytes with another hash are thrown away and can be sent again") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  const Sha256 hash = sha256_of("good");
  CHECK(shown(blobs.add(hash, 4, 0, "go")) == "2");
  CHECK(shown(blobs.add(hash, 4, 2, "ld")) == "invalid");
  CHECK(shown(blobs.state(hash)) == "0");
  CHECK(shown(blobs.add(hash, 4, 0, "good")) == "4!");
}

TEST_CASE("a chunk past the announced size is refused, and a lie about the size is undone") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  const Sha256 hash = sha256_of("abc");
  CHECK(shown(blobs.add(hash, 3, 0, "abcd")) == "limit");
  CHECK(shown(blobs.add(hash, 3, 2, "cd")) == "limit");
  CHECK(shown(blobs.add(hash, 3, UINT64_MAX, "c")) == "limit");
  CHECK(shown(blobs.add(hash, 90, 0, "liarliar")) == "8");
  CHECK(shown(blobs.add(hash, 3, 0, "abc")) == "0");
  CHECK(shown(blobs.add(hash, 3, 0, "abc")) == "3!");
}

TEST_CASE("an upload goes on where it was after a restart") {
  VirtualDisk disk;
  const std::string bytes = content(100'000);
  const Sha256 hash = sha256_of(bytes);
  {
    Blobs blobs = take(Blobs::open(disk, "/blobs"));
    CHECK(shown(blobs.add(hash, bytes.size(), 0, bytes.substr(0, 60'000))) == "60000");
  }
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  CHECK(shown(blobs.state(hash)) == "60000");
  CHECK(shown(blobs.add(hash, bytes.size(), 60'000, bytes.substr(60'000))) == "100000!");
}

TEST_CASE("two uploads interleave") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  const Sha256 one = sha256_of("1111");
  const Sha256 two = sha256_of("2222");
  CHECK(shown(blobs.add(one, 4, 0, "11")) == "2");
  CHECK(shown(blobs.add(two, 4, 0, "22")) == "2");
  CHECK(shown(blobs.add(one, 4, 2, "11")) == "4!");
  CHECK(shown(blobs.add(two, 4, 2, "22")) == "4!");
}

TEST_CASE("more uploads than hashes are kept for still complete") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  const auto bytes_of = [](std::size_t i) { return "upload " + std::to_string(i); };
  for (std::size_t i = 0; i < kMaxRunning + 9; ++i) {
    const std::string bytes = bytes_of(i);
    REQUIRE(shown(blobs.add(sha256_of(bytes), bytes.size(), 0, bytes.substr(0, 3))) == "3");
  }
  for (std::size_t i = 0; i < kMaxRunning + 9; ++i) {
    const std::string bytes = bytes_of(i);
    REQUIRE(blobs.add(sha256_of(bytes), bytes.size(), 3, bytes.substr(3))->complete);
  }
}

// The story: an upload runs; the power fails at each single call to the disk; after the restart the
// blob is either complete and right, or can be completed.
TEST_CASE("a blob that looks complete after a power cut has all of its bytes") {
  const std::string bytes = content(5000);
  const Sha256 hash = sha256_of(bytes);
  bool finished = false;
  for (std::uint64_t cut = 1; !finished; ++cut) {
    VirtualDisk disk;
    Blobs blobs = take(Blobs::open(disk, "/blobs"));
    const std::uint64_t last = disk.calls() + cut;
    disk.set_fault([&](std::string_view, const std::string&) -> std::optional<Error> {
      if (disk.calls() <= last) return std::nullopt;
      return Error{Code::kIo, "power is off"};
    });
    (void)blobs.add(hash, bytes.size(), 0, bytes.substr(0, 3000)).ok();
    finished = blobs.add(hash, bytes.size(), 3000, bytes.substr(3000)).ok();
    disk.set_fault(nullptr);
    disk.crash();
    Blobs again = take(Blobs::open(disk, "/blobs"));
    const Blobs::State state = take(again.state(hash));
    if (finished) CHECK(state.complete);
    if (state.complete) {
      CHECK(take(again.read(hash, 0, 9999)) == bytes);
    } else {
      CHECK(take(again.add(hash, bytes.size(), state.offset,
                           bytes.substr(static_cast<std::size_t>(state.offset))))
                .complete);
    }
  }
}

TEST_CASE("a large upload is synced as it goes") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  const std::string chunk(1024 * 1024, 'c');
  const Sha256 hash = sha256_of("some other thing");
  int syncs = 0;
  disk.set_fault([&](std::string_view call, const std::string&) -> std::optional<Error> {
    if (call == "sync") ++syncs;
    return std::nullopt;
  });
  for (std::uint64_t i = 0; i < 20; ++i) {
    take(blobs.add(hash, 100 * chunk.size(), i * chunk.size(), chunk));
  }
  CHECK(syncs == 2);
}

TEST_CASE("a file is taken in under its hash, small or large, once") {
  const TempFolder folder;
  const auto disk = make_posix_disk();
  const std::string root = folder.path().string();
  Blobs blobs = take(Blobs::open(*disk, root + "/blobs"));
  for (const std::size_t size : {0u, 12u, 1024u * 1024u, 3'000'000u}) {
    const std::string bytes = content(size);
    take(disk->write(root + "/file", bytes, false));
    const Disk::Digest digest = take(blobs.take_file(root + "/file"));
    CHECK(digest.sha256 == sha256_of(bytes));
    CHECK(digest.size == size);
    CHECK(take(disk->read(blobs.path(digest.sha256), 4'000'000)) == bytes);
    const FileInfo first = take(disk->info(blobs.path(digest.sha256)));
    take(blobs.take_file(root + "/file"));
    CHECK(take(disk->info(blobs.path(digest.sha256))) == first);
  }
  CHECK(listing(*disk, root + "/blobs/partial").empty());
  CHECK(outcome(blobs.take_file(root + "/none")) == "not-found");
  CHECK(outcome(blobs.take_file(root)) == "invalid");
}

TEST_CASE("a file that changes while it is taken is refused") {
  VirtualDisk disk;
  Blobs blobs = take(Blobs::open(disk, "/blobs"));
  std::string bytes = content(2'000'000);
  take(disk.write("/blobs/file", bytes, false));
  disk.set_fault([&](std::string_view call, const std::string& path) -> std::optional<Error> {
    if (call == "copy_durable" && path == "/blobs/file") {
      take(disk.write_at("/blobs/file", 7, "changed"));
    }
    return std::nullopt;
  });
  CHECK(outcome(blobs.take_file("/blobs/file")) == "invalid");
  CHECK(listing(disk, "/blobs/partial").empty());
}

}  // namespace yizhan::store
