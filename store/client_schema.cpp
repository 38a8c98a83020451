#include "store/client_schema.h"

#include <string>
#include <vector>

#include "store/db.h"
#include "store/dialect.h"
#include "store/history_schema.h"
#include "store/migrate.h"

namespace yizhan::store {
namespace {

// AUTOINCREMENT: a seq is never given twice, also after retention removed the newest row.
std::vector<Table> version_1() {
  return {
      {.name = "outgoing",
       .columns = "seq INTEGER PRIMARY KEY AUTOINCREMENT, id $id UNIQUE, kind $int, ack $int,"
                  " state $int, accepted_us $int, stored_us $int, state_us $int, expires_us $int,"
                  " recipients $int, row_hash $int, recipient $long, reason $long,"
                  " content_hash $hash, origin $long, claimed $long, message $blob",
       .sqlite_indexes = {"outgoing_waiting ON outgoing (seq) WHERE state = 0",
                          "outgoing_expiry ON outgoing (expires_us)"
                          " WHERE state = 0 AND expires_us > 0",
                          "outgoing_unmoved ON outgoing (seq) WHERE claimed <> ''",
                          "outgoing_dead ON outgoing (seq) WHERE state = 5",
                          "outgoing_age ON outgoing (state_us) WHERE state <> 0"}},
      {.name = "known_outgoing",  // removed by retention; kept for ever
       .columns = "id $id PRIMARY KEY, content_hash $hash, state $int, origin $long",
       .clustered = true},
      {.name = "recipient_state",
       .columns = "id $id, recipient $text, state $text, state_us $int, reason $long,"
                  " PRIMARY KEY (id, recipient)",
       .clustered = true},
      {.name = "incoming",
       .columns = "seq INTEGER PRIMARY KEY AUTOINCREMENT, id $id UNIQUE, broker_seq $int,"
                  " kind $int, state $int, received_us $int, opened_us $int, state_us $int,"
                  " exit_status $int, row_hash $int, sender $long, in_reply_to $long,"
                  " handler $long, output $long, reason $long, file $long, message $blob",
       .sqlite_indexes = {"incoming_state ON incoming (state, seq)",
                          "incoming_age ON incoming (state_us)"}},
      {.name = "known_incoming", .columns = "id $id PRIMARY KEY", .clustered = true},
      {.name = "seen_file", .columns = "hash $hash PRIMARY KEY, seen_us $int", .clustered = true},
      {.name = "fact", .columns = "name $text PRIMARY KEY, value $blob", .clustered = true},
      {.name = "ledger",  // one row
       .columns = "id $int PRIMARY KEY, accepted $int, queued $int, done $int, expired $int,"
                  " dead $int, purged $int, received $int"},
  };
}

}  // namespace

std::vector<MigrationStep> client_schema(Dialect dialect) {
  MigrationStep step_1 = create_tables(dialect, version_1());
  step_1.emplace_back(
      "INSERT INTO ledger (id, accepted, queued, done, expired, dead, purged, received)"
      " SELECT 1, 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM ledger)");
  // What a push restores is in its content since it has to be proven.
  const MigrationStep step_5 = {"ALTER TABLE push DROP COLUMN restore"};
  return {step_1, client_history_tables(dialect), client_row_keys(dialect),
          client_upkeep_tables(dialect), step_5};
}

}  // namespace yizhan::store
