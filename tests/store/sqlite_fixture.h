#pragma once
// SQLite databases for the contract suites: a file in a folder of its own, and one in memory.

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "store/db.h"
#include "tests/store/temp_folder.h"

namespace yizhan::store {

struct SqliteFile {
  static constexpr bool kSurvivesClosing = true;
  static constexpr bool kOneOpener = true;

  Result<std::unique_ptr<Db>> open() { return open_sqlite(path()); }
  std::string path() const { return (folder.path() / "test.db").string(); }

  TempFolder folder;
};

struct SqliteMemory {
  static constexpr bool kSurvivesClosing = false;
  static constexpr bool kOneOpener = false;

  Result<std::unique_ptr<Db>> open() { return open_sqlite(":memory:"); }
};

}  // namespace yizhan::store
