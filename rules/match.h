#pragma once
// One instruction table: which rows an event matches, at a cost that follows the rows it may match
// and not the rows there are.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/fields.h"
#include "rules/table.h"

namespace yizhan::rules {

/// `event` as `row` sees it: what the field "fires" says is the row's own. For the texts of its
/// commands; match() does it by itself. Borrows both.
class RowEvent : public FieldSource {
 public:
  RowEvent(const FieldSource& event, const Row& row);
  std::optional<std::string_view> get(std::string_view field) const override;
  bool has(std::string_view field, std::string_view word) const override;
  std::optional<std::string_view> previous(std::string_view field) const override;
  std::int64_t fires(std::string_view row) const override;

 private:
  const FieldSource& event_;
  const Row& row_;
  mutable std::string fires_;  // as a text, once it has been asked for
};

/// Whether every `when` of `row` holds and no `unless` does; `enabled` and `stop` are not asked.
bool holds(const Row& row, const FieldSource& event);

/// A row that an event did not match, by one of its conditions.
struct Miss {
  const Row* row;
  std::uint32_t position;      ///< of the row in rows()
  const Condition* condition;  ///< the first that kept it out
  bool unless;                 ///< it is one of `unless`, and holds; else of `when`, and does not
};
/// Of how many rows on one kind the misses are told beside those that the index leads to: each has
/// to be looked at.
inline constexpr std::size_t kMaxMissRows = 64;

/// Immutable: safe to use from several threads. Pointers to rows stay valid as long as the table,
/// also when it is moved.
class Table {
 public:
  Table() = default;
  /// Takes rows in the order of their files; sorts them by `order`, equals stay as given.
  explicit Table(std::vector<Row> rows);
  Table(Table&&) = default;
  Table& operator=(Table&&) = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// All rows, in the order in which they are asked.
  const std::vector<Row>& rows() const { return rows_; }
  /// Null if there is no row of that name.
  const Row* find(std::string_view name) const;

  /// The rows that hold for `event`, in order; a row with `stop` that holds is the last. Disabled
  /// rows are never among them; shadow rows are, and the caller must not carry them out.
  /// `misses` takes the rows asked about this kind that did not match, in no order; of a table with
  /// more than kMaxMissRows of the kind only those that the index found worth asking.
  std::vector<const Row*> match(const FieldSource& event,
                                std::vector<Miss>* misses = nullptr) const;

  /// Why `row` of this table is not in match(event): the first condition that failed, or the row
  /// that stopped before it, as a text for a person. Empty if it is.
  std::optional<std::string> why_not(const Row& row, const FieldSource& event) const;

  /// Whether match() or the commands of any row that is not disabled may ask for a field of the
  /// body. If not, the body need not be parsed.
  bool needs_body() const { return needs_body_; }

 private:
  using Position = std::uint32_t;  // in rows_
  using ByValue = std::map<std::string, std::vector<Position>, std::less<>>;
  struct Index {
    std::map<std::string, ByValue, std::less<>> by_field;
    std::vector<Position> unindexed;
    std::vector<Position> all;  ///< of one kind: in order
  };

  void build_index();
  static void collect(const Index& index, const FieldSource& event, std::vector<Position>* found);
  std::vector<Position> candidates(const FieldSource& event) const;
  void add_misses(const FieldSource& event, const std::vector<Position>& asked, Position last,
                  std::vector<Miss>* misses) const;

  std::vector<Row> rows_;
  // Each row that is not disabled stands in the index of every kind that it names, else in that of
  // any kind; there under the values of its most selective equality condition, or in the list of
  // those that every event must be compared with. So a kind costs only what rows about it ask.
  std::map<std::string, Index, std::less<>> by_kind_;
  Index any_kind_;
  bool needs_body_ = false;
};

/// The first condition of `row` that keeps it from matching `event`, as a text for a person; empty
/// if none does.
std::optional<std::string> why_not(const Row& row, const FieldSource& event);

}  // namespace yizhan::rules
