// The limit under the broker's durable messages: bare SQLite (WAL, synchronous=FULL), the same rows
// a message costs the broker (512-byte body, unique id, a delivery row, an index of what waits),
// BATCH messages a transaction, nothing else. Usage: sqlite_rows FILE COUNT [BATCH]

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void must(int code, sqlite3* db) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
  std::exit(1);
}

sqlite3_stmt* prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  must(sqlite3_prepare_v2(db, sql, -1, &statement, nullptr), db);
  return statement;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const long count = std::atol(argv[2]);
  const long batch = argc > 3 ? std::atol(argv[3]) : 1000;
  sqlite3* db = nullptr;
  must(sqlite3_open(argv[1], &db), db);
  const auto run = [&](const char* sql) {
    must(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), db);
  };
  run("PRAGMA journal_mode=WAL");
  run("PRAGMA synchronous=FULL");
  run("CREATE TABLE message(seq INTEGER PRIMARY KEY, id BLOB UNIQUE, sender INTEGER, kind INTEGER, "
      "state TEXT, stored INTEGER, hash BLOB, envelope BLOB, body BLOB)");
  run("CREATE TABLE delivery(message INTEGER, client INTEGER, state INTEGER, queued INTEGER, "
      "PRIMARY KEY(message, client)) WITHOUT ROWID");
  run("CREATE INDEX waiting ON delivery(client, message) WHERE state = 0");
  sqlite3_stmt* message = prepare(db, "INSERT INTO message VALUES(?,?,1,1,'sent',1,?,?,?)");
  sqlite3_stmt* delivery = prepare(db, "INSERT INTO delivery VALUES(?,2,0,1)");

  const std::string body(512, 'b');
  const std::string envelope(90, 'e');
  const std::string hash(32, 'h');
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < count; ++i) {
    if (i % batch == 0) run("BEGIN");
    unsigned char id[16] = {};
    const long high = i / 50;  // as a UUIDv7: the time leads
    for (int k = 0; k < 6; ++k) id[k] = static_cast<unsigned char>(high >> (8 * (5 - k)));
    std::memcpy(id + 8, &i, 8);
    sqlite3_bind_int64(message, 1, i + 1);
    sqlite3_bind_blob(message, 2, id, 16, SQLITE_STATIC);
    sqlite3_bind_blob(message, 3, hash.data(), 32, SQLITE_STATIC);
    sqlite3_bind_blob(message, 4, envelope.data(), static_cast<int>(envelope.size()),
                      SQLITE_STATIC);
    sqlite3_bind_blob(message, 5, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    must(sqlite3_step(message), db);
    sqlite3_reset(message);
    sqlite3_bind_int64(delivery, 1, i + 1);
    must(sqlite3_step(delivery), db);
    sqlite3_reset(delivery);
    if (i % batch == batch - 1 || i == count - 1) run("COMMIT");
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("sqlite %.0f msg/s (batch %ld)\n", static_cast<double>(count) / seconds, batch);
  sqlite3_finalize(message);
  sqlite3_finalize(delivery);
  sqlite3_close(db);
  return 0;
}
