#pragma once
// What conditions say about each other: which can never hold together, and which hold whenever
// another does. Every "true" is certain; "false" says nothing.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/condition.h"
#include "rules/table.h"

namespace yizhan::rules {

/// One condition of a row as a demand: a `when` that must hold or an `unless` that must not.
/// Borrows the condition.
class Fact {
 public:
  Fact(const Condition& condition, bool is_wanted)
      : condition_(&condition), is_wanted_(is_wanted), literals_(condition.literals()) {}

  const Condition& condition() const { return *condition_; }
  std::string_view field() const { return condition_->field(); }
  bool is_wanted() const { return is_wanted_; }
  /// Whether the form behind "!" and `unless` must not hold.
  bool is_negated() const { return condition_->is_negated() == is_wanted_; }
  const std::vector<std::string>& literals() const { return literals_; }
  /// The texts of which the field must equal one; null if the fact says something else.
  const std::vector<std::string>* equal_to() const {
    return is_negated() || literals_.empty() ? nullptr : &literals_;
  }
  /// Whether an event in which the field has `value` (none: is missing) can fulfil it.
  bool may_hold_for(std::optional<std::string_view> value) const {
    return is_wanted_ ? condition_->may_hold_for(value) : condition_->may_fail_for(value);
  }
  /// As it is written: "unless.kind = task".
  std::string text(bool is_preset) const;

 private:
  const Condition* condition_;
  bool is_wanted_;
  std::vector<std::string> literals_;
};

/// All demands of one row, by field.
using Facts = std::map<std::string_view, std::vector<Fact>>;
Facts facts_of(const Row& row);

/// Whether each event that fulfils `a` fulfils `b`.
bool implies(const Fact& a, const Fact& b);

/// Whether no event fulfils both.
bool excludes(const Fact& a, const Fact& b);

/// Whether no event fulfils all of `facts`, which are about one field, in rows of `kind`.
bool is_contradiction(const std::vector<Fact>& facts, TableKind kind);

}  // namespace yizhan::rules
