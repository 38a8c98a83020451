#include "store/non_matches.h"

#include "store/limits.h"

namespace yizhan::store {

Status NonMatchStore::put(const NonMatch& non_match) {
  TRY(check_text("rule", non_match.rule));
  // REPLACE is one statement in both dialects, and the slot bounds the table.
  TRY_ASSIGN(Statement* const replace,
             db_->prepare("REPLACE INTO non_match (rule, slot, number, message, version, at_us,"
                          " reason) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  return replace->run(non_match.rule, non_match.number % kNonMatchesKept, non_match.number,
                      non_match.message, non_match.version, non_match.at_us, non_match.reason);
}

Result<std::vector<NonMatch>> NonMatchStore::of_rule(std::string_view rule) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT number, message, version, at_us, reason FROM non_match"
                          " WHERE rule = ? ORDER BY number DESC"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(rule));
  std::vector<NonMatch> found;
  while (row) {
    found.push_back({std::string(rule), rows->column_int(0), rows->column_int(1),
                     rows->column_int(2), rows->column_int(3), std::string(rows->column_text(4))});
    TRY_ASSIGN(row, rows.next());
  }
  return found;
}

Result<std::map<std::string, std::int64_t>> NonMatchStore::numbers() {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT rule, MAX(number) FROM non_match GROUP BY rule"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first());
  std::map<std::string, std::int64_t> numbers;
  while (row) {
    numbers.emplace(std::string(rows->column_text(0)), rows->column_int(1));
    TRY_ASSIGN(row, rows.next());
  }
  return numbers;
}

Status NonMatchStore::clear() {
  TRY_ASSIGN(Statement* const remove, db_->prepare("DELETE FROM non_match"));
  return remove->run();
}

}  // namespace yizhan::store
