#pragma once
// A new database on one MariaDB server that all tests of the process share.

#include <memory>
#include <string>

#include "store/db.h"
#include "tests/store/mariadb_server.h"

namespace yizhan::store {

struct Mariadb {
  static constexpr bool kSurvivesClosing = true;
  static constexpr bool kOneOpener = false;

  Result<std::unique_ptr<Db>> open() { return open_url(url); }

  static MariadbServer& server() {
    static MariadbServer one;
    return one;
  }
  static std::string next_name() {
    static int last = 0;
    return "test_" + std::to_string(++last);
  }

  const std::string url = server().url(next_name());
};

}  // namespace yizhan::store
