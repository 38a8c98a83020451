#pragma once
// All that differs between the two SQL dialects, side by side. Statements on rows are written once
// for both, but for the few that are a Query; the schema needs different words.
//
// Text is compared bytewise and kept as it came on both sides: SQLite's TEXT is BINARY by default;
// MySQL's VARBINARY neither folds case nor pads with spaces, as its text collations do, and does
// not refuse bytes that are no UTF-8.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"

namespace yizhan::store {

/// The longest indexed text, in bytes (VARBINARY(255)). The stores refuse more on both dialects, so
/// that a client cannot behave differently on each.
inline constexpr std::size_t kMaxIndexedText = 255;

/// A statement that the dialects spell differently.
struct Query {
  std::string_view sqlite;
  std::string_view mysql;
  std::string_view in(Dialect dialect) const {
    return dialect == Dialect::kSqlite ? sqlite : mysql;
  }
};

struct Word {
  std::string_view name;
  std::string_view sqlite;
  std::string_view mysql;
};

inline constexpr std::array kWords = {
    Word{"$serial", "INTEGER PRIMARY KEY", "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY"},
    Word{"$int", "INTEGER NOT NULL", "BIGINT NOT NULL"},
    Word{"$id", "BLOB NOT NULL", "BINARY(16) NOT NULL"},
    Word{"$maybe_id", "BLOB", "BINARY(16)"},
    Word{"$hash", "BLOB NOT NULL", "BINARY(32) NOT NULL"},
    Word{"$text", "TEXT NOT NULL", "VARBINARY(255) NOT NULL"},
    Word{"$long", "TEXT NOT NULL", "LONGBLOB NOT NULL"},
    Word{"$blob", "BLOB NOT NULL", "LONGBLOB NOT NULL"},
};

/// One table. Indexes are given twice: SQLite's are partial, so that they hold only the rows that
/// are ever looked for; MySQL has none of that kind, and wants its keys inside CREATE TABLE because
/// it commits after every schema statement and a repeated step must find all or nothing.
struct Table {
  std::string_view name;
  std::string_view columns;                           ///< with the words above
  bool clustered = false;                             ///< rows lie in the order of the primary key
  std::string_view mysql_keys = {};                   ///< ", KEY name (columns)"…
  std::vector<std::string_view> sqlite_indexes = {};  ///< "name ON table (columns) WHERE …"
};

/// `text` with every word in the dialect's spelling.
inline std::string in_dialect(Dialect dialect, std::string_view text) {
  std::string out(text);
  for (const Word& word : kWords) {
    const std::string_view to = dialect == Dialect::kSqlite ? word.sqlite : word.mysql;
    for (std::size_t at = out.find(word.name); at != std::string::npos;
         at = out.find(word.name, at + to.size())) {
      out.replace(at, word.name.size(), to);
    }
  }
  return out;
}

/// The statements that create `tables`. Running them again changes nothing.
inline std::vector<std::string> create_tables(Dialect dialect, const std::vector<Table>& tables) {
  std::vector<std::string> statements;
  for (const Table& table : tables) {
    std::string sql = "CREATE TABLE IF NOT EXISTS ";
    sql.append(table.name).append(" (").append(in_dialect(dialect, table.columns));
    if (dialect == Dialect::kMysql) {
      sql.append(table.mysql_keys).append(") ENGINE=InnoDB ROW_FORMAT=DYNAMIC");
      statements.push_back(std::move(sql));
      continue;
    }
    sql.append(table.clustered ? ") STRICT, WITHOUT ROWID" : ") STRICT");
    statements.push_back(std::move(sql));
    for (const std::string_view index : table.sqlite_indexes) {
      statements.push_back("CREATE INDEX IF NOT EXISTS " + std::string(index));
    }
  }
  return statements;
}

}  // namespace yizhan::store
