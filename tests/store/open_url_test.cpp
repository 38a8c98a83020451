#include <catch2/catch.hpp>
#include <string>

#include "store/db.h"
#include "store/mysql_url.h"
#include "tests/store/checks.h"
#include "tests/store/temp_folder.h"

namespace yizhan::store {
namespace {

TEST_CASE("a sqlite URL names a file by its absolute path") {
  TempFolder folder;
  CHECK(outcome(open_url("sqlite://" + (folder.path() / "x.db").string())) == "ok");
  CHECK(std::filesystem::exists(folder.path() / "x.db"));
  CHECK(outcome(open_url("sqlite://x.db")) == "invalid");
}

TEST_CASE("an unknown URL is refused with the forms that are known, without its password") {
  const auto opened = open_url("postgres://user:geheim@host/db");
  CHECK(outcome(opened) == "invalid");
  CHECK_THAT(opened.error().message, Catch::Contains("sqlite:///path") &&
                                         Catch::Contains("mysql://") && !Catch::Contains("geheim"));
}

TEST_CASE("a mysql URL is taken apart") {
  const MysqlUrl tcp = take(parse_mysql_url("mysql://li%40wei:p%2Fw:x@db.example:3307/yizhan"));
  CHECK(tcp.user == "li@wei");
  CHECK(tcp.password == "p/w:x");
  CHECK(tcp.host == "db.example");
  CHECK(tcp.port == 3307);
  CHECK(tcp.database == "yizhan");
  CHECK(tcp.shown() == "database yizhan at db.example:3307");
  const MysqlUrl local = take(parse_mysql_url("mysql://root@/y?socket=/run/m%20y.sock"));
  CHECK(local.socket == "/run/m y.sock");
  CHECK(local.password.empty());
  const MysqlUrl v6 = take(parse_mysql_url("mysql://u:p@[::1]:3306/y"));
  CHECK(v6.host == "::1");
  CHECK(take(parse_mysql_url("mysql://u:p@[::1]/y")).port == 3306);
}

TEST_CASE("a mysql URL with a wrong part is refused, without its password") {
  for (const char* url :
       {"mysql://u:geheim@host", "mysql://host/db", "mysql://:geheim@host/db",
        "mysql://u:geheim@host:0/db", "mysql://u:geheim@host:70000/db",
        "mysql://u:geheim@host:x/db", "mysql://u:geheim@host/", "mysql://u:geheim@host/a`b",
        "mysql://u:geheim@host/a;b", "mysql://u:geheim@/db?socket=relative",
        "mysql://u:geheim@/db?ssl=1", "mysql://u:geheim%2@host/db", "mysql://u:geheim%zz@host/db",
        "mysql://u:geheim@[::1/db", "mysql://u:geheim@/db?"}) {
    INFO(url);
    const auto parsed = parse_mysql_url(url);
    CHECK(outcome(parsed) == "invalid");
    CHECK_THAT(parsed.ok() ? "" : parsed.error().message, !Catch::Contains("geheim"));
  }
}

}  // namespace
}  // namespace yizhan::store
