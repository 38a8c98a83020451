// Encodings of INI documents.

#include <catch2/catch.hpp>
#include <string>

#include "config/ini.h"

namespace yizhan {
namespace {

using namespace std::string_literals;

/// ASCII as UTF-16 with BOM.
std::string utf16(const std::string& ascii, bool little) {
  std::string bytes = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) {
    if (!little) bytes += '\0';
    bytes += c;
    if (little) bytes += '\0';
  }
  return bytes;
}

TEST_CASE("UTF-16 in either byte order is read") {
  for (const bool little : {true, false}) {
    const auto document = parse_ini(utf16("[s]\r\nk = v\r\n[end]\r\n", little), "f.ini");
    REQUIRE(document.ok());
    CHECK(document->encoding == IniEncoding::kUtf16);
    CHECK(document->sections[0].find("k")->value == "v");
    CHECK(document->ends_with_end);
    CHECK(document->warnings.empty());
  }
  const auto chinese = parse_ini("\xFF\xFE[\0s\0]\0\n\0k\0=\0\xd1\x8b\x3d\xd8\x00\xde"s, "f.ini");
  REQUIRE(chinese.ok());
  CHECK(chinese->sections[0].find("k")->value == "译😀");
}

TEST_CASE("damaged UTF-16 is refused with its line") {
  const auto odd = parse_ini(utf16("[s]\nk = v", true) + "x", "f.ini");
  REQUIRE_FALSE(odd.ok());
  CHECK_THAT(odd.error().message, Catch::StartsWith("f.ini:2: "));
  const auto half_pair = parse_ini("\xFF\xFE[\0s\0]\0\n\0k\0=\0\x3d\xd8x\0"s, "f.ini");
  REQUIRE_FALSE(half_pair.ok());
  CHECK_THAT(half_pair.error().message, Catch::StartsWith("f.ini:2: "));
}

TEST_CASE("a long UTF-16 document is converted whole") {
  std::string text = "[s]\n";
  for (int i = 0; i < 3000; ++i) text += "key." + std::to_string(i) + " = value\n";
  const auto document = parse_ini(utf16(text, true), "f.ini");
  REQUIRE(document.ok());
  CHECK(document->sections[0].entries.size() == 3000);
  CHECK(document->sections[0].entries[2999].line == 3001);
}

TEST_CASE("GB18030 is the last resort and gives a warning") {
  const auto document = parse_ini("[s]\nk = \xd2\xeb\xce\xc4\n", "f.ini");  // 译文
  REQUIRE(document.ok());
  CHECK(document->encoding == IniEncoding::kGb18030);
  CHECK(document->sections[0].find("k")->value == "译文");
  REQUIRE(document->warnings.size() == 1);
  CHECK_THAT(document->warnings[0], Catch::StartsWith("f.ini:1: ") && Catch::Contains("GB18030"));
}

TEST_CASE("a backslash or bracket inside a GB18030 character is not one") {
  const auto document = parse_ini("[s]\nk = \x81\x5c\x81\x5dn\n", "f.ini");
  REQUIRE(document.ok());
  CHECK(document->sections[0].find("k")->value == "乗乚n");
}

TEST_CASE("damaged UTF-8 is refused, not read as GB18030") {
  const std::string good = "[s]\nk = 译文\n";
  const auto cut = parse_ini("[s]\nk = \xe8\xaf", "f.ini");  // the file ends inside 译
  REQUIRE_FALSE(cut.ok());
  CHECK_THAT(cut.error().message, Catch::StartsWith("f.ini:2: ") && Catch::Contains("cut off"));
  const auto overwritten = parse_ini(good + "l = \xb0\xa1\n", "f.ini");
  REQUIRE_FALSE(overwritten.ok());
  CHECK_THAT(overwritten.error().message, Catch::StartsWith("f.ini:3: "));
  CHECK_FALSE(parse_ini("\xEF\xBB\xBF[s]\nk = \xd2\xeb\n", "f.ini").ok());
}

TEST_CASE("what is no text at all is refused") {
  CHECK_FALSE(parse_ini("[s]\nk = \xff\xff\xff\n", "f.ini").ok());
  CHECK_FALSE(parse_ini("\x7f"
                        "ELF\x02\x01\x01\0\0"s,
                        "f.ini")
                  .ok());
  CHECK_FALSE(parse_ini("[s]\nk = \xc0\xaf\xed\xa0\x80\xff\n", "f.ini").ok());
}

}  // namespace
}  // namespace yizhan
