#include "rules/scalar.h"

#include <algorithm>
#include <cstddef>

namespace yizhan::rules {
namespace {

// A number with more digits is text. Far above money and counts, and it bounds the work.
constexpr std::size_t kMaxNumberBytes = 100;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  if (text.size() > kMaxNumberBytes) return std::nullopt;
  Decimal number;
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  const auto point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  const bool point_without_digits = point != std::string_view::npos && fraction.empty();
  if (whole.empty() || point_without_digits || !all_digits(whole) || !all_digits(fraction)) {
    return std::nullopt;
  }
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  number.whole = whole;
  number.fraction = fraction;
  if (whole.empty() && fraction.empty()) number.negative = false;
  return number;
}

std::strong_ordering compare_size(const Decimal& a, const Decimal& b) {
  if (const auto order = a.whole.size() <=> b.whole.size(); order != 0) return order;
  if (const auto order = a.whole <=> b.whole; order != 0) return order;
  return a.fraction <=> b.fraction;
}

}  // namespace

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (negative != other.negative) return other.negative <=> negative;
  return negative ? compare_size(other, *this) : compare_size(*this, other);
}

std::optional<Scalar> parse_scalar(std::string_view text) {
  if (auto number = parse_decimal(text)) return Scalar{*std::move(number)};
  if (const auto time = parse_time(text)) return Scalar{*time};
  // Lengths are never negative, but the time to something that is past is.
  const bool is_negative = text.starts_with('-');
  if (const auto duration = parse_duration(is_negative ? text.substr(1) : text)) {
    return Scalar{is_negative ? -*duration : *duration};
  }
  return std::nullopt;
}

std::optional<std::strong_ordering> compare(const Scalar& a, const Scalar& b) {
  if (a.index() != b.index()) return std::nullopt;
  if (const auto* number = std::get_if<Decimal>(&a)) return *number <=> std::get<Decimal>(b);
  if (const auto* time = std::get_if<Instant>(&a)) {
    return time->time_since_epoch().count() <=> std::get<Instant>(b).time_since_epoch().count();
  }
  return std::get<Micros>(a).count() <=> std::get<Micros>(b).count();
}

}  // namespace yizhan::rules
