// Rule firings, the instruction tables' text, and retention in the server database.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"
#include "store/limits.h"
#include "store/probe_store.h"
#include "store/rows.h"
#include "store/server_store.h"

namespace yizhan::store {
namespace {

/// Rows that one purge looks at, for each message it may remove, before it lets others go on.
constexpr int kLooksPerRemoval = 16;
constexpr int kMinLooks = 1000;
constexpr int kMaxRemovals = 100'000;

}  // namespace

/// A message that purge_finished() looks at.
struct PurgeCandidate {
  MessageSeq seq = 0;
  MessageId id;
  ContentHash content_hash;
  bool finished = false;
};

namespace {

/// At most `limit` messages from `from` on, in the order of seq.
Result<std::vector<PurgeCandidate>> purge_candidates(Db& db, MessageSeq from,
                                                     std::int64_t before_us, int limit) {
  TRY_ASSIGN(Statement* const select,
             db.prepare("SELECT m.seq, m.id, m.content_hash, m.stored_us < ? AND NOT EXISTS"
                        " (SELECT 1 FROM delivery d WHERE d.message = m.seq AND d.state = 0)"
                        " FROM message m WHERE m.seq >= ? ORDER BY m.seq LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(before_us, from, limit));
  std::vector<PurgeCandidate> candidates;
  while (row) {
    PurgeCandidate candidate;
    candidate.seq = rows->column_int(0);
    bool whole = true;
    candidate.id = read_or_note<MessageId>(*rows, 1, &whole);
    candidate.content_hash = read_or_note<ContentHash>(*rows, 2, &whole);
    // What has lost its id cannot be known for ever, and stays.
    candidate.finished = whole && rows->column_int(3) != 0;
    candidates.push_back(candidate);
    TRY_ASSIGN(row, rows.next());
  }
  return candidates;
}

ServerStore::RuleVersion read_version(Statement& row) {
  return {row.column_int(0), row.column_int(1), std::string(row.column_text(2)),
          std::string(row.column_text(3))};
}

}  // namespace

Result<bool> ServerStore::insert_firing(const Firing& firing) {
  TRY(check_text("rule", firing.rule));
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO firing (message, version, rule, fired_us, effect)"
                          " VALUES (?, ?, ?, ?, ?)"));
  const Status inserted =
      insert->run(firing.message, firing.version, firing.rule, firing.fired_us, firing.effect);
  if (inserted.ok()) return true;
  if (inserted.error().code == Code::kConflict) return false;
  return inserted.error();
}

Status ServerStore::set_firing_effect(const Firing& firing) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE firing SET effect = ?"
                          " WHERE message = ? AND version = ? AND rule = ?"));
  TRY(update->run(firing.effect, firing.message, firing.version, firing.rule));
  if (db_->changes() != 0) return {};
  return Error{Code::kNotFound, "rule " + firing.rule + " did not fire on message " +
                                    std::to_string(firing.message) + " version " +
                                    std::to_string(firing.version)};
}

Result<std::vector<Firing>> ServerStore::firings(MessageSeq message) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT message, version, rule, fired_us, effect FROM firing"
                          " WHERE message = ? ORDER BY version, rule"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(message));
  std::vector<Firing> firings;
  while (row) {
    firings.push_back({rows->column_int(0), rows->column_int(1), std::string(rows->column_text(2)),
                       rows->column_int(3), std::string(rows->column_text(4))});
    TRY_ASSIGN(row, rows.next());
  }
  return firings;
}

Result<std::optional<ServerStore::RuleVersion>> ServerStore::current_rules() {
  TRY_ASSIGN(auto newest, rules_history(1));
  return newest.empty() ? std::optional<RuleVersion>()
                        : std::optional<RuleVersion>(std::move(newest.front()));
}

Result<std::optional<ServerStore::RuleVersion>> ServerStore::rules_version(std::int64_t version) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT version, applied_us, author, rules FROM rule_version"
                          " WHERE version = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(version));
  if (!found) return std::optional<RuleVersion>();
  return std::optional<RuleVersion>(read_version(*row));
}

Result<std::vector<ServerStore::RuleVersion>> ServerStore::rules_history(int limit) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT version, applied_us, author, rules FROM rule_version"
                          " ORDER BY version DESC LIMIT ?"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(limit));
  std::vector<RuleVersion> versions;
  while (row) {
    versions.push_back(read_version(*rows));
    TRY_ASSIGN(row, rows.next());
  }
  return versions;
}

Result<std::int64_t> ServerStore::apply_rules(const RuleVersion& rules) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO rule_version (applied_us, author, rules) VALUES (?, ?, ?)"));
  TRY(insert->run(rules.applied_us, rules.author, rules.text));
  return db_->last_insert_id();
}

Status ServerStore::purge(const PurgeCandidate& finished) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT state, COUNT(*) FROM delivery WHERE message = ? GROUP BY state"));
  std::int64_t deliveries = 0;
  {
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first(finished.seq));
    while (row) {
      count(static_cast<DeliveryState>(rows->column_int(0)), -rows->column_int(1));
      deliveries += rows->column_int(1);
      TRY_ASSIGN(row, rows.next());
    }
  }
  unflushed_.purged += deliveries;
  TRY_ASSIGN(Statement* const keep_id,
             db_->prepare("INSERT INTO known_id (id, content_hash, deliveries) VALUES (?, ?, ?)"));
  TRY(keep_id->run(blob(finished.id), blob(finished.content_hash), deliveries));
  TRY_ASSIGN(Statement* const delivery, db_->prepare("DELETE FROM delivery WHERE message = ?"));
  TRY(delivery->run(finished.seq));
  TRY_ASSIGN(Statement* const firing, db_->prepare("DELETE FROM firing WHERE message = ?"));
  TRY(firing->run(finished.seq));
  TRY(ProbeStore::purge(*db_, finished.seq));
  TRY_ASSIGN(Statement* const message, db_->prepare("DELETE FROM message WHERE seq = ?"));
  return message->run(finished.seq);
}

Result<std::int64_t> ServerStore::purge_finished(std::int64_t before_us, int limit) {
  // Looks at a bounded stretch of messages and goes on there next time: neither a mailbox full of
  // waiting old ones nor a clock that once was wrong can stop it or make it slow.
  const int looks = std::max(kMinLooks, std::min(limit, kMaxRemovals) * kLooksPerRemoval);
  TRY_ASSIGN(const std::vector<PurgeCandidate> candidates,
             purge_candidates(*db_, purge_from_, before_us, looks));
  std::int64_t removed = 0;
  MessageSeq last = 0;
  const bool at_end = candidates.size() < static_cast<std::size_t>(looks);
  purge_from_ = at_end ? 0 : candidates.back().seq + 1;
  for (const PurgeCandidate& candidate : candidates) {
    if (!candidate.finished) continue;
    if (removed == std::min(limit, kMaxRemovals)) {
      purge_from_ = candidate.seq;
      break;
    }
    TRY(purge(candidate));
    last = candidate.seq;
    ++removed;
  }
  if (removed > 0) {
    last_inserted_ = 0;
    last_unknown_.reset();
    TRY_ASSIGN(Statement* const remember,
               db_->prepare("UPDATE ledger SET last_seq = ? WHERE last_seq < ?"));
    TRY(remember->run(last, last));
  }
  return removed;
}

}  // namespace yizhan::store
