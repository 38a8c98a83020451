#pragma once
// Collects what rows did not fire on during one step, and stores what of it is still among the
// newest of its row when the step ends: what a row costs does not grow with the messages of a step.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/event.h"
#include "rules/match.h"
#include "store/non_matches.h"

namespace yizhan::broker {

class NonMatches {
 public:
  /// `prefix` stands before the names of one table's rows, as in the record of firings.
  NonMatches(store::Db& db, std::string_view prefix) : store_(db), prefix_(prefix) {}

  /// Goes on counting where the database stands.
  Status recover();
  /// `misses` are of the table in force, whose rows outlive the next flush().
  void note(const std::vector<rules::Miss>& misses, const Subject& subject, std::int64_t now_us);
  /// Stores what was noted. In the step's transaction.
  Status flush();
  /// What is stored about the row `name`, newest first.
  Result<std::vector<store::NonMatch>> kept(std::string_view name);
  /// Another table is in force: nothing that is kept is about it. In the step's transaction.
  Status forget();

 private:
  struct Note {
    store::MessageSeq message = 0;
    std::int64_t version = 0;
    std::int64_t at_us = 0;
    rules::Miss miss{};
  };
  struct Row {
    std::int64_t last = 0;    ///< number of the newest
    std::int64_t stored = 0;  ///< number of the newest that is stored
    std::vector<Note> notes;  ///< by number modulo kNonMatchesKept; empty: nothing was noted yet
  };

  Row& row_of(const rules::Miss& miss);

  store::NonMatchStore store_;
  const std::string prefix_;
  std::map<std::string, std::int64_t> numbers_;  ///< by rule, of rows without notes
  std::vector<Row> rows_;                        ///< by their position in the table
  bool any_ = false;                             ///< something is not stored
};

}  // namespace yizhan::broker
