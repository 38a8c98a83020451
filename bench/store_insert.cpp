// How many messages a second the server store keeps, beside bare SQLite doing the least that could
// do: the same rows in two plain tables with one index, raw API, same durability, same run.
//
//   store_insert [FOLDER] [MESSAGES]      FOLDER on the disk to measure (default ".")

#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"
#include "store/row_hash.h"
#include "store/server_store.h"

namespace yizhan::store {
namespace {

constexpr std::size_t kBodyBytes = 512;
constexpr std::size_t kEnvelopeBytes = 200;

/// What a run took: the wall clock, and the processor's share, which other work does not disturb.
struct Cost {
  double messages_per_second;
  double cpu_us_per_message;
};

class Watch {
 public:
  Cost stop(int messages) const {
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - wall_;
    const double cpu = static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC;
    return {messages / wall.count(), cpu * 1e6 / messages};
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t cpu_ = std::clock();
};

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}
void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

/// UUIDv7, one every 10 µs, as a busy broker sees them.
MessageId id_of(int number) {
  std::array<unsigned char, 10> random{};
  for (std::size_t at = 0; at < 4; ++at) {
    random[at] =
        static_cast<unsigned char>((static_cast<unsigned>(number) * 2654435761U) >> (8 * at));
  }
  return make_uuid7(1'700'000'000'000 + number / 100, random);
}

StoredMessage message_of(int number) {
  StoredMessage message;
  message.id = id_of(number);
  message.sender = 1;
  message.state = "new";
  message.stored_us = number;
  message.content_hash.data.fill(static_cast<unsigned char>(number));
  message.envelope.assign(kEnvelopeBytes, 'e');
  message.body.assign(kBodyBytes, 'b');
  return message;
}

/// Messages a second through the store, as the broker's core calls it: asks for the id, stores the
/// message, queues one delivery; flush and commit for each batch.
Cost measure_store(const std::string& path, int messages, int batch) {
  const std::unique_ptr<Db> db = must(open_sqlite(path, kServerSizes));
  ServerStore store = must(ServerStore::open(*db));
  StoredMessage message = message_of(0);
  const Watch watch;
  for (int done = 0; done < messages;) {
    Transaction transaction = must(Transaction::open(*db));
    for (int at = 0; at < batch; ++at, ++done) {
      message.id = id_of(done);
      if (must(store.find_message(message.id))) std::abort();
      const MessageSeq seq = must(store.insert_message(message));
      if (!must(store.insert_delivery(seq, done % 100, done, ""))) std::abort();
    }
    must(store.flush());
    must(transaction.commit());
  }
  return watch.stop(messages);
}

class Bare {
 public:
  explicit Bare(const std::string& path) {
    check(sqlite3_open(path.c_str(), &db_));
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("CREATE TABLE message (seq INTEGER PRIMARY KEY, id BLOB UNIQUE, stored INTEGER,"
        " envelope BLOB, body BLOB)");
    run("CREATE TABLE delivery (message INTEGER, client INTEGER, state INTEGER,"
        " PRIMARY KEY (message, client)) WITHOUT ROWID");
    run("CREATE INDEX waiting ON delivery (client, message) WHERE state = 0");
    prepare("INSERT INTO message (id, stored, envelope, body) VALUES (?, ?, ?, ?)", &message_);
    prepare("INSERT INTO delivery (message, client, state) VALUES (?, ?, 0)", &delivery_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  ~Bare() {
    sqlite3_finalize(message_);
    sqlite3_finalize(delivery_);
    sqlite3_close(db_);
  }

  void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }

  void insert(const StoredMessage& message, int number) {
    const auto bind = [&](int index, std::string_view bytes) {
      check(sqlite3_bind_blob(message_, index, bytes.data(), static_cast<int>(bytes.size()),
                              SQLITE_STATIC));
    };
    bind(1, message.id.view());
    check(sqlite3_bind_int64(message_, 2, number));
    bind(3, message.envelope);
    bind(4, message.body);
    step(message_);
    check(sqlite3_bind_int64(delivery_, 1, sqlite3_last_insert_rowid(db_)));
    check(sqlite3_bind_int64(delivery_, 2, number % 100));
    step(delivery_);
  }

 private:
  void check(int rc) {
    if (rc == SQLITE_OK) return;
    std::fprintf(stderr, "bare SQLite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  void prepare(const char* sql, sqlite3_stmt** statement) {
    check(sqlite3_prepare_v2(db_, sql, -1, statement, nullptr));
  }
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) check(SQLITE_ERROR);
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* message_ = nullptr;
  sqlite3_stmt* delivery_ = nullptr;
};

Cost measure_bare(const std::string& path, int messages, int batch) {
  Bare bare(path);
  StoredMessage message = message_of(0);
  const Watch watch;
  for (int done = 0; done < messages;) {
    bare.run("BEGIN");
    for (int at = 0; at < batch; ++at, ++done) {
      message.id = id_of(done);
      bare.insert(message, done);
    }
    bare.run("COMMIT");
  }
  return watch.stop(messages);
}

double row_hash_nanoseconds() {
  constexpr int kRounds = 200'000;
  const StoredMessage message = message_of(1);
  std::int64_t sum = 0;
  const Watch watch;
  for (int round = 0; round < kRounds; ++round) {
    RowHash hash;
    hash.add(message.id.view());
    hash.add(round);
    hash.add(message.content_hash.view());
    hash.add(message.envelope);
    hash.add(message.body);
    sum ^= hash.finish();
  }
  const double each = watch.stop(kRounds).cpu_us_per_message * 1000;
  return sum == 0 ? 0 : each;
}

void measure(const std::filesystem::path& folder, int total) {
  std::printf("body %zu B, envelope %zu B, one delivery each, synchronous=FULL; messages/s\n",
              kBodyBytes, kEnvelopeBytes);
  std::printf("%8s %10s %10s %8s %14s %14s\n", "batch", "store", "bare", "ratio", "store CPU us",
              "bare CPU us");
  for (const int batch : {1, 10, 100, 1000}) {
    const int wanted = batch == 1 ? total / 50 : batch == 10 ? total / 10 : total;
    const int messages = std::max(wanted / batch, 1) * batch;
    const auto name = [&](const char* what) {
      return (folder / (what + std::to_string(batch) + ".db")).string();
    };
    const Cost bare = measure_bare(name("bare"), messages, batch);
    const Cost store = measure_store(name("store"), messages, batch);
    std::printf("%8d %10.0f %10.0f %8.2f %14.1f %14.1f\n", batch, store.messages_per_second,
                bare.messages_per_second, store.messages_per_second / bare.messages_per_second,
                store.cpu_us_per_message, bare.cpu_us_per_message);
  }
  std::printf("row hash: %.0f ns a message\n", row_hash_nanoseconds());
}

}  // namespace
}  // namespace yizhan::store

int main(int argc, char** argv) {
  const std::filesystem::path parent = argc > 1 ? argv[1] : ".";
  const int messages = argc > 2 ? std::atoi(argv[2]) : 200'000;
  std::string folder = (parent / "store-insert-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "cannot make a folder in %s\n", parent.c_str());
    return 1;
  }
  yizhan::store::measure(folder, std::max(messages, 1000));
  std::filesystem::remove_all(folder);
  return 0;
}
