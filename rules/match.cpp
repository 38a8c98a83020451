#include "rules/match.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "config/printable.h"
#include "rules/commands.h"
#include "rules/text_template.h"
#include "rules/watch.h"

namespace yizhan::rules {
namespace {

// How many rows ask for a field to be equal to a value, over the whole table.
using Frequencies = std::map<std::pair<std::string, std::string>, std::size_t>;

// The texts of which the condition's field must equal one, if the index can look that up: what
// "fires" says is different for each row.
std::vector<std::string> indexable(const Condition& condition) {
  return condition.field() == kFiresField ? std::vector<std::string>() : condition.equal_to();
}

Frequencies count_equalities(const std::vector<Row>& rows) {
  Frequencies frequencies;
  for (const Row& row : rows) {
    if (row.enabled == Enabled::kNo) continue;
    for (const Condition& condition : row.when) {
      for (std::string& value : indexable(condition)) {
        ++frequencies[{condition.field(), std::move(value)}];
      }
    }
  }
  return frequencies;
}

constexpr std::string_view kKindField = "kind";

// The equality condition that the fewest rows share, or null if the row has none beside its kind:
// with a thousand rows on `kind = question`, each for another client, the client tells them apart.
const Condition* most_selective(const Row& row, const Frequencies& frequencies) {
  const Condition* best = nullptr;
  std::size_t best_cost = std::numeric_limits<std::size_t>::max();
  for (const Condition& condition : row.when) {
    std::size_t cost = 0;
    const auto values = indexable(condition);
    for (const std::string& value : values) cost += frequencies.at({condition.field(), value});
    if (values.empty() || cost >= best_cost || condition.field() == kKindField) continue;
    best = &condition;
    best_cost = cost;
  }
  return best;
}

bool asks_body(const Condition& condition) {
  return !is_envelope_field(condition.field());
}

bool asks_body(const Command& command) {
  // A text of the operator's may name any field.
  const std::string_view text = fixed_argument(command, "template");
  const auto builtin = builtin_templates();
  if (!text.empty() && std::find(builtin.begin(), builtin.end(), text) == builtin.end()) {
    return true;
  }
  for (const auto& [key, value] : command.arguments) {
    for (const Template::Piece& piece : value.pieces()) {
      if (piece.is_field && !is_envelope_field(piece.text)) return true;
    }
  }
  return false;
}

bool asks_body(const Moment& moment) {
  return moment.field && !is_envelope_field(*moment.field);
}

bool asks_body(const EscalationStep& step) {
  return asks_body(step.command);
}

template <class Part>
bool any_asks_body(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return asks_body(part); });
}

bool asks_body(const Row& row) {
  if (any_asks_body(row.when) || any_asks_body(row.unless) || any_asks_body(row.commands)) {
    return true;
  }
  if (!row.watch) return false;
  const Watch& watch = *row.watch;
  return asks_body(watch.start) || asks_body(watch.duration) || any_asks_body(watch.on_interval) ||
         any_asks_body(watch.on_expire) || any_asks_body(watch.escalate) ||
         any_asks_body(watch.on_activate);
}

// A value as shown to a person.
std::string shown(std::string_view value) {
  constexpr std::size_t kMaxShownBytes = 80;
  return "\"" + printable(value, kMaxShownBytes) + "\"";
}

bool condition_holds(const Condition& condition, const Row& row, const FieldSource& event) {
  if (condition.field() == kFiresField) return condition.holds(RowEvent(event, row));
  return condition.holds(event);
}

std::string actual_value(const Condition& condition, const FieldSource& event) {
  if (condition.field() == kRoleField) return "the sender's roles are others";
  if (condition.field() == kRecipientRoleField) return "the recipients' roles are others";
  if (condition.field() == kFlagField) return "the message's flags are others";
  const auto value = event.get(condition.field());
  if (!value) return "the field is missing";
  std::string text = "the value is " + shown(*value);
  if (condition.field() != "state") return text;
  const auto before = event.previous(condition.field());
  return text + (before ? ", before it was " + shown(*before) : "");
}

/// The first condition that keeps `row` from matching `event`, if any.
std::optional<Miss> miss_of(const Row& row, const FieldSource& event, std::uint32_t position = 0) {
  for (const Condition& condition : row.when) {
    if (!condition_holds(condition, row, event)) return Miss{&row, position, &condition, false};
  }
  for (const Condition& condition : row.unless) {
    if (condition_holds(condition, row, event)) return Miss{&row, position, &condition, true};
  }
  return std::nullopt;
}

}  // namespace

RowEvent::RowEvent(const FieldSource& event, const Row& row) : event_(event), row_(row) {}

std::optional<std::string_view> RowEvent::get(std::string_view field) const {
  if (field != kFiresField) return event_.get(field);
  if (fires_.empty()) fires_ = std::to_string(event_.fires(row_.name));
  return fires_;
}

bool RowEvent::has(std::string_view field, std::string_view word) const {
  return event_.has(field, word);
}

std::optional<std::string_view> RowEvent::previous(std::string_view field) const {
  return event_.previous(field);
}

std::int64_t RowEvent::fires(std::string_view row) const {
  return event_.fires(row);
}

bool holds(const Row& row, const FieldSource& event) {
  return !miss_of(row, event);
}

Table::Table(std::vector<Row> rows) : rows_(std::move(rows)) {
  CHECK_THAT_HOLDS(rows_.size() <= std::numeric_limits<Position>::max());
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const Row& a, const Row& b) { return a.order < b.order; });
  needs_body_ = std::any_of(rows_.begin(), rows_.end(), [](const Row& row) {
    return row.enabled != Enabled::kNo && asks_body(row);
  });
  build_index();
}

void Table::build_index() {
  const Frequencies frequencies = count_equalities(rows_);
  for (Position position = 0; position < rows_.size(); ++position) {
    const Row& row = rows_[position];
    if (row.enabled == Enabled::kNo) continue;
    const Condition* condition = most_selective(row, frequencies);
    const auto put = [&](Index& index) {
      if (condition == nullptr) {
        index.unindexed.push_back(position);
        return;
      }
      ByValue& by_value = index.by_field[condition->field()];
      for (std::string& value : indexable(*condition)) {
        by_value[std::move(value)].push_back(position);
      }
    };
    const auto kind = std::find_if(row.when.begin(), row.when.end(), [](const Condition& one) {
      return one.field() == kKindField && !one.equal_to().empty();
    });
    if (kind == row.when.end()) {
      put(any_kind_);
      continue;
    }
    for (const std::string& name : kind->equal_to()) {
      Index& index = by_kind_[name];
      put(index);
      if (index.all.empty() || index.all.back() != position) index.all.push_back(position);
    }
  }
}

const Row* Table::find(std::string_view name) const {
  const auto found =
      std::find_if(rows_.begin(), rows_.end(), [name](const Row& row) { return row.name == name; });
  return found == rows_.end() ? nullptr : &*found;
}

void Table::collect(const Index& index, const FieldSource& event, std::vector<Position>* found) {
  const auto add = [found](const std::vector<Position>& positions) {
    found->insert(found->end(), positions.begin(), positions.end());
  };
  add(index.unindexed);
  for (const auto& [field, by_value] : index.by_field) {
    if (is_set_field(field)) {
      for (const auto& [word, positions] : by_value) {
        if (event.has(field, word)) add(positions);
      }
      continue;
    }
    const auto value = event.get(field);
    if (!value) continue;
    const auto positions = by_value.find(*value);
    if (positions != by_value.end()) add(positions->second);
  }
}

std::vector<Table::Position> Table::candidates(const FieldSource& event) const {
  std::vector<Position> found;
  collect(any_kind_, event, &found);
  if (const auto kind = event.get(kKindField)) {
    if (const auto index = by_kind_.find(*kind); index != by_kind_.end()) {
      collect(index->second, event, &found);
    }
  }
  // Positions are the order of the rows. A row can be found twice: by two words of one set, or
  // by the same value written twice.
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<const Row*> Table::match(const FieldSource& event, std::vector<Miss>* misses) const {
  std::vector<const Row*> matched;
  const std::vector<Position> asked = candidates(event);
  Position last = std::numeric_limits<Position>::max();
  for (const Position position : asked) {
    const Row& row = rows_[position];
    if (const auto miss = miss_of(row, event, position)) {
      if (misses != nullptr) misses->push_back(*miss);
      continue;
    }
    matched.push_back(&row);
    if (!row.stop || row.enabled != Enabled::kYes) continue;
    last = position;
    break;
  }
  if (misses != nullptr) add_misses(event, asked, last, misses);
  return matched;
}

/// What the index left out, since the value that it looked up is another, was a miss too.
void Table::add_misses(const FieldSource& event, const std::vector<Position>& asked, Position last,
                       std::vector<Miss>* misses) const {
  const auto kind = event.get(kKindField);
  const auto index = kind ? by_kind_.find(*kind) : by_kind_.end();
  if (index == by_kind_.end() || index->second.all.size() > kMaxMissRows) return;
  for (const Position position : index->second.all) {
    if (position > last) return;
    if (std::binary_search(asked.begin(), asked.end(), position)) continue;
    if (const auto miss = miss_of(rows_[position], event, position)) misses->push_back(*miss);
  }
}

std::optional<std::string> Table::why_not(const Row& row, const FieldSource& event) const {
  if (auto reason = rules::why_not(row, event)) return reason;
  const auto matched = match(event);
  if (std::find(matched.begin(), matched.end(), &row) != matched.end()) return std::nullopt;
  CHECK_THAT_HOLDS(!matched.empty());  // only a row that stops can keep out one that holds
  return "row " + matched.back()->name + " comes before it, matches, and has stop = yes";
}

std::optional<std::string> why_not(const Row& row, const FieldSource& event) {
  if (row.enabled == Enabled::kNo) return "enabled = no";
  const RowEvent seen(event, row);
  const auto describe = [&seen](const char* prefix, const Condition& condition) {
    return prefix + condition.field() + " = " + condition.text() + ": " +
           actual_value(condition, seen);
  };
  for (const Condition& condition : row.when) {
    if (!condition.holds(seen)) return describe(row.watch ? "for." : "when.", condition);
  }
  for (const Condition& condition : row.unless) {
    if (condition.holds(seen)) return describe("unless.", condition);
  }
  return std::nullopt;
}

}  // namespace yizhan::rules
