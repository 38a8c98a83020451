#include "store/mysql_session.h"

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "config/result.h"

namespace yizhan::store {
namespace {

constexpr std::size_t kShownSql = 80;
constexpr int kLockWaitTimeout = 1205;  // ER_LOCK_WAIT_TIMEOUT: only the statement is undone
constexpr int kDeadlock = 1213;         // ER_LOCK_DEADLOCK: the transaction is undone

/// Error numbers of the server (below 2000) and of the client library.
Code code_of(int number) {
  switch (number) {
    case 1062:  // ER_DUP_ENTRY
    case 1586:  // ER_DUP_ENTRY_WITH_KEY_NAME
      return Code::kConflict;
    case 1040:  // ER_CON_COUNT_ERROR
    case 1047:  // ER_UNKNOWN_COM_ERROR: a Galera node that is not ready
    case 1053:  // ER_SERVER_SHUTDOWN
    case 1158:  // ER_NET_READ_ERROR … ER_NET_WRITE_INTERRUPTED
    case 1159:
    case 1160:
    case 1161:
    case 1205:  // ER_LOCK_WAIT_TIMEOUT
    case 1213:  // ER_LOCK_DEADLOCK; Galera reports lost certifications so too
    case 1317:  // ER_QUERY_INTERRUPTED
    case 1927:  // ER_CONNECTION_KILLED
    case 2002:  // CR_CONNECTION_ERROR
    case 2003:  // CR_CONN_HOST_ERROR
    case 2005:  // CR_UNKNOWN_HOST
    case 2006:  // CR_SERVER_GONE_ERROR
    case 2012:  // CR_SERVER_HANDSHAKE_ERR
    case 2013:  // CR_SERVER_LOST
    case 2014:  // CR_COMMANDS_OUT_OF_SYNC
    case 2026:  // CR_SSL_CONNECTION_ERROR
    case 2055:  // CR_SERVER_LOST_EXTENDED
      return Code::kUnavailable;
    case 1044:  // ER_DBACCESS_DENIED_ERROR
    case 1045:  // ER_ACCESS_DENIED_ERROR
    case 1142:  // ER_TABLEACCESS_DENIED_ERROR
    case 1698:  // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
      return Code::kDenied;
    case 3:     // EE_WRITE
    case 1021:  // ER_DISK_FULL
    case 1026:  // ER_ERROR_ON_WRITE
    case 1030:  // ER_GET_ERRNO
    case 1114:  // ER_RECORD_FILE_FULL
      return Code::kIo;
    case 1034:  // ER_NOT_KEYFILE
    case 1194:  // ER_CRASHED_ON_USAGE
    case 1712:  // ER_INDEX_CORRUPT
      return Code::kCorrupt;
    case 1153:  // ER_NET_PACKET_TOO_LARGE
    case 2020:  // CR_NET_PACKET_TOO_LARGE
      return Code::kLimit;
    default:
      return Code::kInvalid;
  }
}

/// After these the session is of no more use: its connection is gone, or its data cannot be
/// trusted.
bool ends_session(Code code, int number) {
  if (code == Code::kIo || code == Code::kCorrupt) return true;
  return code == Code::kUnavailable && number != kLockWaitTimeout && number != kDeadlock;
}

}  // namespace

Error MysqlSession::error(const std::exception& thrown, int number, std::string_view doing) {
  std::string text = shown + ": " + thrown.what() + " (MySQL error " + std::to_string(number) + ")";
  if (!doing.empty()) text.append(" in ").append(doing.substr(0, kShownSql));
  Error error{code_of(number), std::move(text)};
  if (number == kDeadlock) lost_transaction = error;
  if (ends_session(error.code, number)) failure = error;
  return error;
}

}  // namespace yizhan::store
