// The SQLite driver. Exactly one connection writes a database: SQLite 3.40.1 can damage a WAL that
// two connections reset at once, so the file is locked exclusively from opening to closing, which
// also spares the shared-memory index and its locks.

#include <malloc.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/result.h"
#include "store/bigram_tokenizer.h"
#include "store/database_file.h"
#include "store/db.h"
#include "store/text_hash.h"

namespace yizhan::store {
namespace {

constexpr int kBusyTimeoutMs = 1000;   // a daemon that restarts may meet its dying predecessor
constexpr int kFrameHeaderBytes = 24;  // of a page in the log
constexpr std::size_t kShownSql = 80;

// Of the page cache, in KiB, at most; it grows with use.
constexpr int kCacheKib = 32 << 10;
// The index of a million random ids has 26 MiB of pages, and each commit of 8000 records touches
// more than half of them.
constexpr int kBulkCacheKib = 64 << 10;
constexpr int kQuietCacheKib = 4 << 10;
// The same pages come into the log again and again; a checkpoint copies each of them once.
constexpr int kBulkLogBytes = 48 << 20;
// A bulk's next commit wants again what the last freed. At other times as agent/main.cpp has it.
constexpr int kBulkTrimBytes = 32 << 20, kTrimBytes = 256 << 10;
constexpr int kBulkMapBytes = 4 << 20, kMapBytes = 128 << 10;

Code code_of(int rc) {
  switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Code::kConflict;
    default:
      break;
  }
  switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorrupt;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOLFS:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return Code::kIo;
    case SQLITE_TOOBIG:
      return Code::kLimit;
    default:
      return Code::kInvalid;
  }
}

struct CloseDb {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Handle = std::unique_ptr<sqlite3, CloseDb>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// The connection, and what it remembers of a failure: after an I/O error or damage nothing may be
/// acknowledged any more, because a repeated fsync can report success for data that is gone.
struct Connection {
  std::string path;
  Handle handle;
  std::optional<Error> failure;

  Error error(int rc, std::string_view doing) {
    const bool out_of_memory = handle == nullptr;
    std::string text = "database " + path + ": ";
    text.append(out_of_memory ? sqlite3_errstr(rc) : sqlite3_errmsg(handle.get()));
    text.append(" (SQLite code ").append(std::to_string(rc)).append(")");
    if (!doing.empty()) text.append(" in ").append(doing.substr(0, kShownSql));
    Error error{code_of(rc), std::move(text)};
    if (error.code == Code::kIo || error.code == Code::kCorrupt) failure = error;
    return error;
  }
};

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(Connection& connection, StatementHandle statement)
      : connection_(connection), statement_(std::move(statement)) {}

  void bind_int(int index, std::int64_t value) override {
    note(sqlite3_bind_int64(get(), index, value));
  }

  void bind_text(int index, std::string_view value) override {
    bind_text(index, value, SQLITE_TRANSIENT);
  }
  void bind_blob(int index, std::string_view value) override {
    bind_blob(index, value, SQLITE_TRANSIENT);
  }
  void lend_text(int index, std::string_view value) override {
    bind_text(index, value, SQLITE_STATIC);
  }
  void lend_blob(int index, std::string_view value) override {
    bind_blob(index, value, SQLITE_STATIC);
  }

  void bind_null(int index) override { note(sqlite3_bind_null(get(), index)); }

  Result<bool> step() override {
    fresh_ = false;
    if (connection_.failure) return fail(*connection_.failure);
    if (bind_result_ != SQLITE_OK) return fail(connection_.error(bind_result_, "binding a value"));
    const int rc = sqlite3_step(get());
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) return fail(connection_.error(rc, sqlite3_sql(get())));
    reset();
    return false;
  }

  void reset() override {
    if (fresh_) return;
    sqlite3_reset(get());
    sqlite3_clear_bindings(get());
    bind_result_ = SQLITE_OK;
    fresh_ = true;
  }

  std::int64_t column_int(int column) override { return sqlite3_column_int64(get(), column); }

  std::string_view column_text(int column) override { return column_blob(column); }
  std::string_view column_blob(int column) override {
    const void* data = sqlite3_column_blob(get(), column);
    const int size = sqlite3_column_bytes(get(), column);
    if (data == nullptr || size <= 0) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

  bool column_is_null(int column) override {
    return sqlite3_column_type(get(), column) == SQLITE_NULL;
  }

 private:
  sqlite3_stmt* get() const { return statement_.get(); }
  void bind_text(int index, std::string_view value, sqlite3_destructor_type copy) {
    const char* data = value.empty() ? "" : value.data();  // a null pointer would bind NULL
    note(sqlite3_bind_text64(get(), index, data, value.size(), copy, SQLITE_UTF8));
  }
  void bind_blob(int index, std::string_view value, sqlite3_destructor_type copy) {
    const char* data = value.empty() ? "" : value.data();
    note(sqlite3_bind_blob64(get(), index, data, value.size(), copy));
  }
  void note(int rc) {
    fresh_ = false;
    if (bind_result_ == SQLITE_OK) bind_result_ = rc;
  }

  Error fail(Error error) {
    reset();
    return error;
  }

  Connection& connection_;
  StatementHandle statement_;
  int bind_result_ = SQLITE_OK;
  bool fresh_ = true;  ///< neither bound nor stepped since it was reset
};

class SqliteDb final : public Db {
 public:
  SqliteDb(std::string path, SqliteSizes sizes) : sizes_(sizes) {
    connection_.path = std::move(path);
  }

  /// Opens the file, takes the lock and applies the settings.
  Status open();

  Dialect dialect() const override { return Dialect::kSqlite; }

  Result<Statement*> prepare(std::string_view sql) override {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) {
      found->second->reset();
      return static_cast<Statement*>(found->second.get());
    }
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    const int rc = sqlite3_prepare_v3(db(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, &tail);
    StatementHandle handle(raw);
    if (rc != SQLITE_OK) return connection_.error(rc, sql);
    if (handle == nullptr || tail != sql.data() + sql.size()) {
      return Error{Code::kInvalid, "not exactly one SQL statement: " + std::string(sql)};
    }
    auto statement = std::make_unique<SqliteStatement>(connection_, std::move(handle));
    Statement* const kept = statement.get();
    statements_.emplace(sql, std::move(statement));
    return kept;
  }

  Status execute(const std::string& sql) override {
    if (connection_.failure) return *connection_.failure;
    const int rc = sqlite3_exec(db(), sql.c_str(), nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return connection_.error(rc, sql);
    return {};
  }

  Status begin() override {
    TRY_ASSIGN(Statement* const statement, prepare("BEGIN IMMEDIATE"));
    return statement->run();
  }

  Status commit() override {
    end_reading();
    TRY_ASSIGN(Statement* const statement, prepare("COMMIT"));
    Status done = statement->run();
    if (!done.ok()) rollback();
    return done;
  }

  void rollback() override {
    end_reading();
    if (sqlite3_get_autocommit(db()) != 0) return;  // SQLite rolled back by itself
    // A failure leaves the transaction open in memory only; the next begin() reports it.
    sqlite3_exec(db(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  std::int64_t changes() override { return sqlite3_changes64(db()); }
  void use_for(Use use) override;
  void release_memory() override {
    sqlite3_db_release_memory(db());
#ifdef __GLIBC__
    malloc_trim(0);  // what SQLite freed is of no use to an idle process
#endif
  }
  std::int64_t last_insert_id() override { return sqlite3_last_insert_rowid(db()); }

 private:
  sqlite3* db() const { return connection_.handle.get(); }
  Status configure();
  /// What the database says to `PRAGMA name`.
  Result<std::string> ask(const std::string& name);
  /// Runs `PRAGMA name=value` and compares what the database then says with `expected`.
  Status set(const std::string& name, const std::string& value, std::string_view expected);

  /// A SELECT that was not read to its end would keep its snapshot and with it the whole WAL.
  void end_reading() {
    sqlite3_stmt* statement = nullptr;
    while ((statement = sqlite3_next_stmt(db(), statement)) != nullptr) {
      if (sqlite3_stmt_busy(statement) != 0) sqlite3_reset(statement);
    }
  }

  /// Runs after each commit. SQLite's own hook would swallow a failed fsync of the database file.
  static int checkpoint_when_due(void* self, sqlite3* db, const char* schema, int frames) {
    if (frames < static_cast<SqliteDb*>(self)->due_frames_) return SQLITE_OK;
    const int rc =
        sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY) {
      // Noted, not returned: this commit is safe in the WAL; the next begin() fails.
      static_cast<SqliteDb*>(self)->connection_.error(rc, "checkpoint");
    }
    return SQLITE_OK;
  }

  // A commit is one fdatasync of the log; a checkpoint adds two syncs and copies the pages back.
  const SqliteSizes sizes_;
  int frame_bytes_ = 0;
  int checkpoint_frames_ = 0;
  int due_frames_ = 0;  ///< the same, for what it is used for now
  Use use_ = Use::kNormal;
  Connection connection_;
  // Destroyed before the connection that they belong to.
  std::unordered_map<std::string, std::unique_ptr<SqliteStatement>, TextHash, std::equal_to<>>
      statements_;
};

Result<std::string> SqliteDb::ask(const std::string& name) {
  TRY_ASSIGN(Statement* const query, prepare("PRAGMA " + name));
  TRY_ASSIGN(const bool row, query->first());
  std::string actual(row ? query->column_text(0) : std::string_view());
  query->reset();
  return actual;
}

Status SqliteDb::set(const std::string& name, const std::string& value, std::string_view expected) {
  const std::string sql = "PRAGMA " + name + "=" + value;
  TRY(execute(sql));
  TRY_ASSIGN(const std::string actual, ask(name));
  if (actual == expected) return {};
  return Error{Code::kIo, "database " + connection_.path + ": " + sql + " was not taken, it is \"" +
                              actual + "\"; the file system may not support it"};
}

Status SqliteDb::configure() {
  const bool in_memory = connection_.path == ":memory:";
  sqlite3_extended_result_codes(db(), 1);
  sqlite3_busy_timeout(db(), kBusyTimeoutMs);
  sqlite3_db_config(db(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  TRY(set("locking_mode", "EXCLUSIVE", "exclusive"));
  TRY(execute("PRAGMA page_size=" + std::to_string(sizes_.page_bytes)));
  TRY(set("journal_mode", "WAL", in_memory ? "memory" : "wal"));
  TRY(set("synchronous", "FULL", "2"));
  TRY(set("foreign_keys", "ON", "1"));
  TRY(set("trusted_schema", "OFF", "0"));
  TRY(set("cell_size_check", "ON", "1"));
  TRY(set("mmap_size", "0", in_memory ? "" : "0"));
  TRY(set("temp_store", "MEMORY", "2"));
  TRY(set("journal_size_limit", "-1", "-1"));  // the WAL is overwritten, not cut and grown again
  const std::string cache = std::to_string(-kCacheKib);
  TRY(set("cache_size", cache, cache));
  TRY(set("secure_delete", "FAST", "2"));      // clears what was deleted where it costs no I/O
  TRY(register_bigram_tokenizer(db()));
  sqlite3_wal_hook(db(), &SqliteDb::checkpoint_when_due, this);
  // By the pages that the database has, whatever was asked for.
  TRY_ASSIGN(const std::string page_bytes, ask("page_size"));
  frame_bytes_ = std::atoi(page_bytes.c_str()) + kFrameHeaderBytes;
  checkpoint_frames_ = due_frames_ = sizes_.log_bytes / frame_bytes_;
  // Zeros are the end of the log to SQLite, and blocks to the file system that need not be allotted
  // at a commit. The lock is ours by now.
  if (!in_memory) lengthen_file(connection_.path + "-wal", sizes_.log_bytes);
  return {};
}

void SqliteDb::use_for(Use use) {
  if (use == use_ || connection_.failure) return;
  use_ = use;
  const bool bulk = use == Use::kBulk;
  const int cache = bulk ? kBulkCacheKib : use == Use::kQuiet ? kQuietCacheKib : kCacheKib;
  // A cache of another size is no less right.
  sqlite3_exec(db(), ("PRAGMA cache_size=" + std::to_string(-cache)).c_str(), nullptr, nullptr,
               nullptr);
  due_frames_ = bulk ? std::max(checkpoint_frames_, kBulkLogBytes / frame_bytes_)
                     : checkpoint_frames_;
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, bulk ? kBulkTrimBytes : kTrimBytes);
  mallopt(M_MMAP_THRESHOLD, bulk ? kBulkMapBytes : kMapBytes);
#endif
}

Status SqliteDb::open() {
  // "./" keeps SQLite from taking a name such as "file:x?mode=ro" for a URI.
  const std::string& path = connection_.path;
  const bool as_it_is = path == ":memory:" || path.starts_with('/');
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2((as_it_is ? path : "./" + path).c_str(), &raw,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.handle.reset(raw);
  if (rc != SQLITE_OK) return connection_.error(rc, "opening");
  TRY(configure());
  // Takes the exclusive lock now, so that a second opener fails here and not at its first write.
  TRY(begin());
  return commit();
}

}  // namespace

Result<std::unique_ptr<Db>> open_sqlite(const std::string& path, SqliteSizes sizes) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Error{Code::kInvalid, "a database needs a path, or \":memory:\""};
  }
  // Counting its memory takes SQLite a lock at each allotment, and nobody asks for the count. Only
  // the first call of a process, before any database, has an effect.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  if (path != ":memory:") TRY(create_database_file(path));
  auto db = std::make_unique<SqliteDb>(path, sizes);
  const Status opened = db->open();
  if (opened.ok()) return std::unique_ptr<Db>(std::move(db));
  if (opened.error().code == Code::kUnavailable) {
    return Error{Code::kUnavailable,
                 "database " + path + " is in use by another process; only one may open it"};
  }
  return opened.error();
}

}  // namespace yizhan::store
