#include "store/server_schema.h"

#include <string>
#include <vector>

#include "store/db.h"
#include "store/dialect.h"
#include "store/history_schema.h"
#include "store/migrate.h"

namespace yizhan::store {
namespace {

// Delivery states 0 (queued) and 9 (dead) are literals here: SQLite uses a partial index only for a
// condition that is written with the same constant.
std::vector<Table> version_1() {
  return {
      {.name = "client",
       .columns = "id $serial, public_key $hash UNIQUE, code $text, state $int, name $long,"
                  " user $text, host $long, ip $text, created_us $int, last_seen_us $int,"
                  " epoch $int",
       .mysql_keys = ", KEY client_user (user), KEY client_code (code), KEY client_ip (ip)",
       .sqlite_indexes = {"client_user ON client (user)", "client_code ON client (code)",
                          "client_ip ON client (ip)"}},
      {.name = "client_attribute",  // kind: role, group or mac
       .columns = "kind $text, value $text, client $int, PRIMARY KEY (kind, value, client)",
       .clustered = true,
       .mysql_keys = ", KEY client_attribute_client (client)",
       .sqlite_indexes = {"client_attribute_client ON client_attribute (client)"}},
      {.name = "message",
       .columns = "seq $serial, id $id UNIQUE, sender $int, kind $int, ack $int, version $int,"
                  " stored_us $int, expires_us $int, row_hash $int, in_reply_to $maybe_id,"
                  " state $text, content_hash $hash, envelope $blob, body $blob",
       .mysql_keys = ", KEY message_reply (in_reply_to)",
       .sqlite_indexes = {"message_reply ON message (in_reply_to) WHERE in_reply_to IS NOT NULL"}},
      {.name = "known_id",  // of messages that retention removed; kept for ever
       .columns = "id $id PRIMARY KEY, content_hash $hash, deliveries $int",
       .clustered = true},
      {.name = "delivery",  // expires_us repeats the message's, for the index
       .columns = "message $int, client $int, state $int, queued_us $int, delivered_us $int,"
                  " state_us $int, expires_us $int, attempts $int, reason $long, cause $long,"
                  " PRIMARY KEY (message, client)",
       .clustered = true,
       .mysql_keys = ", KEY delivery_waiting (client, state, message),"
                     " KEY delivery_state (state, expires_us)",
       .sqlite_indexes =
           {"delivery_waiting ON delivery (client, message) WHERE state = 0",
            "delivery_expiry ON delivery (expires_us) WHERE state = 0 AND expires_us > 0",
            "delivery_dead ON delivery (message) WHERE state = 9"}},
      {.name = "ledger",  // one row; last_seq: the highest message.seq that retention removed
       .columns = "id $int PRIMARY KEY, accepted $int, queued $int, done $int, expired $int,"
                  " dead $int, purged $int, messages $int, last_seq $int"},
      {.name = "firing",
       .columns = "message $int, version $int, rule $text, fired_us $int, effect $long,"
                  " PRIMARY KEY (message, version, rule)",
       .clustered = true},
      {.name = "rule_version",
       .columns = "version $serial, applied_us $int, author $long, rules $long"},
  };
}

// Probe state 0 and effect state 0 (waiting) are literals for the same reason.
std::vector<Table> version_2() {
  return {
      {.name = "probe",  // client 0: whichever recipient is first; due_us 0: no timer
       .columns = "id $serial, message $int, client $int, preset $text, state $int,"
                  " started_us $int, ends_us $int, due_us $int, last_due_us $int, intervals $int,"
                  " escalations $int, zone $text, reason $long, ended_us $int,"
                  " UNIQUE (message, client, preset)",
       .mysql_keys = ", KEY probe_due (state, due_us)",
       .sqlite_indexes = {"probe_due ON probe (due_us) WHERE state = 0 AND due_us > 0"}},
      {.name = "activation",
       .columns = "id $serial, message $int, probe $int, client $int, state $text, via $text,"
                  " code $text, user $text, machine $long, address $text, fingerprint $text,"
                  " at_us $int, arrived_us $int, expected $int, late $int,"
                  " UNIQUE (message, client, state, probe)"},
      {.name = "message_state",
       .columns = "message $int, version $int, state $text, previous $text, at_us $int,"
                  " cause $long, PRIMARY KEY (message, version)",
       .clustered = true},
      {.name = "message_flag",
       .columns = "message $int, flag $text, PRIMARY KEY (message, flag)",
       .clustered = true},
      {.name = "deferred_row",  // fired outside its hours
       .columns = "message $int, version $int, rule $text, due_us $int,"
                  " PRIMARY KEY (message, version, rule)",
       .clustered = true,
       .mysql_keys = ", KEY deferred_row_due (due_us)",
       .sqlite_indexes = {"deferred_row_due ON deferred_row (due_us)"}},
      {.name = "effect",
       .columns = "id $serial, message $int, rule $text, verb $text, spec $long, state $int,"
                  " attempts $int, created_us $int, due_us $int, ended_us $int, result $long",
       .mysql_keys = ", KEY effect_due (state, due_us), KEY effect_message (message)",
       .sqlite_indexes = {"effect_due ON effect (due_us) WHERE state = 0",
                          "effect_message ON effect (message)"}},
  };
}

/// slot: number modulo kNonMatchesKept, so that a rule has no more.
std::vector<Table> non_matches() {
  return {{.name = "non_match",
           .columns = "rule $text, slot $int, number $int, message $int, version $int, at_us $int,"
                      " reason $long, PRIMARY KEY (rule, slot)",
           .clustered = true}};
}

/// Rows are numbered by us, not by the database: a number is never given twice, nor left out.
std::vector<Table> audit() {
  return {{.name = "audit",
           .columns = "n $int PRIMARY KEY, at_us $int, actor $text, act $text, subject $text,"
                      " detail $long, previous $hash, hash $hash"}};
}

/// Guidances that must be followed and have not been opened.
std::vector<Table> must_read() {
  return {{.name = "must_read",
           .columns = "client $int, project $text, message $int,"
                      " PRIMARY KEY (client, project, message)",
           .clustered = true,
           .mysql_keys = ", KEY must_read_message (message)",
           .sqlite_indexes = {"must_read_message ON must_read (message)"}}};
}

}  // namespace

std::vector<MigrationStep> server_schema(Dialect dialect) {
  MigrationStep step_1 = create_tables(dialect, version_1());
  step_1.emplace_back(
      "INSERT INTO ledger (id, accepted, queued, done, expired, dead, purged, messages, last_seq)"
      " SELECT 1, 0, 0, 0, 0, 0, 0, 0, 0 FROM (SELECT 1 AS one) AS dual_row"
      " WHERE NOT EXISTS (SELECT 1 FROM ledger)");
  return {step_1,
          create_tables(dialect, version_2()),
          create_tables(dialect, non_matches()),
          server_history_tables(dialect),
          create_tables(dialect, audit()),
          server_upkeep_tables(dialect),
          create_tables(dialect, must_read())};
}

}  // namespace yizhan::store
