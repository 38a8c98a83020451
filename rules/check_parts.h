#pragma once
// The parts of check(). Private to this directory. Each adds what it finds, in any order.

#include <string>
#include <string_view>
#include <vector>

#include "rules/check.h"
#include "rules/overlap.h"

namespace yizhan::rules {

/// One row with what is asked of it more than once.
struct CheckedRow {
  const Row* row = nullptr;
  TableKind kind = TableKind::kDataState;
  Facts facts;
  bool is_live() const { return row->enabled != Enabled::kNo; }
};

/// All rows: of each table in the order in which they are asked.
struct Checked {
  const Tables* tables = nullptr;
  const CheckOptions* options = nullptr;
  std::vector<CheckedRow> data_state;
  std::vector<CheckedRow> activation;
  std::vector<CheckedRow> preset;
};

class Findings {
 public:
  void error(const Row& row, int line, std::string text, std::string suggestion = {});
  void warning(const Row& row, int line, std::string text, std::string suggestion = {});
  /// Sorted by place, at most kMaxFindings.
  std::vector<Finding> take();

 private:
  std::vector<Finding> all_;
};

/// "[data-state NAME]", to name a row to a person.
std::string shown(const CheckedRow& row);

/// All commands of a row, also those of a preset's watch.
std::vector<const Command*> commands_of(const Row& row);

/// Names of templates, presets, programs, secrets and operations; fields that nothing has here.
void check_names(const Checked& checked, Findings& findings);
/// Presets whose times cannot work or whose activation cannot come.
void check_watches(const Checked& checked, Findings& findings);
/// Rows that can never match.
void check_contradictions(const std::vector<CheckedRow>& rows, Findings& findings);
/// Rows that an earlier `stop` keeps from ever being asked.
void check_hidden(const std::vector<CheckedRow>& rows, Findings& findings);
/// States that rules set and no row is for.
void check_states(const Checked& checked, Findings& findings);
/// Commands that lead back to their own row.
void check_cycles(const Checked& checked, Findings& findings);

}  // namespace yizhan::rules
