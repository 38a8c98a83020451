#pragma once
// The tables of the server database, as migration steps, which say what each holds.

#include <vector>

#include "store/db.h"
#include "store/migrate.h"

namespace yizhan::store {

std::vector<MigrationStep> server_schema(Dialect dialect);

}  // namespace yizhan::store
