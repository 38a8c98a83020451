// The links of all waiting probes in a broker's database, one path (/p/TOKEN) a line: what the
// broker has sent, without reading anybody's mail. The broker must not be running.
// Usage: probe_links STATE_FOLDER

#include <sqlite3.h>

#include <cstdio>
#include <string>

#include "broker/probe_link.h"
#include "config/keys.h"

int main(int argc, char** argv) {
  using namespace yizhan;
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  const auto keys = load_or_create_key(folder + "/broker.key");
  if (!keys.ok()) {
    std::fprintf(stderr, "%s\n", keys.error().message.c_str());
    return 1;
  }
  const broker::LinkKey key = broker::LinkKey::derive(keys->secret_key);
  sqlite3* db = nullptr;
  sqlite3_stmt* rows = nullptr;
  if (sqlite3_open_v2((folder + "/server.db").c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) !=
          SQLITE_OK ||
      sqlite3_prepare_v2(db, "SELECT id, client FROM probe WHERE state = 0 ORDER BY id", -1, &rows,
                         nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    return 1;
  }
  while (sqlite3_step(rows) == SQLITE_ROW) {
    const broker::LinkTarget target{sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1)};
    std::printf("/p/%s\n", make_token(key, target).c_str());
  }
  sqlite3_finalize(rows);
  sqlite3_close(db);
  return 0;
}
