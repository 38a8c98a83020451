#include "config/nearest.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan {
namespace {

const std::vector<std::string_view> kKnown{"retention", "state_dir", "listen", "log_level"};

TEST_CASE("a typing error finds the name that was meant") {
  CHECK(nearest_name("retension", kKnown) == "retention");
  CHECK(nearest_name("lisetn", kKnown) == "listen");
  CHECK(nearest_name("statedir", kKnown) == "state_dir");
  CHECK(nearest_name("log_levels", kKnown) == "log_level");
}

TEST_CASE("another word finds nothing") {
  CHECK(nearest_name("banana", kKnown).empty());
  CHECK(nearest_name("", kKnown).empty());
  CHECK(nearest_name(std::string(100'000, 'r'), kKnown).empty());
  CHECK(nearest_name("x", {}).empty());
}

TEST_CASE("the end of an error message suggests, or lists what there is") {
  CHECK(did_you_mean("lissten", kKnown) == "; did you mean \"listen\"?");
  CHECK(did_you_mean("banana", {"red", "blue"}) == "; known are: red, blue");
  CHECK(did_you_mean("banana", std::vector<std::string_view>(21, "zebra-crossing")).empty());
}

}  // namespace
}  // namespace yizhan
