#include "rules/pattern.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

namespace yizhan::rules {
namespace {

// The definition of a glob, as slow as it is plain.
bool matches_by_definition(std::string_view glob, std::string_view value) {
  if (glob.empty()) return value.empty();
  if (glob.front() != '*') {
    return !value.empty() && glob.front() == value.front() &&
           matches_by_definition(glob.substr(1), value.substr(1));
  }
  for (std::size_t skip = 0; skip <= value.size(); ++skip) {
    if (matches_by_definition(glob.substr(1), value.substr(skip))) return true;
  }
  return false;
}

std::string random_text(std::mt19937& random, std::string_view letters, std::size_t max_size) {
  std::string text(random() % (max_size + 1), ' ');
  for (char& c : text) c = letters[random() % letters.size()];
  return text;
}

}  // namespace

TEST_CASE("a glob matches what its definition says, on random globs and values") {
  std::mt19937 random(1);
  int matched = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string glob = random_text(random, "ab**", 6);
    const std::string value = random_text(random, "ab", 7);
    const bool expected = matches_by_definition(glob, value);
    INFO(glob << " against " << value);
    REQUIRE(Pattern::glob(glob).matches(value) == expected);
    matched += expected ? 1 : 0;
  }
  CHECK(matched > 1000);
}

TEST_CASE("a long glob on a long value that nearly matches costs little") {
  std::string glob;
  for (int i = 0; i < 1000; ++i) glob += "*a";
  CHECK_FALSE(Pattern::glob(glob + "*b").matches(std::string(8192, 'a')));
}

TEST_CASE("alternatives are split at bars outside quotes") {
  const auto patterns = parse_alternatives(R"( a |b*| "c | ""d"" *" | 齿轮 )");
  REQUIRE(patterns.ok());
  REQUIRE(patterns->size() == 4);
  CHECK((*patterns)[0].text() == "a");
  CHECK_FALSE((*patterns)[1].is_literal());
  CHECK((*patterns)[2].text() == R"(c | "d" *)");
  CHECK((*patterns)[3].matches("齿轮"));
}

TEST_CASE("alternatives that cannot mean what they say are refused") {
  for (const char* text :
       {"", " ", "|", "a |", "| a", "a || b", "\"a", "\"a\"\"", "\"a\" b", "a | !b", "a | >= 5",
        "a | ~ b", "a | missing", "exists | a", "a | changed", "changed x | a"}) {
    INFO(text);
    CHECK_FALSE(parse_alternatives(text).ok());
  }
  CHECK(parse_alternatives(R"(a | "missing" | "!b" | "")").ok());
}

}  // namespace yizhan::rules
