#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "store/db.h"
#include "tests/store/checks.h"
#include "tests/store/sqlite_fixture.h"

#define STORE_FIXTURES SqliteFile, SqliteMemory
#include "tests/store/db_contract.h"

namespace yizhan::store {
namespace {

std::string pragma(Db& db, const std::string& name) {
  Statement& query = *take(db.prepare("PRAGMA " + name));
  REQUIRE(take(query.first()));
  const std::string value(query.column_text(0));
  query.reset();
  return value;
}

TEST_CASE("a database file has the settings that survive a power cut") {
  SqliteFile file;
  const auto db = take(file.open());
  CHECK(pragma(*db, "journal_mode") == "wal");
  CHECK(pragma(*db, "synchronous") == "2");
  CHECK(pragma(*db, "locking_mode") == "exclusive");
  CHECK(pragma(*db, "foreign_keys") == "1");
  CHECK(pragma(*db, "trusted_schema") == "0");
  CHECK(pragma(*db, "cell_size_check") == "1");
  CHECK(pragma(*db, "mmap_size") == "0");
}

TEST_CASE("a new database has the pages that were asked for, and keeps them") {
  SqliteFile file;
  const std::string wal = file.path() + "-wal";
  constexpr SqliteSizes kLarge{8192, 1 << 20};
  {
    const auto db = take(open_sqlite(file.path(), kLarge));
    CHECK(pragma(*db, "page_size") == "8192");
    CHECK(std::filesystem::file_size(wal) == 1 << 20);
    take(db->execute("CREATE TABLE t (x INTEGER) STRICT"));
  }
  // As a broker of an older version made it.
  const auto db = take(open_sqlite(file.path(), {4096, 2 << 20}));
  CHECK(pragma(*db, "page_size") == "8192");
  CHECK(std::filesystem::file_size(wal) == 2 << 20);
  take(db->execute("INSERT INTO t (x) VALUES (1)"));
}

TEST_CASE("the files of a database are for their owner only, whatever the umask") {
  SqliteFile file;
  const mode_t before = ::umask(0);
  const auto db = take(file.open());
  take(db->execute("CREATE TABLE t (x INTEGER) STRICT"));
  ::umask(before);
  for (const auto& entry : std::filesystem::directory_iterator(file.folder.path())) {
    INFO(entry.path());
    CHECK((entry.status().permissions() & std::filesystem::perms::mask) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
}

TEST_CASE("a file that is no database is corrupt, and is left as it was") {
  SqliteFile file;
  const std::string text(5000, 'x');
  std::ofstream(file.path()) << text;
  const auto opened = file.open();
  CHECK(outcome(opened) == "corrupt");
  CHECK_THAT(opened.error().message, Catch::Contains(file.path()));
  CHECK(std::filesystem::file_size(file.path()) == text.size());
}

TEST_CASE("a database in a missing folder is an I/O error that names the path") {
  const auto opened = open_sqlite("/nonexistent/folder/x.db");
  CHECK(outcome(opened) == "io");
  CHECK_THAT(opened.error().message, Catch::Contains("/nonexistent/folder/x.db"));
  CHECK(outcome(open_sqlite("")) == "invalid");
}

TEST_CASE("a name that looks like a URI is a file name") {
  SqliteFile file;
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(file.folder.path());
  const auto opened = open_sqlite("file:x.db?mode=memory");
  std::filesystem::current_path(here);
  CHECK(outcome(opened) == "ok");
  CHECK(std::filesystem::exists(file.folder.path() / "file:x.db?mode=memory"));
}

TEST_CASE("after damage was seen nothing is accepted any more") {
  SqliteFile file;
  {
    const auto db = take(file.open());
    take(db->execute("CREATE TABLE t (x TEXT) STRICT"));
    Statement& insert = *take(db->prepare("INSERT INTO t (x) VALUES (?)"));
    take(db->begin());
    for (int n = 0; n < 1000; ++n) take(insert.run(std::string(100, 'y')));
    take(db->commit());
  }
  {
    std::fstream damage(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 3; page < 20; ++page) {
      damage.seekp(page * 4096);
      damage << std::string(64, '\xee');
    }
  }
  const auto db = take(file.open());
  Statement& select = *take(db->prepare("SELECT COUNT(x) FROM t WHERE x > ?"));
  CHECK(outcome(select.first("a")) == "corrupt");
  CHECK(outcome(db->begin()) == "corrupt");
  CHECK(outcome(db->execute("CREATE TABLE u (x TEXT) STRICT")) == "corrupt");
}

TEST_CASE("the WAL is written over, not grown for ever, and nothing is left of it after closing") {
  SqliteFile file;
  const std::string wal = file.path() + "-wal";
  auto db = take(file.open());
  take(db->execute("CREATE TABLE t (x BLOB) STRICT"));
  Statement& insert = *take(db->prepare("INSERT INTO t (x) VALUES (?)"));
  const std::string row(60'000, 'z');
  for (int n = 0; n < 100; ++n) {  // 120 MB
    take(db->begin());
    for (int at = 0; at < 20; ++at) take(insert.run(Statement::Blob{row}));
    take(db->commit());
  }
  CHECK(std::filesystem::file_size(wal) < 48'000'000);
  db.reset();
  CHECK_FALSE(std::filesystem::exists(wal));
}

TEST_CASE("in bulk the log reaches the file less often, and is small again afterwards") {
  SqliteFile file;
  auto db = take(file.open());
  take(db->execute("CREATE TABLE t (x BLOB) STRICT"));
  Statement& insert = *take(db->prepare("INSERT INTO t (x) VALUES (?)"));
  const std::string row(60'000, 'z');
  const auto write = [&](int commits) {  // 1.2 MB each
    for (int n = 0; n < commits; ++n) {
      take(db->begin());
      for (int at = 0; at < 20; ++at) take(insert.run(Statement::Blob{row}));
      take(db->commit());
    }
  };
  db->use_for(Db::Use::kBulk);
  write(20);
  CHECK(std::filesystem::file_size(file.path()) < 1'000'000);  // all of it is in the log
  db->use_for(Db::Use::kNormal);
  write(1);
  CHECK(std::filesystem::file_size(file.path()) > 24'000'000);
  db->use_for(Db::Use::kBulk);
  write(100);
  CHECK(std::filesystem::file_size(file.path() + "-wal") < 64'000'000);
}

}  // namespace
}  // namespace yizhan::store
