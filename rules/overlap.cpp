#include "rules/overlap.h"

#include <algorithm>
#include <compare>
#include <span>
#include <utility>

namespace yizhan::rules {
namespace {

using Range = Condition::Range;
using Words = std::vector<std::string>;

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Whether all of `few` are among `many`.
bool is_subset(const Words& few, const Words& many) {
  return std::all_of(few.begin(), few.end(),
                     [&many](const std::string& word) { return contains(many, word); });
}

// ---- ranges

// A place on the line of scalars of one kind: at `scalar`, just above it, or below all others.
struct Place {
  const Scalar* scalar = nullptr;  // null: below all
  bool is_above = false;
};

bool is_in(const Range& range, const Place& place) {
  if (range.low) {
    if (place.scalar == nullptr) return false;
    const auto order = compare(*place.scalar, *range.low);
    if (!order || *order < 0) return false;
    if (*order == 0 && !place.is_above && !range.low_included) return false;
  }
  if (range.high) {
    if (place.scalar == nullptr) return true;
    const auto order = compare(*place.scalar, *range.high);
    if (!order || *order > 0) return false;
    if (*order == 0 && (place.is_above || !range.high_included)) return false;
  }
  return true;
}

// One place of each stretch on which none of `ranges` changes its answer.
std::vector<Place> places_of(const std::vector<const Range*>& ranges) {
  std::vector<Place> places = {Place{}};
  for (const Range* range : ranges) {
    for (const std::optional<Scalar>* bound : {&range->low, &range->high}) {
      if (!*bound) continue;
      places.push_back({&**bound, false});
      places.push_back({&**bound, true});
    }
  }
  return places;
}

std::size_t kind_of(const Range& range) {
  return (range.low ? *range.low : *range.high).index();
}

// Whether no scalar is in all of `within` and none of `without`.
bool is_empty(const std::vector<const Range*>& within, const std::vector<const Range*>& without) {
  std::vector<const Range*> all = within;
  for (const Range* range : without) {
    // A value of another kind is in none of them.
    if (kind_of(*range) == kind_of(*within.front())) all.push_back(range);
  }
  for (const Range* range : within) {
    if (kind_of(*range) != kind_of(*within.front())) return true;
  }
  const std::size_t wanted = within.size();
  const auto places = places_of(all);
  return std::none_of(places.begin(), places.end(), [&](const Place& place) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (is_in(*all[i], place) != (i < wanted)) return false;
    }
    return true;
  });
}

// ---- one field

bool all_may_hold(const std::vector<Fact>& facts, std::optional<std::string_view> value) {
  return std::all_of(facts.begin(), facts.end(),
                     [value](const Fact& fact) { return fact.may_hold_for(value); });
}

bool is_set_contradiction(const std::vector<Fact>& facts) {
  Words excluded;
  for (const Fact& fact : facts) {
    if (!fact.is_negated()) continue;
    excluded.insert(excluded.end(), fact.literals().begin(), fact.literals().end());
  }
  return std::any_of(facts.begin(), facts.end(), [&excluded](const Fact& fact) {
    return !fact.is_negated() && is_subset(fact.literals(), excluded);
  });
}

bool is_range_contradiction(const std::vector<Fact>& facts) {
  std::vector<const Range*> within;
  std::vector<const Range*> without;
  for (const Fact& fact : facts) {
    const Range* range = fact.condition().range();
    if (range != nullptr) (fact.is_negated() ? without : within).push_back(range);
  }
  return !within.empty() && is_empty(within, without);
}

}  // namespace

std::string Fact::text(bool is_preset) const {
  const char* prefix = !is_wanted_ ? "unless." : is_preset ? "for." : "when.";
  return prefix + condition_->field() + " = " + condition_->text();
}

Facts facts_of(const Row& row) {
  Facts facts;
  for (const Condition& one : row.when) facts[one.field()].emplace_back(one, true);
  for (const Condition& one : row.unless) facts[one.field()].emplace_back(one, false);
  return facts;
}

bool implies(const Fact& a, const Fact& b) {
  // What "fires" says is each row's own.
  if (a.field() != b.field() || a.field() == kFiresField) return false;
  if (a.is_wanted() == b.is_wanted() && a.condition().text() == b.condition().text()) return true;
  if (a.condition().is_change() || b.condition().is_change()) return false;
  if (is_set_field(a.field())) {
    if (a.is_negated() != b.is_negated()) return false;
    return a.is_negated() ? is_subset(b.literals(), a.literals())
                          : is_subset(a.literals(), b.literals());
  }
  const auto holds_for_b = [&b](const std::string& word) { return b.may_hold_for(word); };
  if (const Words* words = a.equal_to()) {
    return std::all_of(words->begin(), words->end(), holds_for_b);
  }
  if (b.condition().is_presence()) return !b.may_hold_for({}) && !a.may_hold_for({});
  if (b.is_negated() && !b.literals().empty()) {
    return std::none_of(b.literals().begin(), b.literals().end(),
                        [&a](const std::string& word) { return a.may_hold_for(word); });
  }
  const Range* inner = a.condition().range();
  const Range* outer = b.condition().range();
  return inner != nullptr && outer != nullptr && !a.is_negated() && !b.is_negated() &&
         kind_of(*inner) == kind_of(*outer) && is_empty({inner}, {outer});
}

bool excludes(const Fact& a, const Fact& b) {
  if (a.field() != b.field() || a.field() == kFiresField) return false;
  if (is_set_field(a.field())) return is_set_contradiction({a, b});
  for (const bool is_first : {true, false}) {
    const Words* words = (is_first ? a : b).equal_to();
    if (words == nullptr) continue;
    const Fact& other = is_first ? b : a;
    return std::none_of(words->begin(), words->end(),
                        [&other](const std::string& word) { return other.may_hold_for(word); });
  }
  for (const bool is_first : {true, false}) {
    const Fact& one = is_first ? a : b;
    const Fact& other = is_first ? b : a;
    const bool is_missing = one.condition().is_presence() && one.may_hold_for({});
    if (is_missing) return !other.may_hold_for({});
  }
  const bool may_both_be_missing = a.may_hold_for({}) && b.may_hold_for({});
  return !may_both_be_missing && is_range_contradiction({a, b});
}

bool is_contradiction(const std::vector<Fact>& facts, TableKind kind) {
  const std::string_view field = facts.front().field();
  if (is_set_field(field)) return is_set_contradiction(facts);
  // A row that has never fired is asked with 0, and never will if that does not do.
  if (field == kFiresField) return !all_may_hold(facts, "0");
  if (!is_always_present(field) && all_may_hold(facts, std::nullopt)) return false;

  // Where only some values come into question, each is tried.
  const auto words = words_of(field, kind);
  const auto is_possible = [&facts](std::string_view word) { return all_may_hold(facts, word); };
  if (!words.empty()) return std::none_of(words.begin(), words.end(), is_possible);
  for (const Fact& fact : facts) {
    if (const Words* equal = fact.equal_to()) {
      return std::none_of(equal->begin(), equal->end(), is_possible);
    }
  }
  for (const Fact& fact : facts) {
    if (fact.condition().is_presence() && !fact.may_hold_for("")) return true;
    // The same form, demanded and refused.
    for (const Fact& other : facts) {
      if (fact.is_wanted() && !other.is_wanted() && !fact.condition().is_change() &&
          fact.condition().text() == other.condition().text()) {
        return true;
      }
    }
  }
  return is_range_contradiction(facts);
}

}  // namespace yizhan::rules
