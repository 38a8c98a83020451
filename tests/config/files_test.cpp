#include "config/files.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/config/temp_folder.h"

namespace yizhan {
namespace {

TEST_CASE("a written file is read back, and replaces the old one") {
  const TempFolder folder;
  const std::string path = folder.path() + "/file";
  REQUIRE(write_file_atomic(path, "old", 0644).ok());
  const std::string bytes = std::string("new\0bytes", 9) + std::string(100'000, 'x');
  REQUIRE(write_file_atomic(path, bytes, 0600).ok());
  const auto content = read_file(path, 200'000);
  REQUIRE(content.ok());
  CHECK(*content == bytes);
}

TEST_CASE("the mode is exact whatever the umask is") {
  const TempFolder folder;
  const std::string path = folder.path() + "/file";
  const mode_t before = umask(0077);
  const Status status = write_file_atomic(path, "x", 0644);
  umask(before);
  REQUIRE(status.ok());
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0644);
}

TEST_CASE("a write that cannot finish leaves the old file and nothing else") {
  const TempFolder folder;
  const std::string path = folder.path() + "/taken";
  std::filesystem::create_directories(path + "/inside");  // rename onto it fails
  const Status status = write_file_atomic(path, "x", 0600);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Code::kIo);
  CHECK(folder.names() == std::vector<std::string>{"taken"});
}

TEST_CASE("writing into a folder that is not there fails and names the file") {
  const TempFolder folder;
  const Status status = write_file_atomic(folder.path() + "/none/file", "x", 0600);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Code::kIo);
  CHECK_THAT(status.error().message, Catch::Contains("/none/file"));
}

TEST_CASE("a name of the greatest length can be written") {
  const TempFolder folder;
  CHECK(write_file_atomic(folder.path() + "/" + std::string(255, 'n'), "x", 0600).ok());
}

TEST_CASE("a file of exactly the limit is read, one byte more is not") {
  const TempFolder folder;
  const std::string path = folder.path() + "/file";
  REQUIRE(write_file_atomic(path, std::string(100, 'x'), 0600).ok());
  CHECK(read_file(path, 100).ok());
  const auto too_long = read_file(path, 99);
  REQUIRE_FALSE(too_long.ok());
  CHECK(too_long.error().code == Code::kLimit);
}

TEST_CASE("a file whose size is not known beforehand is bounded as well") {
  CHECK_FALSE(read_file("/proc/self/status", 10).ok());
  const auto status = read_file("/proc/self/status", 100'000);
  REQUIRE(status.ok());
  CHECK_FALSE(status->empty());
}

TEST_CASE("what is missing is not found, what is no file is refused without waiting") {
  const TempFolder folder;
  const auto missing = read_file(folder.path() + "/none", 100);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == Code::kNotFound);

  const std::string fifo = folder.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& path : {fifo, folder.path(), std::string("/dev/zero")}) {
    const auto refused = read_file(path, 100);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::kInvalid);
  }
}

}  // namespace
}  // namespace yizhan
