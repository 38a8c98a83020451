// Rows that can never match, and rows that are never asked.
#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "rules/check_parts.h"

namespace yizhan::rules {
namespace {

// A field and one of the values it is asked for.
using Value = std::pair<std::string_view, std::string_view>;

// Whether each event that matches `row` matches `earlier` too.
bool is_covered(const CheckedRow& row, const CheckedRow& earlier) {
  for (const auto& [field, demands] : earlier.facts) {
    const auto found = row.facts.find(field);
    if (found == row.facts.end()) return false;
    for (const Fact& demand : demands) {
      const auto& facts = found->second;
      if (std::none_of(facts.begin(), facts.end(),
                       [&demand](const Fact& fact) { return implies(fact, demand); })) {
        return false;
      }
    }
  }
  return true;
}

// Rows with `stop`, found by the value that the fewest of them ask for: whatever one of them hides
// asks for it too.
class StopIndex {
 public:
  explicit StopIndex(const std::vector<CheckedRow>& rows) {
    for (const CheckedRow& row : rows) {
      if (!stops(row)) continue;
      for_each_value(row, [this](const Value& value) { ++frequencies_[value]; });
    }
  }

  void add(const CheckedRow& row) {
    if (!stops(row)) return;
    const Fact* key = most_selective(row);
    if (key == nullptr) return unindexed_.push_back(&row);
    for (const std::string& word : *key->equal_to())
      by_value_[{key->field(), word}].push_back(&row);
  }

  // The first of the rows added so far that hides `row`, or null.
  const CheckedRow* find_hiding(const CheckedRow& row) const {
    std::size_t left = kMaxHidingRows;
    if (const CheckedRow* found = find_in(unindexed_, row, left)) return found;
    for (const auto& [field, facts] : row.facts) {
      for (const Fact& fact : facts) {
        if (fact.equal_to() == nullptr) continue;
        const auto rows = by_value_.find({field, fact.equal_to()->front()});
        if (rows == by_value_.end()) continue;
        if (const CheckedRow* found = find_in(rows->second, row, left)) return found;
      }
    }
    return nullptr;
  }

 private:
  using Rows = std::vector<const CheckedRow*>;

  static bool stops(const CheckedRow& row) {
    return row.row->stop && row.row->enabled == Enabled::kYes;
  }

  template <class Use>
  static void for_each_value(const CheckedRow& row, const Use& use) {
    for (const auto& [field, facts] : row.facts) {
      for (const Fact& fact : facts) {
        if (fact.equal_to() == nullptr) continue;
        for (const std::string& word : *fact.equal_to()) use(Value{field, word});
      }
    }
  }

  const Fact* most_selective(const CheckedRow& row) const {
    const Fact* best = nullptr;
    std::size_t best_cost = std::numeric_limits<std::size_t>::max();
    for (const auto& [field, facts] : row.facts) {
      for (const Fact& fact : facts) {
        if (fact.equal_to() == nullptr) continue;
        std::size_t cost = 0;
        for (const std::string& word : *fact.equal_to()) cost += frequencies_.at({field, word});
        if (cost >= best_cost) continue;
        best = &fact;
        best_cost = cost;
      }
    }
    return best;
  }

  static const CheckedRow* find_in(const Rows& rows, const CheckedRow& row, std::size_t& left) {
    for (const CheckedRow* earlier : rows) {
      if (left == 0) return nullptr;
      --left;
      if (is_covered(row, *earlier)) return earlier;
    }
    return nullptr;
  }

  std::map<Value, std::size_t> frequencies_;
  std::map<Value, Rows> by_value_;
  Rows unindexed_;
};

}  // namespace

void check_contradictions(const std::vector<CheckedRow>& rows, Findings& findings) {
  for (const CheckedRow& row : rows) {
    for (const auto& [field, facts] : row.facts) {
      if (!is_contradiction(facts, row.kind)) continue;
      std::string text;
      int line = row.row->line;
      for (const Fact& fact : facts) {
        text += (text.empty() ? "" : " and ") + fact.text(row.kind == TableKind::kPreset);
        line = std::max(line, fact.condition().line());
      }
      text += facts.size() == 1 ? " never holds" : " never hold together";
      findings.error(*row.row, line, shown(row) + " can never match: " + std::move(text));
    }
  }
}

void check_hidden(const std::vector<CheckedRow>& rows, Findings& findings) {
  StopIndex stops(rows);
  for (const CheckedRow& row : rows) {
    if (!row.is_live()) continue;
    if (const CheckedRow* hiding = stops.find_hiding(row)) {
      const Row& first = *hiding->row;
      findings.warning(*row.row, row.row->line,
                       shown(row) + " is never asked: " + first.name + " (" + first.file + ":" +
                           std::to_string(first.line) +
                           ") comes before it, matches all that it matches, and has stop = yes",
                       "give it a smaller order, or take the stop away");
      continue;  // what it hides itself is hidden already
    }
    stops.add(row);
  }
}

}  // namespace yizhan::rules
