#include "broker/non_matches.h"

#include <algorithm>
#include <utility>

namespace yizhan::broker {

Status NonMatches::recover() {
  TRY_ASSIGN(numbers_, store_.numbers());
  return {};
}

NonMatches::Row& NonMatches::row_of(const rules::Miss& miss) {
  if (rows_.size() <= miss.position) rows_.resize(miss.position + 1);
  Row& row = rows_[miss.position];
  if (row.notes.empty()) {
    row.notes.resize(store::kNonMatchesKept);
    row.last = row.stored = numbers_[prefix_ + miss.row->name];
  }
  return row;
}

void NonMatches::note(const std::vector<rules::Miss>& misses, const Subject& subject,
                      std::int64_t now_us) {
  for (const rules::Miss& miss : misses) {
    Row& row = row_of(miss);
    ++row.last;
    row.notes[static_cast<std::size_t>(row.last % store::kNonMatchesKept)] = {
        subject.seq, subject.version, now_us, miss};
    any_ = true;
  }
}

Status NonMatches::flush() {
  if (!std::exchange(any_, false)) return {};
  for (Row& row : rows_) {
    std::int64_t number = std::max(row.stored, row.last - store::kNonMatchesKept);
    while (number < row.last) {
      const Note& note = row.notes[static_cast<std::size_t>(++number % store::kNonMatchesKept)];
      const rules::Miss& miss = note.miss;
      const char* word = miss.unless ? "unless." : miss.row->watch ? "for." : "when.";
      TRY(store_.put({prefix_ + miss.row->name, number, note.message, note.version, note.at_us,
                      word + miss.condition->field() + " = " + miss.condition->text()}));
    }
    row.stored = row.last;
  }
  return {};
}

Result<std::vector<store::NonMatch>> NonMatches::kept(std::string_view name) {
  return store_.of_rule(prefix_ + std::string(name));
}

Status NonMatches::forget() {
  numbers_.clear();
  rows_.clear();
  any_ = false;
  return store_.clear();
}

}  // namespace yizhan::broker
