// The MySQL and MariaDB driver, on MySQL Connector/C++. A lost connection is not hidden: what was
// not committed is gone, so every call after it fails with kUnavailable until the Db is reopened.

#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/result.h"
#include "store/db.h"
#include "store/mysql_session.h"
#include "store/mysql_statement.h"
#include "store/mysql_url.h"
#include "store/text_hash.h"

namespace yizhan::store {
namespace {

constexpr int kConnectTimeoutSeconds = 5;
constexpr int kAnswerTimeoutSeconds = 60;  // a recount of a large table may take a while
constexpr std::string_view kLockWaitSeconds = "5";
constexpr int kUnknownDatabase = 1049;  // ER_BAD_DB_ERROR

class MysqlDb final : public Db {
 public:
  Status open(const MysqlUrl& url);

  Dialect dialect() const override { return Dialect::kMysql; }

  Result<Statement*> prepare(std::string_view sql) override {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) {
      found->second->reset();
      return static_cast<Statement*>(found->second.get());
    }
    if (const Error* const refusal = session_.refusal()) return *refusal;
    const std::string text(sql);
    TRY_ASSIGN(
        std::unique_ptr<sql::PreparedStatement> prepared, guarded(session_, sql, [&] {
          return std::unique_ptr<sql::PreparedStatement>(session_.handle->prepareStatement(text));
        }));
    auto statement =
        std::make_unique<MysqlStatement>(session_, text, std::move(prepared), changes_);
    Statement* const kept = statement.get();
    statements_.emplace(text, std::move(statement));
    return kept;
  }

  Status execute(const std::string& sql) override {
    if (const Error* const refusal = session_.refusal()) return *refusal;
    const auto done = guarded(session_, sql, [&] {
      const std::unique_ptr<sql::Statement> statement(session_.handle->createStatement());
      statement->execute(sql);
      return true;
    });
    if (!done.ok()) return done.error();
    return {};
  }

  Status begin() override { return execute("START TRANSACTION"); }

  Status commit() override {
    end_reading();
    const Status done = execute("COMMIT");
    if (!done.ok()) rollback();
    return done;
  }

  void rollback() override {
    end_reading();
    session_.lost_transaction.reset();
    if (session_.failure) return;  // the server rolls back when it misses us
    // A failure here is a lost connection, which the next call reports.
    (void)execute("ROLLBACK").ok();
  }

  std::int64_t changes() override { return changes_; }

  std::int64_t last_insert_id() override {
    const auto select = prepare("SELECT LAST_INSERT_ID()");
    if (!select.ok()) return 0;
    const auto row = (*select)->first();
    // 0 only if the connection was just lost; then the commit fails.
    const std::int64_t id = row.ok() && *row ? (*select)->column_int(0) : 0;
    (*select)->reset();
    return id;
  }

 private:
  Status connect(const MysqlUrl& url);
  Status use_database(const std::string& name);
  Status configure();
  Status check_durability();

  void end_reading() {
    for (auto& [sql, statement] : statements_) statement->reset();
  }

  MysqlSession session_;
  std::int64_t changes_ = 0;
  // Destroyed before the session that they belong to.
  std::unordered_map<std::string, std::unique_ptr<MysqlStatement>, TextHash, std::equal_to<>>
      statements_;
};

Status MysqlDb::connect(const MysqlUrl& url) {
  const auto connected = guarded(session_, "", [&] {
    sql::ConnectOptionsMap options;
    options["userName"] = sql::SQLString(url.user);
    options["password"] = sql::SQLString(url.password);
    if (url.socket.empty()) {
      const bool v6 = url.host.find(':') != std::string::npos;
      const std::string host = v6 ? "[" + url.host + "]" : url.host;
      options["hostName"] = sql::SQLString("tcp://" + host + ":" + std::to_string(url.port));
    } else {
      options["hostName"] = sql::SQLString("unix://" + url.socket);
    }
    options["OPT_CONNECT_TIMEOUT"] = kConnectTimeoutSeconds;
    options["OPT_READ_TIMEOUT"] = kAnswerTimeoutSeconds;
    options["OPT_WRITE_TIMEOUT"] = kAnswerTimeoutSeconds;
    options["OPT_RECONNECT"] = false;
    options["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
    // An UPDATE to the values that are there counts its rows, as in SQLite.
    options["CLIENT_FOUND_ROWS"] = true;
    session_.handle.reset(sql::mysql::get_driver_instance()->connect(options));
    return true;
  });
  if (!connected.ok()) return connected.error();
  return {};
}

Status MysqlDb::use_database(const std::string& name) {
  const std::string use = "USE `" + name + "`";
  const auto used = guarded(session_, use, [&]() -> int {
    const std::unique_ptr<sql::Statement> statement(session_.handle->createStatement());
    try {
      statement->execute(use);
    } catch (const sql::SQLException& thrown) {
      if (thrown.getErrorCode() == kUnknownDatabase) return kUnknownDatabase;
      throw;
    }
    return 0;
  });
  if (!used.ok()) return used.error();
  if (*used == 0) return {};
  TRY(execute("CREATE DATABASE IF NOT EXISTS `" + name +
              "` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
  return execute(use);
}

Status MysqlDb::configure() {
  TRY(execute("SET NAMES utf8mb4 COLLATE utf8mb4_bin"));
  TRY(
      execute("SET SESSION sql_mode ="
              " 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'"));
  // Nothing here reads a row, decides and writes without a lock or a key that says no, so the
  // weaker level loses nothing and spares the gap locks.
  TRY(execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
  TRY(execute("SET SESSION innodb_lock_wait_timeout = " + std::string(kLockWaitSeconds)));
  return execute("SET SESSION autocommit = 1");
}

Status MysqlDb::check_durability() {
  TRY_ASSIGN(Statement* const select,
             prepare("SELECT @@global.innodb_flush_log_at_trx_commit, @@global.log_bin,"
                     " @@global.sync_binlog"));
  TRY_ASSIGN(const bool row, select->first());
  const std::int64_t flush = row ? select->column_int(0) : 0;
  // With a binary log, recovery takes back what the log does not hold.
  const bool log_lags = row && select->column_int(1) != 0 && select->column_int(2) != 1;
  select->reset();
  if (flush != 1) {
    return Error{Code::kInvalid, session_.shown + ": innodb_flush_log_at_trx_commit is " +
                                     std::to_string(flush) +
                                     ", so a power cut loses what was acknowledged; set it to 1"};
  }
  if (log_lags) {
    return Error{Code::kInvalid, session_.shown +
                                     ": log_bin is on and sync_binlog is not 1, so a power cut"
                                     " loses what was acknowledged; set sync_binlog to 1"};
  }
  return {};
}

Status MysqlDb::open(const MysqlUrl& url) {
  session_.shown = url.shown();
  TRY(connect(url));
  TRY(use_database(url.database));
  TRY(configure());
  return check_durability();
}

}  // namespace

Result<std::unique_ptr<Db>> open_mysql(const std::string& url) {
  TRY_ASSIGN(const MysqlUrl parsed, parse_mysql_url(url));
  auto db = std::make_unique<MysqlDb>();
  TRY(db->open(parsed));
  return std::unique_ptr<Db>(std::move(db));
}

}  // namespace yizhan::store
