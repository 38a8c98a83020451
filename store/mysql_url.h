#pragma once
// What a mysql:// URL says.

#include <string>

#include "config/result.h"

namespace yizhan::store {

struct MysqlUrl {
  std::string user;
  std::string password;
  std::string host = "127.0.0.1";
  int port = 3306;
  std::string socket;  ///< path of a Unix socket; then host and port do not count
  std::string database;

  /// For messages: without the password.
  std::string shown() const;
};

/// mysql://user:password@host:port/database[?socket=/path]. User, password and path may be
/// percent-encoded. kInvalid says which part is wrong; the password is never repeated.
Result<MysqlUrl> parse_mysql_url(const std::string& url);

}  // namespace yizhan::store
