#include "store/migrate.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"
#include "store/dialect.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kEpoch = "epoch";

Status create_version_table(Db& db) {
  const std::vector<Table> tables = {
      {.name = "schema_version",
       .columns = "kind $text PRIMARY KEY, version $int",
       .clustered = true},
      {.name = "meta", .columns = "name $text PRIMARY KEY, value $int", .clustered = true}};
  for (const std::string& sql : create_tables(db.dialect(), tables)) TRY(db.execute(sql));
  return {};
}

struct Version {
  std::string kind;
  std::int64_t number = 0;
};

Result<std::optional<Version>> read_version(Db& db) {
  TRY_ASSIGN(Statement* const select, db.prepare("SELECT kind, version FROM schema_version"));
  TRY_ASSIGN(const bool row, select->first());
  if (!row) return std::optional<Version>();
  const Version version{std::string(select->column_text(0)), select->column_int(1)};
  select->reset();
  return std::optional<Version>(version);
}

Status check_version(const std::optional<Version>& found, std::string_view kind,
                     std::size_t known) {
  if (!found) return {};
  if (found->kind != kind) {
    return Error{Code::kCorrupt, "this is a " + found->kind + " database, not a " +
                                     std::string(kind) + " database; check the configured path"};
  }
  if (found->number < 0 || static_cast<std::size_t>(found->number) > known) {
    return Error{Code::kCorrupt, "the database has schema version " +
                                     std::to_string(found->number) +
                                     ", this program knows versions up to " +
                                     std::to_string(known) + "; run the newer program"};
  }
  return {};
}

Status take_step(Db& db, std::string_view kind, std::int64_t version, const MigrationStep& step) {
  TRY_ASSIGN(Transaction transaction, Transaction::open(db));
  for (const std::string& sql : step) TRY(db.execute(sql));
  if (version == 1) {
    TRY_ASSIGN(Statement* const insert,
               db.prepare("INSERT INTO schema_version (kind, version) VALUES (?, ?)"));
    TRY(insert->run(kind, version));
  } else {
    TRY_ASSIGN(Statement* const update,
               db.prepare("UPDATE schema_version SET version = ? WHERE kind = ?"));
    TRY(update->run(version, kind));
  }
  return transaction.commit();
}

Result<std::optional<std::uint64_t>> read_epoch(Db& db) {
  TRY_ASSIGN(Statement* const select, db.prepare("SELECT value FROM meta WHERE name = ?"));
  TRY_ASSIGN(const bool row, select->first(kEpoch));
  if (!row) return std::optional<std::uint64_t>();
  const auto epoch = static_cast<std::uint64_t>(select->column_int(0));
  select->reset();
  return std::optional<std::uint64_t>(epoch);
}

}  // namespace

Status migrate(Db& db, std::string_view kind, const std::vector<MigrationStep>& steps) {
  TRY(create_version_table(db));
  TRY_ASSIGN(const std::optional<Version> found, read_version(db));
  TRY(check_version(found, kind, steps.size()));
  for (std::size_t at = found ? static_cast<std::size_t>(found->number) : 0; at < steps.size();
       ++at) {
    const auto version = static_cast<std::int64_t>(at + 1);
    const Status taken = take_step(db, kind, version, steps[at]);
    if (!taken.ok()) {
      return in_context("taking the schema to version " + std::to_string(version), taken.error());
    }
  }
  return {};
}

Result<std::uint64_t> load_epoch(Db& db) {
  TRY_ASSIGN(const std::optional<std::uint64_t> found, read_epoch(db));
  if (found) return *found;
  const std::string random = random_bytes(sizeof(std::uint64_t));
  std::uint64_t epoch = 0;
  std::memcpy(&epoch, random.data(), sizeof epoch);
  if (epoch == 0) epoch = 1;  // 0 means "unknown" wherever an epoch is sent
  TRY_ASSIGN(Transaction transaction, Transaction::open(db));
  TRY_ASSIGN(Statement* const insert, db.prepare("INSERT INTO meta (name, value) VALUES (?, ?)"));
  TRY(insert->run(kEpoch, static_cast<std::int64_t>(epoch)));
  TRY(transaction.commit());
  return epoch;
}

}  // namespace yizhan::store
