// Where commands lead: states that no row is for, and circles.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "rules/check_parts.h"
#include "rules/commands.h"

namespace yizhan::rules {
namespace {

// A table has few states that are patterns; with more, any state may be one of them.
constexpr std::size_t kMaxStatePatterns = 1'000;
// A circle through more rows than this is not looked for.
constexpr std::size_t kMaxCycleLength = 64;

const std::vector<Fact>* facts_about(const CheckedRow& row, std::string_view field) {
  const auto found = row.facts.find(field);
  return found == row.facts.end() ? nullptr : &found->second;
}

bool may_hold(const CheckedRow& row, std::string_view field, std::string_view value) {
  const auto* facts = facts_about(row, field);
  return facts == nullptr || std::all_of(facts->begin(), facts->end(), [value](const Fact& fact) {
           return fact.may_hold_for(value);
         });
}

// Whether what the row asks about a change of state lets it have been `before`.
bool may_change_from(const CheckedRow& row, std::string_view before) {
  const auto* facts = facts_about(row, "state");
  return facts == nullptr || std::all_of(facts->begin(), facts->end(), [before](const Fact& fact) {
           return !fact.is_wanted() || fact.condition().may_change_from(before);
         });
}

// The states that a command sets, at once or at the end of its program, if they are written out.
std::vector<std::string_view> states_set_by(const Command& command) {
  std::vector<std::string_view> states;
  for (const auto& [verb, key] :
       {std::pair("set_state", "state"), std::pair("run", "ok"), std::pair("run", "failed")}) {
    if (command.verb != verb) continue;
    const std::string_view state = fixed_argument(command, key);
    if (!state.empty()) states.push_back(state);
  }
  return states;
}

// ---- states without a row

// What all live rows of [data-state] and [preset] ask about the state.
class AskedStates {
 public:
  explicit AskedStates(const Checked& checked) {
    for (const auto* rows : {&checked.data_state, &checked.preset}) {
      for (const CheckedRow& row : *rows) {
        if (row.is_live()) add(row);
      }
    }
  }

  bool contains(std::string_view state) const {
    if (literals_.contains(state) || patterns_.size() > kMaxStatePatterns) return true;
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [state](const Fact* fact) { return fact->may_hold_for(state); });
  }
  const std::set<std::string, std::less<>>& literals() const { return literals_; }

 private:
  void add(const CheckedRow& row) {
    const auto* facts = facts_about(row, "state");
    if (facts == nullptr) return;
    for (const Fact& fact : *facts) {
      if (const auto* words = fact.equal_to()) {
        literals_.insert(words->begin(), words->end());
      } else if (!fact.is_negated()) {
        patterns_.push_back(&fact);
      }
    }
  }

  std::set<std::string, std::less<>> literals_;
  std::vector<const Fact*> patterns_;
};

// ---- circles

// Fields that a command can change, or that time does: what two rows demand of them can hold one
// after the other.
bool is_changing(std::string_view field) {
  static constexpr std::array<std::string_view, 16> kChanging = {"state",
                                                                 "previous_state",
                                                                 "age",
                                                                 "time_to_due",
                                                                 "progress",
                                                                 "fires",
                                                                 "attempts",
                                                                 "conflict",
                                                                 kFlagField,
                                                                 kRecipientRoleField,
                                                                 "signed",
                                                                 "self_revision",
                                                                 "must_read",
                                                                 "run_output",
                                                                 "recipient.silent",
                                                                 "in_reply_to.state"};
  return std::find(kChanging.begin(), kChanging.end(), field) != kChanging.end();
}

// Whether one message can match both.
bool are_compatible(const CheckedRow& a, const CheckedRow& b) {
  for (const auto& [field, facts] : a.facts) {
    // What an activation says of itself the next one need not.
    if (is_changing(field) || !check_field(field, TableKind::kDataState).ok()) continue;
    const auto* others = facts_about(b, field);
    if (others == nullptr) continue;
    for (const Fact& fact : facts) {
      for (const Fact& other : *others) {
        if (excludes(fact, other)) return false;
      }
    }
  }
  return true;
}

// Whether the states before and after fit: `from` was fulfilled in a state that `to` asks for.
bool fits_previous_state(const CheckedRow& from, const CheckedRow& to) {
  if (from.kind == TableKind::kActivation) return true;  // its `state` is the activation's
  const auto* before = facts_about(from, "state");
  if (before == nullptr) return true;
  for (const Fact& fact : *before) {
    const auto* words = fact.equal_to();
    if (words == nullptr) continue;
    return std::any_of(words->begin(), words->end(), [&to](const std::string& word) {
      return may_hold(to, "previous_state", word) && may_change_from(to, word);
    });
  }
  return true;
}

// Rows that something leads to, by the first value that they demand and that nothing changes, so
// that rows for another client or kind are not looked at.
class Targets {
 public:
  void add(const CheckedRow& row) {
    for (const auto& [field, facts] : row.facts) {
      if (is_changing(field)) continue;
      for (const Fact& fact : facts) {
        if (fact.equal_to() == nullptr || is_set_field(field)) continue;
        for (const std::string& word : *fact.equal_to()) by_value_[field][word].push_back(&row);
        return;
      }
    }
    any_.push_back(&row);
  }

  // Those that may be for a message that matches `from`.
  void collect(const CheckedRow& from, std::vector<const CheckedRow*>& found) const {
    append(found, any_);
    for (const auto& [field, by_word] : by_value_) {
      const std::vector<std::string>* words = nullptr;
      if (const auto* facts = facts_about(from, field)) {
        for (const Fact& fact : *facts) words = words ? words : fact.equal_to();
      }
      if (words == nullptr) {
        for (const auto& [word, rows] : by_word) append(found, rows);
        continue;
      }
      for (const std::string& word : *words) {
        const auto rows = by_word.find(word);
        if (rows != by_word.end()) append(found, rows->second);
      }
    }
  }

 private:
  using Rows = std::vector<const CheckedRow*>;
  static void append(Rows& found, const Rows& rows) {
    found.insert(found.end(), rows.begin(), rows.end());
  }

  std::map<std::string_view, std::map<std::string_view, Rows>> by_value_;
  Rows any_;
};

class CycleFinder {
 public:
  CycleFinder(const Checked& checked, Findings& findings) : checked_(checked), findings_(findings) {
    for (const CheckedRow& row : checked.data_state) add_target(row);
    for (const CheckedRow& row : checked.preset) {
      if (!acts(row)) continue;
      presets_[row.row->name] = &row;
      if (row.facts.contains("state")) add_target(row);
    }
    for (const CheckedRow& row : checked.activation) {
      if (acts(row)) by_activation_.push_back(&row);
    }
  }

  void find() {
    for (const auto* rows : {&checked_.data_state, &checked_.activation, &checked_.preset}) {
      for (const CheckedRow& row : *rows) {
        if (acts(row)) visit(row);
      }
    }
  }

 private:
  enum class Mark { kOnPath, kDone };

  // A row that fires a bounded number of times leads nowhere for ever, and a shadow does nothing.
  static bool acts(const CheckedRow& row) {
    return row.row->enabled == Enabled::kYes && !row.row->max_fires &&
           !row.facts.contains(kFiresField);
  }

  void add_target(const CheckedRow& row) {
    if (!acts(row)) return;
    if (const auto* flags = facts_about(row, kFlagField)) {
      for (const Fact& fact : *flags) {
        const char* value = fact.is_negated() ? "no " : "yes ";
        for (const std::string& word : fact.literals()) by_flag_[value + word].add(row);
      }
    }
    const auto* facts = facts_about(row, "state");
    if (facts != nullptr) {
      for (const Fact& fact : *facts) {
        if (fact.equal_to() == nullptr) continue;
        for (const std::string& word : *fact.equal_to()) by_state_[word].add(row);
        return;
      }
    }
    by_any_state_.add(row);
  }

  std::vector<const CheckedRow*> successors(const CheckedRow& row) {
    std::vector<const CheckedRow*> found;
    if (steps_ > kMaxCycleSteps) return found;
    for (const Command* command : commands_of(*row.row)) {
      add_successors(row, *command, found);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    // In the order in which they are written, whatever the addresses.
    std::sort(found.begin(), found.end(), [](const CheckedRow* a, const CheckedRow* b) {
      return std::tie(a->row->file, a->row->line) < std::tie(b->row->file, b->row->line);
    });
    return found;
  }

  void add_successors(const CheckedRow& row, const Command& command,
                      std::vector<const CheckedRow*>& found) {
    for (const std::string_view state : states_set_by(command)) {
      std::vector<const CheckedRow*> targets;
      by_any_state_.collect(row, targets);
      const auto with_state = by_state_.find(state);
      if (with_state != by_state_.end()) with_state->second.collect(row, targets);
      add_fitting(row, targets, state, found);
    }
    if (command.verb == "set_flag") {
      std::vector<const CheckedRow*> targets;
      const bool is_set = fixed_argument(command, "value") != "no";
      const std::string key =
          (is_set ? "yes " : "no ") + std::string(fixed_argument(command, "flag"));
      const auto with_flag = by_flag_.find(key);
      if (with_flag != by_flag_.end()) with_flag->second.collect(row, targets);
      add_fitting(row, targets, "", found);
    }
    if (command.verb == "probe") add_probed(fixed_argument(command, "preset"), found);
  }

  // Those of `targets` that one message can match after `row`, in `state` if that is not empty.
  void add_fitting(const CheckedRow& row, const std::vector<const CheckedRow*>& targets,
                   std::string_view state, std::vector<const CheckedRow*>& found) {
    steps_ += 1 + targets.size();
    for (const CheckedRow* target : targets) {
      const bool fits =
          state.empty() || (may_hold(*target, "state", state) && fits_previous_state(row, *target));
      if (fits && are_compatible(row, *target)) found.push_back(target);
    }
  }

  void add_probed(std::string_view name, std::vector<const CheckedRow*>& found) const {
    const auto preset = presets_.find(name);
    if (preset != presets_.end()) found.push_back(preset->second);
    for (const CheckedRow* row : by_activation_) {
      if (may_hold(*row, "preset", name)) found.push_back(row);
    }
  }

  void visit(const CheckedRow& first) {
    struct Step {
      const CheckedRow* row;
      std::vector<const CheckedRow*> next;
      std::size_t at = 0;
    };
    if (marks_.contains(&first)) return;
    std::vector<Step> path;
    const auto enter = [&](const CheckedRow& row) {
      marks_[&row] = Mark::kOnPath;
      path.push_back({&row, successors(row)});
    };
    enter(first);
    while (!path.empty()) {
      Step& step = path.back();
      if (step.at == step.next.size() || steps_ > kMaxCycleSteps || path.size() > kMaxCycleLength) {
        marks_[step.row] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const CheckedRow* next = step.next[step.at++];
      const auto mark = marks_.find(next);
      if (mark == marks_.end()) {
        enter(*next);
      } else if (mark->second == Mark::kOnPath) {
        std::vector<const CheckedRow*> circle;
        for (const Step& one : path) {
          if (!circle.empty() || one.row == next) circle.push_back(one.row);
        }
        report(circle);
      }
    }
  }

  void report(const std::vector<const CheckedRow*>& circle) {
    // Each leads to the next; one message has to be able to go all the way.
    for (const CheckedRow* a : circle) {
      for (const CheckedRow* b : circle) {
        if (a != b && !are_compatible(*a, *b)) return;
      }
    }
    std::string text = "commands go round in a circle: ";
    for (const CheckedRow* row : circle) text += row->row->name + " -> ";
    const Row& first = *circle.front()->row;
    findings_.warning(first, first.line, text + first.name,
                      "ask for the state in when.state, or bound one of them with max_fires");
  }

  const Checked& checked_;
  Findings& findings_;
  std::map<std::string, Targets, std::less<>> by_state_;
  Targets by_any_state_;
  std::map<std::string, Targets, std::less<>> by_flag_;  // "yes FLAG": asked to be set
  std::map<std::string, const CheckedRow*, std::less<>> presets_;
  std::vector<const CheckedRow*> by_activation_;
  std::map<const CheckedRow*, Mark> marks_;
  std::size_t steps_ = 0;
};

}  // namespace

void check_states(const Checked& checked, Findings& findings) {
  const AskedStates asked(checked);
  const CheckOptions::Names& known = checked.options->states;
  std::vector<std::string_view> names(known.begin(), known.end());
  names.insert(names.end(), asked.literals().begin(), asked.literals().end());
  std::set<std::string_view> reported;
  for (const auto* rows : {&checked.data_state, &checked.activation, &checked.preset}) {
    for (const CheckedRow& row : *rows) {
      for (const Command* command : commands_of(*row.row)) {
        for (const std::string_view state : states_set_by(*command)) {
          if (!row.is_live() || known.contains(state) || asked.contains(state) ||
              !reported.insert(state).second) {
            continue;
          }
          const auto near = nearest_name(state, names);
          findings.warning(*row.row, command->line,
                           "no row handles the state \"" + std::string(state) + "\"",
                           near.empty() ? "write a row with when.state = " + std::string(state)
                                        : "did you mean \"" + std::string(near) + "\"?");
        }
      }
    }
  }
}

void check_cycles(const Checked& checked, Findings& findings) {
  CycleFinder(checked, findings).find();
}

}  // namespace yizhan::rules
