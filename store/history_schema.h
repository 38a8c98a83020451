#pragma once
// The tables of history data, the same in client and server database, made from the fields of
// wire/history.h.

#include <vector>

#include "store/db.h"
#include "store/migrate.h"

namespace yizhan::store {

/// Statements that create them. The server's are indexed by slice and sequence number, which is
/// how they are pulled.
MigrationStep server_history_tables(Dialect dialect);
MigrationStep client_history_tables(Dialect dialect);
/// What store/row_keys.h needs, in place of the index of ids that client_history_tables() made.
MigrationStep client_row_keys(Dialect dialect);
/// What came later: the age of numbers, deletions that are purged, answers that wait for their
/// question; on the client, slices that are fetched anew.
MigrationStep server_upkeep_tables(Dialect dialect);
MigrationStep client_upkeep_tables(Dialect dialect);

}  // namespace yizhan::store
