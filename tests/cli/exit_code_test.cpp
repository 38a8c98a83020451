#include "cli/exit_code.h"

#include <catch2/catch.hpp>

#include "cli/client.h"

namespace yizhan::cli {
namespace {

TEST_CASE("each error code has the exit code that users were promised") {
  CHECK(exit_code_of(Code::kInvalid) == 1);
  CHECK(exit_code_of(Code::kNotFound) == 1);
  CHECK(exit_code_of(Code::kConflict) == 1);
  CHECK(exit_code_of(Code::kUnavailable) == 3);
  CHECK(exit_code_of(Code::kDenied) == 4);
}

TEST_CASE("the codes of a reply give the same, and one that nobody knows is internal") {
  CHECK(exit_code_of(std::string()) == 0);
  CHECK(exit_code_of(std::string(code_name(Code::kNotFound))) == 1);
  CHECK(exit_code_of(std::string(code_name(Code::kDenied))) == 4);
  CHECK(exit_code_of(std::string("martian")) == 70);
}

TEST_CASE("a broker that listens everywhere is reached over the loopback") {
  CHECK(address_to_reach("tcp://0.0.0.0:8470") == "tcp://127.0.0.1:8470");
  CHECK(address_to_reach("tcp://*:8470") == "tcp://127.0.0.1:8470");
  CHECK(address_to_reach("tcp://[::]:8470") == "tcp://[::1]:8470");
  CHECK(address_to_reach("tcp://10.0.0.7:8470") == "tcp://10.0.0.7:8470");
}

}  // namespace
}  // namespace yizhan::cli
