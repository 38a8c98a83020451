#pragma once
// One session with a MySQL or MariaDB server, and where what the connector throws becomes an Error.
// Included by the driver's own files only.

#include <cppconn/connection.h>
#include <cppconn/exception.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::store {

struct MysqlSession {
  std::string shown;  ///< for messages: which database, where; without the password
  std::unique_ptr<sql::Connection> handle;
  std::optional<Error> failure;           ///< the session is of no more use
  std::optional<Error> lost_transaction;  ///< the server rolled back by itself; until rollback()

  /// The error for what was thrown while `doing`; remembers what it means for the session.
  Error error(const std::exception& thrown, int number, std::string_view doing);

  /// Why nothing may be run now, or null.
  const Error* refusal() const {
    if (failure) return &*failure;
    return lost_transaction ? &*lost_transaction : nullptr;
  }
};

/// Runs `body`; what the connector throws becomes an error.
template <class Body>
auto guarded(MysqlSession& session, std::string_view doing, Body body) -> Result<decltype(body())> {
  try {
    return body();
  } catch (const sql::SQLException& thrown) {
    return session.error(thrown, thrown.getErrorCode(), doing);
  } catch (const std::exception& thrown) {
    return session.error(thrown, 0, doing);
  }
}

}  // namespace yizhan::store
