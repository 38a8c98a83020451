#pragma once
// The SQL seam: one connection to one database, SQLite or MySQL/MariaDB. Everything above writes
// SQL that both understand; the handful of differences is in store/dialect.h. Every implementation
// passes tests/store/db_contract.h.
//
// One thread uses a Db and its statements. A statement lives as long as its Db.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config/result.h"

namespace yizhan::store {

enum class Dialect { kSqlite, kMysql };

/// A prepared statement. Bind all parameters (1-based, as `?`), then step() until no row comes.
/// Bound text and blobs are copied. Column numbers are 0-based.
class Statement {
 public:
  virtual ~Statement() = default;

  virtual void bind_int(int index, std::int64_t value) = 0;
  virtual void bind_text(int index, std::string_view value) = 0;
  virtual void bind_blob(int index, std::string_view value) = 0;
  virtual void bind_null(int index) = 0;

  /// The same without a copy where the driver can: `value` stays as it is until step() has returned
  /// false or an error.
  virtual void lend_text(int index, std::string_view value) { bind_text(index, value); }
  virtual void lend_blob(int index, std::string_view value) { bind_blob(index, value); }

  /// Runs the statement, or moves to its next row. True: a row can be read. False: it is done.
  /// After false or an error the statement is reset and its bindings are forgotten.
  /// Fails with kConflict when a unique key already holds the row, kUnavailable when the server is
  /// away or the database stays locked, kIo for disk full and I/O errors, kCorrupt for a damaged
  /// file, kInvalid for wrong SQL. After kIo or kCorrupt nothing more may be acknowledged from
  /// this Db: close it and recover from disk.
  virtual Result<bool> step() = 0;

  /// Ends reading early. Bindings are forgotten.
  virtual void reset() = 0;

  /// Values of the current row; NULL reads as 0 or "". Views live until the next step() or reset().
  virtual std::int64_t column_int(int column) = 0;
  virtual std::string_view column_text(int column) = 0;
  virtual std::string_view column_blob(int column) = 0;
  virtual bool column_is_null(int column) = 0;

  /// Binds `values` in order, runs to the end, drops any rows. Integers, text (anything convertible
  /// to string_view), Blob, nullptr, and optional ones: NULL if there is none.
  template <class... Values>
  Status run(const Values&... values) {
    int index = 0;
    (lend(++index, values), ...);
    while (true) {
      TRY_ASSIGN(const bool row, step());
      if (!row) return {};
    }
  }

  /// Binds `values` in order and steps once.
  template <class... Values>
  Result<bool> first(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return step();
  }

  struct Blob {
    std::string_view bytes;
  };

 private:
  template <class Value>
  void lend(int index, const Value& value) {
    if constexpr (std::is_same_v<Value, Blob>) {
      lend_blob(index, value.bytes);
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view> &&
                         !std::is_null_pointer_v<Value>) {
      lend_text(index, value);
    } else {
      bind(index, value);
    }
  }
  template <class Value>
  void lend(int index, const std::optional<Value>& value) {
    value ? lend(index, *value) : bind_null(index);
  }

  template <class Value>
  void bind(int index, const Value& value) {
    if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      bind_null(index);
    } else if constexpr (std::is_same_v<Value, Blob>) {
      bind_blob(index, value.bytes);
    } else if constexpr (std::is_integral_v<Value> || std::is_enum_v<Value>) {
      bind_int(index, static_cast<std::int64_t>(value));
    } else {
      bind_text(index, value);
    }
  }
};

class Db {
 public:
  virtual ~Db() = default;
  virtual Dialect dialect() const = 0;

  /// The statement for `sql`, prepared once and kept; reset before it is handed out. The same text
  /// gives the same object, so it must not be asked for again while its rows are being read.
  virtual Result<Statement*> prepare(std::string_view sql) = 0;

  /// Runs one statement without parameters (schema, pragmas).
  virtual Status execute(const std::string& sql) = 0;

  /// Transactions do not nest. commit() returning success means: on stable storage.
  /// After a failed commit nothing of the transaction is kept (kUnavailable from MySQL: the server
  /// went away with the answer; whether it is kept shows only after reconnecting). The end of a
  /// transaction ends the reading of every statement: rows that are still wanted must be copied.
  virtual Status begin() = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;

  /// How a database is used for a while. kBulk: a million rows come in; what many commits rewrite
  /// is held in memory and goes from the log to the file less often. Commits are as durable as
  /// ever. kQuiet: nobody waits, so little memory is used.
  enum class Use { kNormal, kBulk, kQuiet };
  /// Takes effect at once, also inside a transaction; best effort. Drivers may ignore it.
  virtual void use_for(Use) {}
  /// Gives back memory that only makes the next statements faster: for after a long piece of work.
  virtual void release_memory() {}

  /// Rows changed by the last INSERT, UPDATE or DELETE (for MySQL: rows affected).
  virtual std::int64_t changes() = 0;
  /// The integer key given to the last inserted row by AUTO_INCREMENT / rowid.
  virtual std::int64_t last_insert_id() = 0;
};

/// begin() in the constructor's maker, rollback() in the destructor unless commit() succeeded.
class Transaction {
 public:
  static Result<Transaction> open(Db& db) {
    TRY(db.begin());
    return Transaction(db);
  }
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (db_ != nullptr) db_->rollback();
  }
  Status commit() {
    Db* db = std::exchange(db_, nullptr);
    return db->commit();
  }

 private:
  explicit Transaction(Db& db) : db_(&db) {}
  Db* db_;
};

/// SQLite in a file, or ":memory:". WAL, synchronous=FULL, foreign keys, all read back: a database
/// that does not take these settings is refused. Creates the file (0600) and fsyncs its folder.
/// The file is locked until the Db is gone: a second opener, also the sqlite3 program, is refused
/// (kUnavailable after a second), because two writers can damage the WAL of SQLite 3.40.
///
/// The write-ahead log is checkpointed when it is `log_bytes` long and made that long, with zeros,
/// when the database is opened: a commit then overwrites, and its fdatasync need not make a new
/// file size durable too, which costs several times as much.
struct SqliteSizes {
  int page_bytes;  ///< of a new database; an existing one keeps its own
  int log_bytes;
};
/// Small pages make a lone commit cheap, large ones a commit of hundreds of messages.
inline constexpr SqliteSizes kClientSizes{4096, 4 << 20};
inline constexpr SqliteSizes kServerSizes{8192, 32 << 20};
Result<std::unique_ptr<Db>> open_sqlite(const std::string& path, SqliteSizes sizes = kClientSizes);

/// mysql://user:password@host:port/database, or mysql://user:password@/database?socket=/path.
/// Creates the database if it is missing. Refuses a server that does not flush at commit
/// (innodb_flush_log_at_trx_commit), naming the setting. Linked only where the server store is.
Result<std::unique_ptr<Db>> open_mysql(const std::string& url);

/// sqlite:///path or mysql://…; kInvalid names the forms it knows.
Result<std::unique_ptr<Db>> open_url(const std::string& url);

}  // namespace yizhan::store
