#include "config/options.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan {
namespace {

TEST_CASE("a configuration file is for the daemon whose section it has") {
  CHECK(*config_kind("a.ini", sample_agent_ini()) == ConfigKind::kAgent);
  CHECK(*config_kind("b.ini", sample_broker_ini()) == ConfigKind::kBroker);
  CHECK(*config_kind("a.ini", "[watch x]\npath = /x\n[Agent]\n") == ConfigKind::kAgent);
}

TEST_CASE("a file for both daemons, for none, or that is no INI, is refused") {
  const auto text = GENERATE("", "[agent]\n[broker]\n", "[store]\n", "agent", "[agent x]\n");
  const auto kind = config_kind("c.ini", text);
  INFO(text);
  REQUIRE_FALSE(kind.ok());
  CHECK_THAT(kind.error().message, Catch::StartsWith("c.ini:"));
}

TEST_CASE("the encoding of a configuration is not guessed at") {
  const auto kind = config_kind("c.ini", "[agent]\nuser = \xd2\xeb\n");
  REQUIRE_FALSE(kind.ok());
  CHECK_THAT(kind.error().message, Catch::Contains("save the file as UTF-8"));
}

}  // namespace
}  // namespace yizhan
