#include "store/disk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/store/disk_contract.h"
#include "tests/store/temp_folder.h"
#include "tests/store/virtual_disk.h"

namespace yizhan::store {

namespace {

using Check = void (*)(Disk&, const std::string&);

/// Runs one part of the contract on the real and on the virtual disk.
void on_both_disks(Check check) {
  SECTION("the real disk") {
    const TempFolder folder;
    check(*make_posix_disk(), folder.path().string());
  }
  SECTION("the virtual disk") {
    VirtualDisk disk;
    take(disk.make_folder("/root"));
    check(disk, "/root");
  }
}

}  // namespace

TEST_CASE("a disk reads what was written, within the reader's limit") {
  on_both_disks(check_reading_and_writing);
}
TEST_CASE("a disk lists a folder sorted, and describes what is there") {
  on_both_disks(check_listing);
}
TEST_CASE("a disk renames and copies, and never over another file") {
  on_both_disks(check_renaming_and_copying);
}
TEST_CASE("a disk says why it cannot") {
  on_both_disks(check_refusals);
}

TEST_CASE("links, FIFOs, sockets and devices are neither followed nor waited for") {
  const TempFolder folder;
  const std::string root = folder.path().string();
  const std::string other = root + "/z";
  const auto disk = make_posix_disk();
  SECTION("a link to a file") {
    take(disk->write(root + "/target", "secret", false));
    REQUIRE(::symlink("target", other.c_str()) == 0);
  }
  SECTION("a link to a folder") {
    REQUIRE(::symlink("/etc", other.c_str()) == 0);
  }
  SECTION("a link to nowhere") {
    REQUIRE(::symlink("nowhere", other.c_str()) == 0);
  }
  SECTION("a FIFO") {
    REQUIRE(::mkfifo(other.c_str(), 0600) == 0);
  }
  SECTION("a socket") {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, other.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(fd);
  }
  check_other(*disk, root, other);
}

TEST_CASE("the virtual disk refuses links and devices as the real one does") {
  VirtualDisk disk;
  take(disk.make_folder("/root"));
  disk.put_other("/root/z");
  check_other(disk, "/root", "/root/z");
}

TEST_CASE("what we write is private, and a link in its place is replaced, not followed") {
  const TempFolder folder;
  const std::string root = folder.path().string();
  const auto disk = make_posix_disk();
  take(disk->write(root + "/target", "old", false));
  REQUIRE(::symlink("target", (root + "/result").c_str()) == 0);
  take(disk->write(root + "/result", "new", true));
  CHECK(take(disk->read(root + "/target", 9)) == "old");
  CHECK(take(disk->read(root + "/result", 9)) == "new");
  struct stat status {};
  REQUIRE(::stat((root + "/result").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  take(disk->write_at(root + "/part", 0, "x"));
  REQUIRE(::stat((root + "/part").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  take(disk->make_folder(root + "/folder"));
  REQUIRE(::stat((root + "/folder").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("a write that fails leaves the old content and no temporary file") {
  const TempFolder folder;
  const std::string root = folder.path().string();
  const auto disk = make_posix_disk();
  take(disk->make_folder(root + "/taken"));
  CHECK(outcome(disk->write(root + "/taken", "x", true)) != "ok");
  CHECK(listing(*disk, root) == "taken/ ");
  CHECK(outcome(disk->write(root + "/" + std::string(256, 'n'), "x", true)) == "invalid");
  CHECK(listing(*disk, root) == "taken/ ");
}

TEST_CASE("a file whose size is not known beforehand is read whole and within the limit") {
  const auto disk = make_posix_disk();  // files in /proc say that they have 0 bytes
  const std::string text = take(disk->read("/proc/self/status", 100'000));
  CHECK(text.find("Name:") == 0);
  CHECK(outcome(disk->read("/proc/self/status", 10)) == "limit");
}

TEST_CASE("a copy has every byte, also of a file larger than any buffer") {
  const TempFolder folder;
  const std::string root = folder.path().string();
  const auto disk = make_posix_disk();
  std::string bytes(3'000'001, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
  take(disk->write(root + "/a", bytes, false));
  take(disk->copy_durable(root + "/a", root + "/b"));
  CHECK(take(disk->digest(root + "/b")).sha256 == sha256_of(bytes));
  CHECK(listing(*disk, root) == "a:3000001 b:3000001 ");
  take(disk->copy_durable("/proc/self/cmdline", root + "/empty"));  // says it has 0 bytes
  CHECK(take(disk->info(root + "/empty")).size == 0);
}

// The story: (a) a file is written but not synced, (b) another is synced and then renamed,
// (c) a third is overwritten after its sync; then the power fails.
TEST_CASE("the virtual disk forgets at a crash exactly what was not synced") {
  VirtualDisk disk;
  take(disk.make_folder("/in"));
  take(disk.make_folder("/out"));
  take(disk.write("/in/unsynced", "1", false));
  take(disk.write("/in/moved", "2", true));
  take(disk.rename("/in/moved", "/out/moved"));
  take(disk.write_at("/in/grown", 0, "ab"));
  take(disk.sync("/in/grown"));  // syncs the names in /in, and so the rename out of it
  take(disk.write_at("/in/grown", 2, "cd"));
  disk.crash();
  CHECK(listing(disk, "/in") == "grown:2 unsynced:0 ");
  CHECK(take(disk.read("/out/moved", 9)) == "2");
}

TEST_CASE("the virtual disk undoes a rename that neither folder's sync followed") {
  VirtualDisk disk;
  take(disk.make_folder("/in"));
  take(disk.make_folder("/out"));
  take(disk.write("/in/a", "A", true));
  take(disk.rename("/in/a", "/out/a"));
  SECTION("nothing is synced") {
    disk.crash();
    CHECK(listing(disk, "/in") == "a:1 ");
    CHECK(listing(disk, "/out").empty());
  }
  SECTION("the new place is synced") {
    take(disk.sync("/out/a"));
    disk.crash();
    CHECK(listing(disk, "/in").empty());
    CHECK(listing(disk, "/out") == "a:1 ");
  }
  SECTION("a removal comes back too") {
    take(disk.sync("/out/a"));
    take(disk.remove("/out/a"));
    disk.crash();
    CHECK(listing(disk, "/out") == "a:1 ");
  }
}

TEST_CASE("a file is locked while another process holds its lock, and asking is in nobody's way") {
  const auto disk = make_posix_disk();
  char folder[] = "/tmp/yizhan-lock.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string file = std::string(folder) + "/omegat.project";
  CHECK(disk->locked(file) == false);
  std::ofstream(file) << "<omegat/>";
  CHECK(disk->locked(file) == false);
  int ready[2];
  int done[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(done) == 0);
  const pid_t child = ::fork();
  if (child == 0) {  // as OmegaT does
    const int fd = ::open(file.c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    const bool locked = ::fcntl(fd, F_SETLK, &lock) == 0;
    char byte = locked ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1 || ::read(done[0], &byte, 1) != 1) ::_exit(1);
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(byte == 'y');
  CHECK(disk->locked(file) == true);
  REQUIRE(::write(done[1], &byte, 1) == 1);
  ::waitpid(child, nullptr, 0);
  CHECK(disk->locked(file) == false);
  ::unlink(file.c_str());
  ::rmdir(folder);
}

TEST_CASE("the virtual disk fails where a test says, and changes nothing") {
  VirtualDisk disk;
  take(disk.make_folder("/in"));
  disk.set_fault([](std::string_view call, const std::string&) -> std::optional<Error> {
    if (call != "write") return std::nullopt;
    return Error{Code::kIo, "disk full"};
  });
  CHECK(outcome(disk.write("/in/a", "A", true)) == "io");
  CHECK(listing(disk, "/in").empty());
}

}  // namespace yizhan::store
