#pragma once
// Schema versions: ordered steps, and one row that says which were taken.

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "store/db.h"

namespace yizhan::store {

/// The statements that lead from one version to the next. Version n is reached by step n-1. Each
/// statement must be harmless when repeated: MySQL commits after each of them, so a step that was
/// cut off is taken again from its start.
using MigrationStep = std::vector<std::string>;

/// Brings the schema of `db` to version steps.size(), in transactions of its own, one a step.
/// `kind` names what the database is for ("server", "client") and is written into it.
/// Fails with kCorrupt, and changes nothing, when a newer program wrote the database (the message
/// names both versions) or when it is of another kind.
Status migrate(Db& db, std::string_view kind, const std::vector<MigrationStep>& steps);

/// The random number in `table` that tells this database from every other one; made on first use,
/// in a transaction of its own.
Result<std::uint64_t> load_epoch(Db& db);

}  // namespace yizhan::store
