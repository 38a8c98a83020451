#include "rules/condition.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace yizhan::rules {
namespace {

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

// A field whose values have an order, and a value of that kind.
struct Ordered {
  std::string_view field;
  Scalar example;
};

bool any_matches(const std::vector<Pattern>& patterns, std::string_view value) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [value](const Pattern& pattern) { return pattern.matches(value); });
}

bool all_literal(const std::vector<Pattern>& patterns) {
  return std::all_of(patterns.begin(), patterns.end(),
                     [](const Pattern& pattern) { return pattern.is_literal(); });
}

}  // namespace

Result<Condition> Condition::parse(std::string_view field, std::string_view text, TableKind kind,
                                   int line) {
  TRY(check_field(field, kind));
  if (text.size() > kMaxConditionBytes) {
    return invalid("the condition is longer than " + std::to_string(kMaxConditionBytes) +
                   " bytes; split it into several rows");
  }
  Condition condition(field, text, line);
  // The INI reader keeps blanks at the ends only of a text in quotes, and then drops the quotes.
  if (text != trim(text)) {
    condition.form_.emplace<OneOf>().patterns.push_back(Pattern::literal(text));
    TRY(condition.check_fits_field(kind));
    return condition;
  }
  if (text.starts_with('!')) {
    condition.negated_ = true;
    text = trim(text.substr(1));
    if (text.starts_with('!')) return invalid("\"!!\" says nothing; leave both out");
  }
  TRY(condition.parse_form(text));
  TRY(condition.check_fits_field(kind));
  return condition;
}

Status Condition::parse_form(std::string_view text) {
  if (text == "exists" || text == "missing") {
    form_.emplace<Presence>().is_wanted = text == "exists";
    return {};
  }
  if (text == "changed" || text.starts_with("changed ")) return parse_changed(text);
  if (text.starts_with('<') || text.starts_with('>')) return parse_order(text);
  if (text.starts_with('~')) return parse_regex(trim(text.substr(1)));
  const std::size_t dots = text.find("..");
  if (dots != std::string_view::npos && text.find('"') == std::string_view::npos) {
    const std::string_view low = trim(text.substr(0, dots));
    const std::string_view high = trim(text.substr(dots + 2));
    // "../figures" and "see..." are texts; what has blanks around the dots is meant as a range.
    const bool is_spaced = text.find(" .. ") != std::string_view::npos;
    if (is_spaced || (parse_scalar(low) && parse_scalar(high))) return parse_range(low, high);
  }
  TRY_ASSIGN(form_.emplace<OneOf>().patterns, parse_alternatives(text));
  return {};
}

Status Condition::parse_order(std::string_view text) {
  const bool is_less = text.front() == '<';
  const bool is_included = text.substr(1).starts_with('=');
  const std::string_view operand = trim(text.substr(is_included ? 2 : 1));
  const auto scalar = parse_scalar(operand);
  if (!scalar) {
    return invalid("\"" + std::string(operand) +
                   "\" has no order; write a number (12.50), a duration (2h) or a time with offset "
                   "(2026-03-04T09:00:00+08:00)");
  }
  Range& range = form_.emplace<Range>();
  if (is_less) {
    range.high = *scalar;
    range.high_included = is_included;
  } else {
    range.low = *scalar;
    range.low_included = is_included;
  }
  return {};
}

Status Condition::parse_range(std::string_view low, std::string_view high) {
  Range& range = form_.emplace<Range>();
  range.low = parse_scalar(low);
  range.high = parse_scalar(high);
  const auto order = range.low && range.high ? compare(*range.low, *range.high)
                                             : std::optional<std::strong_ordering>();
  if (!order) {
    return invalid(
        "a range is two numbers, two durations or two times: \"1 .. 10\"; put it in double quotes "
        "to mean the text itself");
  }
  if (*order > 0) return invalid("the range ends before it begins and can never match");
  return {};
}

Status Condition::parse_changed(std::string_view text) {
  text = trim(text.substr(std::string_view("changed").size()));
  Changed& changed = form_.emplace<Changed>();
  if (text.empty()) return {};
  const std::size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) return invalid("write \"changed\" or \"changed A -> B\"");
  TRY_ASSIGN(changed.from, parse_alternatives(text.substr(0, arrow)));
  TRY_ASSIGN(changed.to, parse_alternatives(text.substr(arrow + 2)));
  return {};
}

Status Condition::parse_regex(std::string_view text) {
  if (text.empty()) return invalid("the expression after \"~\" is missing");
  if (text.size() > kMaxRegexBytes) {
    return invalid("the expression is longer than " + std::to_string(kMaxRegexBytes) + " bytes");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kRegexMemory);
  auto regex =
      std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!regex->ok()) return invalid("the expression is not valid RE2: " + regex->error());
  if (regex->ProgramSize() > kMaxRegexProgram) {
    return invalid("the expression compiles to " + std::to_string(regex->ProgramSize()) +
                   " instructions, more than " + std::to_string(kMaxRegexProgram) +
                   "; repeat less in it");
  }
  form_ = std::move(regex);
  return {};
}

Status Condition::check_fits_field(TableKind kind) const {
  if (std::holds_alternative<Changed>(form_) && field_ != "state") {
    return invalid(
        "only \"state\" can be asked whether it changed; nothing else of a message does");
  }
  const auto* one_of = std::get_if<OneOf>(&form_);
  if (is_set_field(field_) && (one_of == nullptr || !all_literal(one_of->patterns))) {
    return invalid("\"" + field_ + "\" takes names: a, a | b, !a");
  }
  TRY(check_fits_order());
  if (one_of == nullptr) return {};
  for (const Pattern& pattern : one_of->patterns) {
    if (pattern.is_literal()) TRY(check_word(field_, pattern.text(), kind));
  }
  return {};
}

// A field of a known kind that is compared with another kind would silently never match.
Status Condition::check_fits_order() const {
  static const std::array<Ordered, 7> kOrdered = {Ordered{"age", Micros{}},
                                                  Ordered{"time_to_due", Micros{}},
                                                  Ordered{"progress", Decimal{}},
                                                  Ordered{"fires", Decimal{}},
                                                  Ordered{"attempts", Decimal{}},
                                                  Ordered{"created", Instant{}},
                                                  Ordered{"activation.time", Instant{}}};
  static constexpr std::array<const char*, 3> kExamples = {
      "a number: >= 10", "a time with offset: >= 2026-03-04T09:00:00+08:00", "a duration: >= 2h"};
  const auto* ordered = std::find_if(kOrdered.begin(), kOrdered.end(),
                                     [this](const Ordered& one) { return one.field == field_; });
  if (ordered == kOrdered.end()) return {};
  const std::string example = kExamples.at(ordered->example.index());
  if (const auto* range = std::get_if<Range>(&form_)) {
    const Scalar& bound = range->low ? *range->low : *range->high;
    if (bound.index() == ordered->example.index()) return {};
    return invalid("\"" + field_ + "\" is compared with " + example);
  }
  // The same length of time can be written in many ways, and is never exactly this long.
  if (std::holds_alternative<OneOf>(form_) && std::holds_alternative<Micros>(ordered->example)) {
    return invalid("\"" + field_ + "\" is compared with an order or a range, " + example);
  }
  return {};
}

bool Condition::holds(const FieldSource& event) const {
  return form_holds(event) != negated_;
}

bool Condition::form_holds(const FieldSource& event) const {
  if (is_set_field(field_)) return any_word(event);
  if (std::holds_alternative<Changed>(form_)) return change_holds(event);
  return value_holds(event.get(field_));
}

bool Condition::value_holds(std::optional<std::string_view> value) const {
  if (const auto* presence = std::get_if<Presence>(&form_)) {
    return value.has_value() == presence->is_wanted;
  }
  if (!value) return false;
  if (const auto* one_of = std::get_if<OneOf>(&form_)) return any_matches(one_of->patterns, *value);
  if (const auto* regex = std::get_if<Regex>(&form_)) {
    return re2::RE2::PartialMatch(re2::StringPiece(value->data(), value->size()), **regex);
  }
  return std::get<Range>(form_).contains(*value);
}

bool Condition::may_hold_for(std::optional<std::string_view> value) const {
  return negated_ ? form_may_fail(value) : form_may_hold(value);
}

bool Condition::may_fail_for(std::optional<std::string_view> value) const {
  return negated_ ? form_may_hold(value) : form_may_fail(value);
}

bool Condition::may_change_from(std::string_view before) const {
  const auto* changed = std::get_if<Changed>(&form_);
  return changed == nullptr || negated_ || changed->from.empty() ||
         any_matches(changed->from, before);
}

bool Condition::form_may_hold(std::optional<std::string_view> value) const {
  const auto* changed = std::get_if<Changed>(&form_);
  if (changed == nullptr) return value_holds(value);
  return changed->to.empty() || (value && any_matches(changed->to, *value));
}

bool Condition::form_may_fail(std::optional<std::string_view> value) const {
  return std::holds_alternative<Changed>(form_) || !value_holds(value);
}

bool Condition::Range::contains(std::string_view value) const {
  const auto scalar = parse_scalar(value);
  if (!scalar) return false;
  const auto from = low ? compare(*scalar, *low) : std::strong_ordering::greater;
  const auto to = high ? compare(*scalar, *high) : std::strong_ordering::less;
  return from && to && (*from > 0 || (*from == 0 && low_included)) &&
         (*to < 0 || (*to == 0 && high_included));
}

bool Condition::any_word(const FieldSource& event) const {
  const auto& patterns = std::get<OneOf>(form_).patterns;
  return std::any_of(patterns.begin(), patterns.end(), [this, &event](const Pattern& pattern) {
    return event.has(field_, pattern.text());
  });
}

bool Condition::change_holds(const FieldSource& event) const {
  const auto& changed = std::get<Changed>(form_);
  const auto before = event.previous(field_);
  const auto after = event.get(field_);
  if (before == after) return false;
  if (changed.from.empty()) return true;
  return before && after && any_matches(changed.from, *before) && any_matches(changed.to, *after);
}

std::vector<std::string> Condition::equal_to() const {
  return negated_ ? std::vector<std::string>() : literals();
}

std::vector<std::string> Condition::literals() const {
  const auto* one_of = std::get_if<OneOf>(&form_);
  if (one_of == nullptr || !all_literal(one_of->patterns)) return {};
  std::vector<std::string> texts;
  for (const Pattern& pattern : one_of->patterns) texts.push_back(pattern.text());
  return texts;
}

}  // namespace yizhan::rules
