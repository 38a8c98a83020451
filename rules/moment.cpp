#include "rules/moment.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "config/printable.h"
#include "rules/pattern.h"

namespace yizhan::rules {
namespace {

constexpr std::size_t kMaxShownBytes = 80;

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

Error not_understood(std::string_view text) {
  return invalid("\"" + std::string(text) +
                 "\" is no moment; write 2h, until job.due, until job.due - 30m or "
                 "1/3 until job.due");
}

// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

std::optional<Micros> bounded_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration && *duration <= kMaxMomentDuration ? duration : std::nullopt;
}

Error not_bounded(std::string_view text) {
  return invalid("\"" + std::string(text) + "\" is not a duration up to " +
                 format_duration(kMaxMomentDuration) + ": 30m, 2h, 3d");
}

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "1/3".
Status parse_fraction(std::string_view word, Moment& moment) {
  const std::size_t slash = word.find('/');
  const auto numerator = whole_number(word.substr(0, slash));
  const auto denominator = whole_number(word.substr(slash + 1));
  if (!numerator || !denominator || *numerator < 1 || *numerator > *denominator ||
      *denominator > kMaxDenominator) {
    return invalid("\"" + std::string(word) +
                   "\" is not a part of the time; write 1/3: two whole numbers up to " +
                   std::to_string(kMaxDenominator) + ", the second not smaller");
  }
  moment.numerator = *numerator;
  moment.denominator = *denominator;
  return {};
}

// "- 30m" behind the field.
Status parse_offset(std::string_view text, Moment& moment) {
  const bool is_before = text.starts_with('-');
  if (!is_before && !text.starts_with('+')) return not_understood(text);
  const std::string_view length = trim(text.substr(1));
  const auto offset = bounded_duration(length);
  if (!offset) return not_bounded(length);
  moment.offset = is_before ? -*offset : *offset;
  return {};
}

}  // namespace

Result<Moment> parse_moment(std::string_view text) {
  text = trim(text);
  Moment moment;
  std::string_view rest = text;
  std::string_view word = take_word(rest);
  if (rest.empty() && word.find('/') == std::string_view::npos && word != "until") {
    const auto plain = bounded_duration(word);
    if (!plain) return parse_duration(word) ? not_bounded(word) : not_understood(text);
    moment.plain = *plain;
    return moment;
  }
  if (word.find('/') != std::string_view::npos) {
    TRY(parse_fraction(word, moment));
    word = take_word(rest);
  }
  if (word != "until" || rest.empty()) return not_understood(text);
  const std::string_view field = take_word(rest);
  TRY(check_field(field));
  if (is_set_field(field)) return invalid("\"" + std::string(field) + "\" is no time");
  moment.field = field;
  if (!rest.empty()) TRY(parse_offset(rest, moment));
  return moment;
}

std::string format_moment(const Moment& moment) {
  if (!moment.field) return format_duration(moment.plain);
  std::string text;
  if (moment.denominator != 1 || moment.numerator != 1) {
    text = std::to_string(moment.numerator) + "/" + std::to_string(moment.denominator) + " ";
  }
  text += "until " + *moment.field;
  if (moment.offset < Micros{0}) text += " - " + format_duration(-moment.offset);
  if (moment.offset > Micros{0}) text += " + " + format_duration(moment.offset);
  return text;
}

Result<std::optional<Instant>> resolve(const Moment& moment, Instant start,
                                       const FieldSource& message) {
  if (!moment.field) return std::optional<Instant>(start + moment.plain);
  const auto value = message.get(*moment.field);
  if (!value) return std::optional<Instant>();
  const auto time = parse_time(*value);
  if (!time) {
    return invalid(*moment.field + ": \"" + printable(*value, kMaxShownBytes) +
                   "\" is no time with offset (2026-03-04T09:00:00+08:00)");
  }
  const Micros span = *time + moment.offset - start;
  // Not span * numerator / denominator, which can overflow.
  return std::optional<Instant>(start + span / moment.denominator * moment.numerator +
                                span % moment.denominator * moment.numerator / moment.denominator);
}

}  // namespace yizhan::rules
