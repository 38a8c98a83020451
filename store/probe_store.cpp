#include "store/probe_store.h"

#include <utility>

#include "store/limits.h"
#include "store/rows.h"

namespace yizhan::store {

namespace {

constexpr std::string_view kProbeColumns =
    "id, message, client, preset, state, started_us, ends_us, due_us, last_due_us, intervals,"
    " escalations, zone, reason, ended_us";

Probe read_probe(Statement& row) {
  Probe probe;
  probe.id = row.column_int(0);
  probe.message = row.column_int(1);
  probe.client = row.column_int(2);
  probe.preset = row.column_text(3);
  probe.state = static_cast<ProbeState>(row.column_int(4));
  probe.started_us = row.column_int(5);
  probe.ends_us = row.column_int(6);
  probe.due_us = row.column_int(7);
  probe.last_due_us = row.column_int(8);
  probe.intervals = static_cast<int>(row.column_int(9));
  probe.escalations = static_cast<int>(row.column_int(10));
  probe.zone = row.column_text(11);
  probe.reason = row.column_text(12);
  probe.ended_us = row.column_int(13);
  return probe;
}

Activation read_activation(Statement& row) {
  Activation one;
  one.id = row.column_int(0);
  one.message = row.column_int(1);
  one.probe = row.column_int(2);
  one.client = row.column_int(3);
  one.state = row.column_text(4);
  one.via = row.column_text(5);
  one.code = row.column_text(6);
  one.user = row.column_text(7);
  one.machine = row.column_text(8);
  one.address = row.column_text(9);
  one.fingerprint = row.column_text(10);
  one.at_us = row.column_int(11);
  one.arrived_us = row.column_int(12);
  one.expected = row.column_int(13) != 0;
  one.late = row.column_int(14) != 0;
  return one;
}

constexpr std::string_view kEffectColumns =
    "id, message, rule, verb, spec, state, attempts, created_us, due_us, ended_us, result";

Effect read_effect(Statement& row) {
  Effect effect;
  effect.id = row.column_int(0);
  effect.message = row.column_int(1);
  effect.rule = row.column_text(2);
  effect.verb = row.column_text(3);
  effect.spec = row.column_text(4);
  effect.state = static_cast<EffectState>(row.column_int(5));
  effect.attempts = static_cast<int>(row.column_int(6));
  effect.created_us = row.column_int(7);
  effect.due_us = row.column_int(8);
  effect.ended_us = row.column_int(9);
  effect.result = row.column_text(10);
  return effect;
}

/// Every row of `select`, made by `read`.
template <class Read, class... Values>
auto read_all(Statement* select, Read read, const Values&... values)
    -> Result<std::vector<decltype(read(*select))>> {
  std::vector<decltype(read(*select))> all;
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(values...));
  while (row) {
    all.push_back(read(*rows));
    TRY_ASSIGN(row, rows.next());
  }
  return all;
}

template <class Read, class... Values>
auto read_one(Statement* select, Read read, const Values&... values)
    -> Result<std::optional<decltype(read(*select))>> {
  TRY_ASSIGN(auto all, read_all(select, read, values...));
  using Row = decltype(read(*select));
  return all.empty() ? std::optional<Row>() : std::optional<Row>(std::move(all.front()));
}

Result<std::int64_t> read_number(Statement* select) {
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first());
  return found && !row->column_is_null(0) ? row->column_int(0) : 0;
}

std::string select_from(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

}  // namespace

const char* probe_state_name(ProbeState state) {
  switch (state) {
    case ProbeState::kWaiting:
      return "waiting";
    case ProbeState::kActivated:
      return "activated";
    case ProbeState::kExpired:
      return "expired";
    case ProbeState::kCancelled:
      return "cancelled";
    case ProbeState::kPaused:
      return "paused";
  }
  return "unknown";
}

const char* effect_state_name(EffectState state) {
  switch (state) {
    case EffectState::kWaiting:
      return "waiting";
    case EffectState::kDone:
      return "done";
    case EffectState::kDead:
      return "dead";
  }
  return "unknown";
}

// ---- probes

Result<std::optional<ProbeId>> ProbeStore::insert_probe(const Probe& probe) {
  TRY(check_text("preset", probe.preset));
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO probe (message, client, preset, state, started_us, ends_us,"
                          " due_us, last_due_us, intervals, escalations, zone, reason, ended_us)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const Status inserted =
      insert->run(probe.message, probe.client, probe.preset, static_cast<int>(probe.state),
                  probe.started_us, probe.ends_us, probe.due_us, probe.last_due_us, probe.intervals,
                  probe.escalations, probe.zone, probe.reason, probe.ended_us);
  if (inserted.ok()) return std::optional<ProbeId>(db_->last_insert_id());
  if (inserted.error().code == Code::kConflict) return std::optional<ProbeId>();
  return inserted.error();
}

Result<std::optional<Probe>> ProbeStore::probe(ProbeId id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(select_from(kProbeColumns, "probe WHERE id = ?")));
  return read_one(select, read_probe, id);
}

Result<std::vector<Probe>> ProbeStore::probes(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(select_from(kProbeColumns, "probe WHERE message = ? ORDER BY id")));
  return read_all(select, read_probe, message);
}

Result<bool> ProbeStore::is_watched(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT 1 FROM probe WHERE message = ? LIMIT 1"));
  Rows row(select);
  return row.first(message);
}

Result<std::vector<Probe>> ProbeStore::due_probes(std::int64_t now_us, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(select_from(kProbeColumns,
                                      "probe WHERE state = 0 AND due_us > 0 AND due_us <= ?"
                                      " ORDER BY due_us, id LIMIT ?")));
  return read_all(select, read_probe, now_us, limit);
}

Result<std::int64_t> ProbeStore::next_due() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT MIN(due_us) FROM probe WHERE state = 0 AND due_us > 0"));
  return read_number(select);
}

Result<bool> ProbeStore::update_probe(const Probe& probe, const Probe& before) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE probe SET state = ?, ends_us = ?, due_us = ?, last_due_us = ?,"
                          " intervals = ?, escalations = ?, reason = ?, ended_us = ?"
                          " WHERE id = ? AND state = ? AND due_us = ?"));
  TRY(update->run(static_cast<int>(probe.state), probe.ends_us, probe.due_us, probe.last_due_us,
                  probe.intervals, probe.escalations, probe.reason, probe.ended_us, probe.id,
                  static_cast<int>(before.state), before.due_us));
  return db_->changes() != 0;
}

Result<std::vector<Probe>> ProbeStore::recent_probes(std::optional<ProbeState> state,
                                                     ProbeId before, int limit) {
  const std::int64_t below = before == 0 ? INT64_MAX : before;
  if (!state) {
    TRY_ASSIGN(
        Statement* const select,
        db_->prepare(select_from(kProbeColumns, "probe WHERE id < ? ORDER BY id DESC LIMIT ?")));
    return read_all(select, read_probe, below, limit);
  }
  TRY_ASSIGN(Statement* const select, db_->prepare(select_from(kProbeColumns,
                                                               "probe WHERE id < ? AND state = ?"
                                                               " ORDER BY id DESC LIMIT ?")));
  return read_all(select, read_probe, below, static_cast<int>(*state), limit);
}

// ---- activations

Result<std::optional<ActivationId>> ProbeStore::insert_activation(const Activation& one) {
  TRY(check_text("state", one.state));
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO activation (message, probe, client, state, via, code, user,"
                          " machine, address, fingerprint, at_us, arrived_us, expected, late)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const Status inserted =
      insert->run(one.message, one.probe, one.client, one.state, one.via, one.code, one.user,
                  one.machine, one.address, one.fingerprint, one.at_us, one.arrived_us,
                  one.expected ? 1 : 0, one.late ? 1 : 0);
  if (inserted.ok()) return std::optional<ActivationId>(db_->last_insert_id());
  if (inserted.error().code == Code::kConflict) return std::optional<ActivationId>();
  return inserted.error();
}

Result<std::vector<Activation>> ProbeStore::activations(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT id, message, probe, client, state, via, code, user, machine,"
                          " address, fingerprint, at_us, arrived_us, expected, late"
                          " FROM activation WHERE message = ? ORDER BY id"));
  return read_all(select, read_activation, message);
}

// ---- states and flags

Status ProbeStore::insert_state(const StateChange& change) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO message_state (message, version, state, previous, at_us,"
                          " cause) VALUES (?, ?, ?, ?, ?, ?)"));
  return insert->run(change.message, change.version, change.state, change.previous, change.at_us,
                     change.cause);
}

Result<std::vector<StateChange>> ProbeStore::states(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT message, version, state, previous, at_us, cause"
                          " FROM message_state WHERE message = ? ORDER BY version"));
  return read_all(
      select,
      [](Statement& row) {
        return StateChange{row.column_int(0),
                           row.column_int(1),
                           std::string(row.column_text(2)),
                           std::string(row.column_text(3)),
                           row.column_int(4),
                           std::string(row.column_text(5))};
      },
      message);
}

Result<bool> ProbeStore::set_flag(MessageSeq message, std::string_view flag, bool on) {
  TRY(check_text("flag", flag));
  if (!on) {
    TRY_ASSIGN(Statement* const remove,
               db_->prepare("DELETE FROM message_flag WHERE message = ? AND flag = ?"));
    TRY(remove->run(message, flag));
    return db_->changes() != 0;
  }
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO message_flag (message, flag) VALUES (?, ?)"));
  const Status inserted = insert->run(message, flag);
  if (inserted.ok()) return true;
  if (inserted.error().code == Code::kConflict) return false;  // it is set
  return inserted.error();
}

Result<std::vector<std::string>> ProbeStore::flags(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT flag FROM message_flag WHERE message = ? ORDER BY flag"));
  return read_all(
      select, [](Statement& row) { return std::string(row.column_text(0)); }, message);
}

// ---- firings that wait for their hours

Status ProbeStore::insert_deferred(const DeferredRow& row) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO deferred_row (message, version, rule, due_us)"
                          " VALUES (?, ?, ?, ?)"));
  return insert->run(row.message, row.version, row.rule, row.due_us);
}

Result<std::vector<DeferredRow>> ProbeStore::due_deferred(std::int64_t now_us, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT message, version, rule, due_us FROM deferred_row"
                          " WHERE due_us <= ? ORDER BY due_us, message, version, rule LIMIT ?"));
  return read_all(
      select,
      [](Statement& row) {
        return DeferredRow{row.column_int(0), row.column_int(1), std::string(row.column_text(2)),
                           row.column_int(3)};
      },
      now_us, limit);
}

Result<std::int64_t> ProbeStore::next_deferred() {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT MIN(due_us) FROM deferred_row"));
  return read_number(select);
}

Status ProbeStore::remove_deferred(const DeferredRow& row) {
  TRY_ASSIGN(
      Statement* const remove,
      db_->prepare("DELETE FROM deferred_row WHERE message = ? AND version = ? AND rule = ?"));
  return remove->run(row.message, row.version, row.rule);
}

// ---- effects

Result<EffectId> ProbeStore::insert_effect(const Effect& effect) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO effect (message, rule, verb, spec, state, attempts,"
                          " created_us, due_us, ended_us, result)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(insert->run(effect.message, effect.rule, effect.verb, effect.spec,
                  static_cast<int>(effect.state), effect.attempts, effect.created_us, effect.due_us,
                  effect.ended_us, effect.result));
  return db_->last_insert_id();
}

Result<std::optional<Effect>> ProbeStore::effect(EffectId id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(select_from(kEffectColumns, "effect WHERE id = ?")));
  return read_one(select, read_effect, id);
}

Result<std::vector<Effect>> ProbeStore::due_effects(std::int64_t now_us, int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(select_from(kEffectColumns,
                                      "effect WHERE state = 0 AND due_us <= ?"
                                      " ORDER BY due_us, id LIMIT ?")));
  return read_all(select, read_effect, now_us, limit);
}

Result<std::int64_t> ProbeStore::next_effect_due() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT MIN(due_us) FROM effect WHERE state = 0"));
  return read_number(select);
}

Status ProbeStore::update_effect(const Effect& effect) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE effect SET state = ?, attempts = ?, due_us = ?, ended_us = ?,"
                          " result = ? WHERE id = ?"));
  return update->run(static_cast<int>(effect.state), effect.attempts, effect.due_us,
                     effect.ended_us, effect.result, effect.id);
}

Result<std::vector<Effect>> ProbeStore::effects(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare(select_from(kEffectColumns, "effect WHERE message = ? ORDER BY id")));
  return read_all(select, read_effect, message);
}

Status ProbeStore::purge(Db& db, MessageSeq message) {
  for (const std::string_view table : {"probe", "activation", "message_state", "message_flag",
                                       "deferred_row", "effect", "must_read"}) {
    TRY_ASSIGN(Statement* const remove,
               db.prepare("DELETE FROM " + std::string(table) + " WHERE message = ?"));
    TRY(remove->run(message));
  }
  return {};
}

}  // namespace yizhan::store
