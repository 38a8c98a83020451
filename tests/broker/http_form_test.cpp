#include "broker/http_form.h"

#include <catch2/catch.hpp>
#include <string>

#include "broker/http_limits.h"
#include "broker/language.h"

namespace yizhan::broker {

TEST_CASE("a form's value is read with its escapes") {
  CHECK(form_value("a=1&b=2+3%20%e4%BD%a0", "b") == "2 3 你");
  CHECK(form_value("a=1&b", "b") == "");
  CHECK(form_value("a=b=c", "a") == "b=c");
  CHECK_FALSE(form_value("a=1", "b"));
  CHECK_FALSE(form_value("", "a"));
}

TEST_CASE("a form that could be read in two ways has no values") {
  for (const char* form : {"a=1&a=2", "a=1&b=%", "a=1&b=%2", "a=1&b=%zz", "a=1&%4=2", "a=%00"}) {
    INFO(form);
    CHECK_FALSE(form_value(form, "a"));
  }
}

TEST_CASE("a form has at most kMaxFormFields fields") {
  std::string form = "a=1";
  for (std::size_t i = 1; i < kMaxFormFields; ++i) form += "&x=1";
  CHECK(form_value(form, "a") == "1");
  CHECK_FALSE(form_value(form + "&x=1", "a"));
}

TEST_CASE("a token is what stands alone after /p/") {
  CHECK(token_of("/p/abc") == "abc");
  CHECK(token_of("/p/abc?lang=zh") == "abc");
  CHECK(token_of("/p/").empty());
  CHECK(token_of("/p/a/b").empty());
  CHECK(token_of("/q/a").empty());
  CHECK(query_of("/p/abc?lang=zh") == "lang=zh");
  CHECK(query_of("/p/abc").empty());
}

TEST_CASE("an answer needs a state, a nonce and a confirmation, each once") {
  CHECK(read_probe_form("nonce=n&confirm=1&state=accepted") == ProbeForm{"accepted", "n"});
  for (const char* form :
       {"", "nonce=n&confirm=1", "confirm=1&state=accepted", "nonce=n&state=accepted",
        "nonce=n&confirm=0&state=accepted", "nonce=&confirm=1&state=accepted",
        "nonce=n&confirm=1&state=", "nonce=n&nonce=n&confirm=1&state=accepted",
        "nonce=n&confirm=1&state=accepted&state=declined"}) {
    INFO(form);
    CHECK_FALSE(read_probe_form(form));
  }
}

TEST_CASE("the language is the one the reader weighs most, of ours") {
  const struct {
    const char* accepted;
    Language expected;
  } kCases[] = {
      {"", Language::kEnglish},
      {"zh-CN,zh;q=0.9,en;q=0.8", Language::kChinese},
      {"en-US,en;q=0.9,zh;q=0.8", Language::kEnglish},
      {"en;q=0.8, zh;q=0.9", Language::kChinese},
      {"de-DE, de;q=0.9, zh;q=0.1", Language::kChinese},
      {"de-DE, fr", Language::kEnglish},
      {"ZH-hant", Language::kChinese},
      {"zh;q=0, en;q=0.1", Language::kEnglish},
      {"zh;q=0", Language::kEnglish},
      {"*, zh;q=0.5", Language::kEnglish},
      {"zh;q=1.000, en;q=0.999", Language::kChinese},
      {"zh;q=2, en", Language::kEnglish},
      {"zh;q=1.5", Language::kEnglish},
      {"zh;q=nan", Language::kEnglish},
      {"zh;q=", Language::kEnglish},
      {"zhx", Language::kEnglish},
      {";;;,,,;q=1", Language::kEnglish},
  };
  for (const auto& one : kCases) {
    INFO(one.accepted);
    CHECK(choose_language("/p/x", one.accepted) == one.expected);
  }
}

TEST_CASE("a link's language outranks the browser's") {
  CHECK(choose_language("/p/x?lang=zh", "en") == Language::kChinese);
  CHECK(choose_language("/p/x?lang=en", "zh") == Language::kEnglish);
  CHECK(choose_language("/p/x?lang=tlh", "zh") == Language::kChinese);
  CHECK(choose_language("/p/x?lang=zh&lang=en", "zh") == Language::kChinese);
  CHECK(std::string(language_code(Language::kEnglish)) == "en");
  CHECK(std::string(language_code(Language::kChinese)) == "zh");
}

TEST_CASE("only the first kMaxLanguageRanges ranges are looked at") {
  std::string many;
  for (std::size_t i = 1; i < kMaxLanguageRanges; ++i) many += "de,";
  CHECK(choose_language("/", many + "zh") == Language::kChinese);
  CHECK(choose_language("/", many + "de,zh") == Language::kEnglish);
}

}  // namespace yizhan::broker
