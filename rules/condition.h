#pragma once
// One condition of a rule row: a field and the form its value must have.
//
//   word  a | b  TEST-*  "a | b"    equal to one of these; `*` stands for any text; quoted: as it
//   is,
//                                   and so is a text with blanks at its ends
//   >= 10   < 2h   > 712.80         a number, a time or a duration in that order to this one
//   1 .. 10                         between these, both included
//   ~ ^PRJ-[0-9]+$                  RE2 finds it somewhere in the value; ^ and $ tie it to the ends
//   exists   missing                the event has the field, or has it not
//   changed   changed A -> B        the field is not what it was in the version before
//   !FORM                           FORM does not hold; so `!x` also holds where the field is
//   missing
//
// Texts are equal byte for byte: case counts, and "10" is not "10.0" (write `10 .. 10`). A value of
// another kind than the one written (a word for a number) holds no order condition.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/result.h"
#include "rules/fields.h"
#include "rules/pattern.h"
#include "rules/scalar.h"

namespace re2 {
class RE2;
}

namespace yizhan::rules {

/// Bounds of one condition, so that no table can fill the broker.
inline constexpr std::size_t kMaxConditionBytes = 4096;
inline constexpr std::size_t kMaxRegexBytes = 512;
inline constexpr int kMaxRegexProgram = 1000;            ///< instructions of the compiled program
inline constexpr std::int64_t kRegexMemory = 256 << 10;  ///< bytes, compiled and running

/// Immutable once parsed; safe to use from several threads; cheap to copy but for its texts.
class Condition {
 public:
  /// Reads the form in `text` for `field`, for a row of `kind`. kInvalid with what is wrong and
  /// what would be right. `line` is kept.
  static Result<Condition> parse(std::string_view field, std::string_view text,
                                 TableKind kind = TableKind::kDataState, int line = 0);

  /// Whether `event` fulfils it. Work is linear in the length of the value.
  bool holds(const FieldSource& event) const;

  const std::string& field() const { return field_; }
  /// The form as it was written.
  const std::string& text() const { return text_; }

  /// The texts of which the field must equal one, if that is all the condition says; else empty.
  std::vector<std::string> equal_to() const;
  bool is_regex() const { return std::holds_alternative<Regex>(form_); }
  int line() const { return line_; }

  // ---- for rules/overlap.h, which compares conditions with each other

  struct Range {
    std::optional<Scalar> low;  ///< one of the two at least
    std::optional<Scalar> high;
    bool low_included = true;
    bool high_included = true;
    bool contains(std::string_view value) const;
  };

  bool is_negated() const { return negated_; }
  /// The range of an order condition, whether negated or not; else null.
  const Range* range() const { return std::get_if<Range>(&form_); }
  /// The texts of `a | b` if none has a `*`, whether negated or not; else empty.
  std::vector<std::string> literals() const;
  /// Whether it can hold for some event in which the field has `value` (none: in which it is
  /// missing), whatever it was in the version before. Not for sets of words.
  bool may_hold_for(std::optional<std::string_view> value) const;
  /// The same for its not holding.
  bool may_fail_for(std::optional<std::string_view> value) const;
  /// Whether it may hold for some event in which the field was `before`: `changed A -> B` does not
  /// unless that is one of A.
  bool may_change_from(std::string_view before) const;
  /// Whether it is `exists` or `missing`, or asks what changed; negated or not.
  bool is_presence() const { return std::holds_alternative<Presence>(form_); }
  bool is_change() const { return std::holds_alternative<Changed>(form_); }

 private:
  struct OneOf {
    std::vector<Pattern> patterns;
  };
  using Regex = std::shared_ptr<const re2::RE2>;
  struct Presence {
    bool is_wanted = true;
  };
  struct Changed {  // both lists empty: any change
    std::vector<Pattern> from;
    std::vector<Pattern> to;
  };
  using Form = std::variant<OneOf, Range, Regex, Presence, Changed>;

  Condition(std::string_view field, std::string_view text, int line)
      : field_(field), text_(text), line_(line) {}

  Status parse_form(std::string_view text);
  Status parse_order(std::string_view text);
  Status parse_range(std::string_view low, std::string_view high);
  Status parse_changed(std::string_view text);
  Status parse_regex(std::string_view text);
  Status check_fits_field(TableKind kind) const;
  Status check_fits_order() const;

  bool form_holds(const FieldSource& event) const;
  bool value_holds(std::optional<std::string_view> value) const;
  bool form_may_hold(std::optional<std::string_view> value) const;
  bool form_may_fail(std::optional<std::string_view> value) const;
  bool any_word(const FieldSource& event) const;
  bool change_holds(const FieldSource& event) const;

  std::string field_;
  std::string text_;
  int line_ = 0;
  bool negated_ = false;
  Form form_;
};

}  // namespace yizhan::rules
