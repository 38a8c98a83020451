#include "config/printable.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan {
namespace {

TEST_CASE("text stays as it is, in any language") {
  CHECK(printable("驿站 résumé 😀 C:\\x", 100) == "驿站 résumé 😀 C:\\x");
}

TEST_CASE("what could forge a line or drive a terminal is escaped") {
  CHECK(printable("a\nb\r\t", 100) == "a\\nb\\r\\t");
  CHECK(printable(std::string("\x1b[31m\0\x7f", 7), 100) == "\\x1b[31m\\x00\\x7f");
  CHECK(printable("\xc2\x9b", 100) == "\\x9b");                    // C1: CSI
  CHECK(printable("\xe2\x80\xae", 100) == "\\u202e");              // right-to-left override
  CHECK(printable("\xe2\x80\xa8", 100) == "\\u2028");              // line separator
  CHECK(printable("\xff\xc0\xaf x", 100) == "\\xff\\xc0\\xaf x");  // not UTF-8
  CHECK(printable("\xed\xa0\x80", 100) == "\\xed\\xa0\\x80");      // a surrogate
}

TEST_CASE("a long text is cut between characters and says so") {
  CHECK(printable("abcdefgh", 8) == "abcdefgh");
  CHECK(printable("abcdefghi", 8) == "abcde…");
  CHECK(printable("驿站驿站", 8) == "驿…");
  CHECK(printable("\n\n\n\n\n", 8) == "\\n\\n…");
  CHECK(printable("abc", 2).empty());
  CHECK(printable("", 0).empty());
}

TEST_CASE("no bytes whatever get through unescaped or pass the bound") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
      const std::string shown = printable(text, 40);
      REQUIRE(shown.size() <= 40);
      for (const char c : shown) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
      REQUIRE(printable(text, 4).size() <= 4);
    }
  }
}

}  // namespace
}  // namespace yizhan
