#include "config/keys.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>

#include "config/files.h"
#include "tests/config/temp_folder.h"

namespace yizhan {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

TEST_CASE("a key is made once, for its owner only, and is the same ever after") {
  const TempFolder folder;
  const std::string path = folder.path() + "/agent.key";
  CHECK(load_key(path).error().code == Code::kNotFound);
  const auto made = load_or_create_key(path);
  REQUIRE(made.ok());
  CHECK(mode_of(path) == 0600);
  const auto again = load_or_create_key(path);
  REQUIRE(again.ok());
  CHECK(again->public_key == made->public_key);
  CHECK(again->secret_key == made->secret_key);
  CHECK(made->public_key.view() != made->secret_key.view());
}

TEST_CASE("the public key is the one that libzmq computes") {
  // From the ZeroMQ documentation of zmq_curve_keypair(3): the pair used in its test suites.
  const TempFolder folder;
  const std::string path = folder.path() + "/test.key";
  REQUIRE(write_file_atomic(path, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\n", 0600).ok());
  const auto key = load_key(path);
  REQUIRE(key.ok());
  CHECK(to_z85(key->public_key.view()) == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
}

TEST_CASE("a key that others could read is refused, with the command that repairs it") {
  const TempFolder folder;
  const std::string path = folder.path() + "/agent.key";
  REQUIRE(load_or_create_key(path).ok());
  for (const mode_t mode : {0640U, 0604U, 0644U, 0660U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    const auto key = load_or_create_key(path);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == Code::kDenied);
    CHECK(key.error().message.find("chmod 600 " + path) != std::string::npos);
  }
}

TEST_CASE("a damaged key file is told and never replaced") {
  const TempFolder folder;
  const std::string path = folder.path() + "/agent.key";
  for (const char* content :
       {"", "\n", "short\n", "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs.x\n"}) {
    REQUIRE(write_file_atomic(path, content, 0600).ok());
    const auto key = load_or_create_key(path);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == Code::kCorrupt);
    CHECK(*read_file(path, 100) == content);
  }
}

TEST_CASE("a public key file is for everybody, and is read back") {
  const TempFolder folder;
  const std::string path = folder.path() + "/broker.pub";
  const auto key = load_or_create_key(folder.path() + "/broker.key");
  REQUIRE(key.ok());
  REQUIRE(write_public_key(path, key->public_key).ok());
  CHECK(mode_of(path) == 0644);
  CHECK(*read_public_key(path) == key->public_key);
  CHECK(*read_file(path, 100) == to_z85(key->public_key.view()) + "\n");
  CHECK(read_public_key(folder.path() + "/none").error().code == Code::kNotFound);
  CHECK(read_public_key(folder.path()).error().code == Code::kInvalid);
}

}  // namespace
}  // namespace yizhan
