#include "store/history_schema.h"

#include <string>
#include <string_view>

#include "store/dialect.h"
#include "wire/history.h"

namespace yizhan::store {
namespace {

// pending: how many pushes that change the row wait for the server's answer (client).
// writer: number of the client database that wrote it last (server); it is not sent its own words.
constexpr std::string_view kRecordColumns =
    "slice $int, seq $int, rev $int, deleted $int, role_rank $int, writer $int, pending $int,"
    " key_version $int, row_hash $int, more $blob";

std::string columns_of(wire::RecordKind kind, bool unique_ids) {
  std::string columns = unique_ids ? "n $serial, id $id UNIQUE, " : "n $serial, id $id, ";
  columns += kRecordColumns;
  for (const wire::Field& field : wire::fields_of(kind)) {
    columns.append(", ").append(field.name).append(" $long");
  }
  return columns;
}

struct Names {
  std::string table;
  std::string columns;
  std::string mysql_keys;
  std::string index;
};

/// create_tables() takes views, so the texts must outlive the call.
MigrationStep record_tables(Dialect dialect, bool server) {
  std::vector<Names> names;
  for (int kind = 1; kind <= wire::kRecordKinds; ++kind) {
    Names one;
    one.table = wire::record_kind_name(static_cast<wire::RecordKind>(kind));
    one.columns = columns_of(static_cast<wire::RecordKind>(kind), true);
    one.mysql_keys = ", KEY " + one.table + "_seq (slice, seq)";
    one.index = one.table + "_seq ON " + one.table + " (slice, seq)";
    names.push_back(std::move(one));
  }
  std::vector<Table> tables;
  for (const Names& one : names) {
    Table table{.name = one.table, .columns = one.columns, .mysql_keys = one.mysql_keys};
    if (server) table.sqlite_indexes = {one.index};
    tables.push_back(std::move(table));
  }
  Table revision{.name = "revision",
                 .columns = "n $serial, record $id, kind $int, slice $int, seq $int, rev $int,"
                            " field_groups $int, outcome $int, user $text, code $text,"
                            " role_rank $int, at_us $int, stored_us $int, deleted $int,"
                            " row_hash $int, content $blob",
                 .mysql_keys = ", KEY revision_seq (slice, seq), KEY revision_record (record, rev)",
                 .sqlite_indexes = {"revision_record ON revision (record, rev)"}};
  if (server) revision.sqlite_indexes.emplace_back("revision_seq ON revision (slice, seq)");
  tables.push_back(std::move(revision));
  return create_tables(dialect, tables);
}

void append(MigrationStep* to, MigrationStep more) {
  to->insert(to->end(), std::make_move_iterator(more.begin()),
             std::make_move_iterator(more.end()));
}

}  // namespace

MigrationStep server_history_tables(Dialect dialect) {
  MigrationStep step = record_tables(dialect, true);
  append(&step, create_tables(
                    dialect,
                    {{.name = "slice",
                      .columns = "n $serial, name $text UNIQUE, head $int, created_us $int"},
                     {.name = "slice_right",  // access: 0 none, 1 read, 2 write
                      .columns = "path $text, who $text, access $int, PRIMARY KEY (path, who)",
                      .clustered = true},
                     {.name = "known_push",
                      .columns = "id $id PRIMARY KEY, stored_us $int",
                      .clustered = true},
                     {.name = "client_database",
                      .columns = "n $serial, id $id UNIQUE, client $int, pushes $int,"
                                 " seen_us $int"},
                     {.name = "sync_epoch",
                      .columns = "n $serial, epoch $id UNIQUE, from_seq $int, started_us $int"},
                     {.name = "sync_counter",  // one row
                      .columns = "id $int PRIMARY KEY, seq $int, purged_seq $int"}}));
  step.emplace_back(
      "INSERT INTO sync_counter (id, seq, purged_seq) SELECT 1, 0, 0 FROM (SELECT 1 AS one) AS"
      " dual_row WHERE NOT EXISTS (SELECT 1 FROM sync_counter)");
  return step;
}

MigrationStep client_history_tables(Dialect dialect) {
  MigrationStep step = record_tables(dialect, false);
  append(&step,
         create_tables(
             dialect,
             {{.name = "slice",  // after_seq: the cursor
               .columns = "n $serial, name $text UNIQUE, head $int, after_seq $int,"
                          " access_level $int"},
              {.name = "push",  // lane: 0 live, 1 bulk; state: 0 waiting, 1 parked
               .columns = "n INTEGER PRIMARY KEY AUTOINCREMENT, id $id UNIQUE, slice $int,"
                          " lane $int, state $int, changes $int, restore $int, created_us $int,"
                          " reason $long, content $blob",
               .sqlite_indexes = {"push_waiting ON push (lane, n) WHERE state = 0"}},
              {.name = "import",
               .columns = "n INTEGER PRIMARY KEY AUTOINCREMENT, slice $int, spool $long,"
                          " file $long, at_byte $int, bytes $int, records $int, done $int,"
                          " started_us $int"},
              {.name = "search_doc",
               .columns = "doc INTEGER PRIMARY KEY AUTOINCREMENT, kind $int, row_n $int"}}));
  step.emplace_back(
      "CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(words, content='', detail=full,"
      " tokenize='bigram')");
  return step;
}

MigrationStep client_row_keys(Dialect dialect) {
  // n: rows of the kind up to this one have their ids in KIND_key; see store/row_keys.h.
  MigrationStep step = create_tables(
      dialect, {{.name = "key_mark", .columns = "kind $int PRIMARY KEY, n $int"}});
  for (int number = 1; number <= wire::kRecordKinds; ++number) {
    const auto kind = static_cast<wire::RecordKind>(number);
    const std::string table = wire::record_kind_name(kind);
    const std::string keys = table + "_key";
    const std::string rows = table + "_rows";
    const std::string columns = columns_of(kind, false);
    append(&step, create_tables(dialect, {{.name = keys,
                                           .columns = "id $id PRIMARY KEY, n $int",
                                           .clustered = true},
                                          {.name = rows, .columns = columns}}));
    // SQLite takes a step whole or not at all, and cannot drop the index of a UNIQUE column.
    step.push_back("INSERT INTO " + keys + " (id, n) SELECT id, n FROM " + table + " ORDER BY id");
    step.push_back("INSERT INTO key_mark (kind, n) SELECT " + std::to_string(number) +
                   ", COALESCE(MAX(n), 0) FROM " + table);
    step.push_back("INSERT INTO " + rows + " SELECT * FROM " + table);
    step.push_back("DROP TABLE " + table);
    step.push_back("ALTER TABLE " + rows + " RENAME TO " + table);
  }
  return step;
}

MigrationStep server_upkeep_tables(Dialect dialect) {
  return create_tables(
      dialect,
      {{.name = "sync_day", .columns = "n $serial, seq $int, at_us $int"},
       {.name = "slice_purge", .columns = "slice $int PRIMARY KEY, seq $int", .clustered = true},
       {.name = "sync_mark", .columns = "name $text PRIMARY KEY, value $int", .clustered = true},
       {.name = "held_answer",
        .columns = "n $serial, id $id UNIQUE, parent $id, client $int, at_us $int,"
                   " envelope $blob, body $blob",
        .mysql_keys = ", KEY held_answer_parent (parent), KEY held_answer_age (at_us)",
        .sqlite_indexes = {"held_answer_parent ON held_answer (parent)",
                           "held_answer_age ON held_answer (at_us)"}}});
}

MigrationStep client_upkeep_tables(Dialect dialect) {
  return create_tables(dialect,
                       {{.name = "slice_seed",
                         .columns = "slice $int PRIMARY KEY, purged $int, seed $int, seed_to $int,"
                                    " seeded_us $int, removed $int",
                         .clustered = true}});
}

}  // namespace yizhan::store
