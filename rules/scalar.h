#pragma once
// Values that have an order: numbers, times, durations.

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/time.h"

namespace yizhan::rules {

/// A decimal number, compared exactly (money and large counts do not fit a double). Keeps only the
/// digits that count: no leading zeros in front of the point, none at the end behind it.
struct Decimal {
  bool negative = false;  ///< never for zero
  std::string whole;      ///< digits in front of the point; empty for 0
  std::string fraction;   ///< digits behind the point; empty if none
  bool operator==(const Decimal&) const = default;
  std::strong_ordering operator<=>(const Decimal& other) const;
};

using Scalar = std::variant<Decimal, Instant, Micros>;

/// Reads "-12.50", a time with offset (config/time.h) or a duration with unit, also negative
/// ("-30m"). Empty if the text is none of them; exponents, "inf", "nan" and a leading "+" are not
/// numbers here.
std::optional<Scalar> parse_scalar(std::string_view text);

/// The order of two scalars of the same kind; empty if the kinds differ.
std::optional<std::strong_ordering> compare(const Scalar& a, const Scalar& b);

}  // namespace yizhan::rules
