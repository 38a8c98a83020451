// The rules that a broker starts with, and reads again from its database.

#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using Catch::Matchers::Contains;

struct Start {
  Start() : db(std::move(store::open_sqlite(":memory:")).value()) { options.state_dir = "/state"; }
  Result<std::unique_ptr<Core>> open(const std::vector<rules::RuleFile>& files) {
    return Core::open(options, PublicKey{}, LinkKey{}, *db, disk, files,
                      Now{from_micros(1'790'000'000'000'000), Steady{}});
  }
  BrokerOptions options;
  store::VirtualDisk disk;
  std::unique_ptr<store::Db> db;
};

const rules::RuleFile kFirst = {"/etc/rules/a.ini",
                                "[data-state a]\nwhen.kind = task\ndo.1 = set_state state=x\n"};
const rules::RuleFile kSecond = {
    "/etc/rules/b.ini",
    "\xEF\xBB\xBF; two\n[data-state b]\nwhen.kind = reply\ndo.1 = set_state state=y\n"};

TEST_CASE("what is wrong in the rules of a first start is said with file and line") {
  Start start;
  const auto opened =
      start.open({kFirst, {"/etc/rules/b.ini", "; two\n[data-state b]\nwhat = x\n"}});
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == Code::kInvalid);
  CHECK_THAT(opened.error().message, Contains("/etc/rules/b.ini:3: "));
  CHECK(start.open({kFirst, kSecond}).ok());  // nothing was kept of the wrong ones
}

TEST_CASE(
    "rules that a newer program refuses are named by their files, not by the database's text") {
  Start start;
  REQUIRE(start.open({kFirst, kSecond}).ok());
  REQUIRE(start.open({}).ok());
  REQUIRE(start.db->execute("UPDATE rule_version SET rules = replace(rules, 'state=y', 'stat=y')")
              .ok());
  const auto again = start.open({kFirst});
  REQUIRE_FALSE(again.ok());
  CHECK_THAT(again.error().message, Contains("version 1") && Contains("/etc/rules/b.ini:4: "));
}

}  // namespace
}  // namespace yizhan::broker
