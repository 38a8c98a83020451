#include "rules/scalar.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace yizhan::rules {

TEST_CASE("numbers are plain decimals") {
  for (const char* text : {"0", "-0", "00", "12", "-12.50", "0.5", "712.80", "007",
                           "123456789012345678901234567890.5"}) {
    INFO(text);
    const auto scalar = parse_scalar(text);
    REQUIRE(scalar);
    CHECK(std::holds_alternative<Decimal>(*scalar));
  }
  for (const char* text : {"", "-", ".", ".5", "5.", "+5", "1e3", "inf", "nan", "0x10", "1,000",
                           "1 000", "--1", "1.2.3", " 1", "1 ", "五"}) {
    INFO(text);
    CHECK_FALSE(parse_scalar(text));
  }
  CHECK_FALSE(parse_scalar(std::string(101, '9')));
}

TEST_CASE("numbers are ordered exactly, however they are written") {
  // Each line is one number, greater than those of the lines above it.
  const std::vector<std::vector<std::string>> ladder = {
      {"-9007199254740993"},
      {"-9007199254740992", "-9007199254740992.000"},
      {"-1.5", "-01.50"},
      {"-1.25"},
      {"0", "-0", "0.0"},
      {"0.05"},
      {"0.1", "0.10"},
      {"0.11"},
      {"9"},
      {"10", "010", "10.0"},
      {"9007199254740992"},
      {"9007199254740993"},
      {"1" + std::string(60, '0')}};
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      for (const std::string& a : ladder[i]) {
        for (const std::string& b : ladder[j]) {
          INFO(a << " against " << b);
          CHECK(compare(*parse_scalar(a), *parse_scalar(b)) == (i <=> j));
        }
      }
    }
  }
}

TEST_CASE("times compare as instants and durations as lengths") {
  CHECK(compare(*parse_scalar("2026-03-04T09:00:00+08:00"),
                *parse_scalar("2026-03-04T01:00:00Z")) == std::strong_ordering::equal);
  CHECK(compare(*parse_scalar("2026-03-04T09:00:00+08:00"),
                *parse_scalar("2026-03-04T09:00:00Z")) == std::strong_ordering::less);
  CHECK(compare(*parse_scalar("90s"), *parse_scalar("2m")) == std::strong_ordering::less);
  CHECK(compare(*parse_scalar("120m"), *parse_scalar("2h")) == std::strong_ordering::equal);
}

TEST_CASE("values of different kinds have no order") {
  CHECK_FALSE(compare(*parse_scalar("2"), *parse_scalar("2h")));
  CHECK_FALSE(compare(*parse_scalar("2026-03-04T01:00:00Z"), *parse_scalar("2026")));
}

}  // namespace yizhan::rules
