#include <catch2/catch.hpp>

#include "collect.h"

using namespace yizhan;
using namespace yizhan::exchange;
namespace unit = wire::unit;

namespace {

const std::string kBody = tu_of("gear", "齿轮");

std::string declared(const std::string& encoding, const std::string& body = kBody) {
  return "<?xml version=\"1.0\" encoding=\"" + encoding +
         "\"?>\n<tmx version=\"1.4\"><header srclang=\"en-US\"/><body>\n" + body + "</body></tmx>";
}

void check_read(const std::string& bytes, const std::string& encoding) {
  const Read read = read_text(bytes);
  INFO(encoding << " " << read.error());
  REQUIRE(read.report.ok());
  REQUIRE(read.sink.units.size() == 1);
  CHECK(read.value(0, unit::kTarget) == "齿轮");
  CHECK(read.report->encoding == encoding);
}

}  // namespace

TEST_CASE("TMX in UTF-8 and UTF-16, with and without byte order marks") {
  check_read(declared("UTF-8"), "UTF-8");
  check_read("\xEF\xBB\xBF" + declared("UTF-8"), "UTF-8 (byte order mark)");
  check_read(utf16(declared("UTF-16"), true, true), "UTF-16LE (byte order mark)");
  check_read(utf16(declared("UTF-16"), false, true), "UTF-16BE (byte order mark)");
  check_read(utf16(declared("UTF-16"), true, false), "UTF-16LE (no byte order mark)");
  check_read(utf16(declared("UTF-16LE"), false, false), "UTF-16BE (no byte order mark)");
  check_read(utf16(tmx_of(kBody), true, false), "UTF-16LE (no byte order mark)");
}

TEST_CASE("where the bytes leave no doubt a wrong declaration is read past and reported") {
  check_read(declared("UTF-16"), "UTF-8; line 1 says UTF-16");
  check_read("\xEF\xBB\xBF" + declared("GB2312"), "UTF-8 (byte order mark); line 1 says GB2312");
  check_read(utf16(declared("UTF-8"), true, true), "UTF-16LE (byte order mark); line 1 says UTF-8");
}

TEST_CASE("other declared encodings are read") {
  check_read(declared("GB18030", tu_of("gear", "\xB3\xDD\xC2\xD6")), "GB18030 (as line 1 says)");
  const Read latin = read_text(declared("ISO-8859-1", tu_of("a", "gro\xDF \x80")));
  REQUIRE(latin.report.ok());
  CHECK(latin.value(0, unit::kTarget) == "groß €");
}

TEST_CASE("where a wrong declaration would garble the text it is refused with file and line") {
  const Read utf8 = read_text(declared("ISO-8859-1"));
  CHECK(utf8.error().find("a.tmx:1: the file says that its encoding is ISO-8859-1, but its text is "
                          "UTF-8") == 0);
  const Read gbk =
      read_text(declared("UTF-8", tu_of("a", "b") + tu_of("gear", "\xB3\xDD\xC2\xD6")));
  CHECK(gbk.error().find("a.tmx:4: ") == 0);
  CHECK(gbk.error().find("not UTF-8") != std::string::npos);
  const Read unknown = read_text(declared("Klingon-8"));
  CHECK(unknown.error().find("a.tmx:1: ") == 0);
  const Read broken = read_text(declared("GB18030", tu_of("gear", "\xB3\xDD\xFF\xFF")));
  INFO(broken.error());
  CHECK(broken.error().find("a.tmx:3: read as GB18030") == 0);
}

TEST_CASE("characters that XML cannot carry are taken out and counted with the first line") {
  const Read read = read_text(tmx_of(tu_of("a\x0B"
                                           "b&#x1F;c&#0;",
                                           "\xEF\xBF\xBF"
                                           "d\x01&#xFFFE;") +
                                     tu_of("&#65;&#x41;&#9;e", "&amp;#1;")));
  REQUIRE(read.report.ok());
  CHECK(read.value(0, unit::kSource) == "abc");
  CHECK(read.value(0, unit::kTarget) == "d");
  CHECK(read.value(1, unit::kSource) == "AA\te");
  CHECK(read.value(1, unit::kTarget) == "&#1;");
  CHECK(read.skipped("characters that XML cannot carry") == 6);
  CHECK(read.report->skipped.at(0).first == "a.tmx:3");
}

TEST_CASE("half a surrogate pair is taken out, a whole one is a character") {
  std::string text = utf16(tmx_of(tu_of("a?", "b??")), true, true);
  const auto replace = [&](const char* units) {
    const std::size_t at = text.find(std::string("?\0", 2), 60);
    text.replace(at, 2, units, 2);
  };
  replace("\x00\xD8");
  replace("\x3D\xD8");
  replace("\x00\xDE");
  const Read read = read_text(text);
  INFO(read.error());
  REQUIRE(read.report.ok());
  CHECK(read.value(0, unit::kSource) == "a");
  CHECK(read.value(0, unit::kTarget) == "b\xF0\x9F\x98\x80");
  CHECK(read.skipped("characters that XML cannot carry") == 1);
}

TEST_CASE("a character or reference may lie across the border of two pieces of a file") {
  for (std::size_t shift = 0; shift < 12; ++shift) {
    const std::string start = tmx_of("").substr(0, 70);
    std::string body = tmx_of("@");
    const std::size_t at = body.find('@');
    const std::string tail = tu_of("齿轮&#x1F;&#x9F7F;&amp;", "b");
    const std::size_t before = tail.find("齿");
    body.replace(at, 1, "<!--" + std::string(65536 - at - before - shift - 7, 'x') + "-->" + tail);
    const Read read = read_text(body);
    INFO(shift << read.error());
    REQUIRE(read.report.ok());
    CHECK(read.value(0, unit::kSource) == "齿轮齿&");
  }
}

TEST_CASE("what is no text at all is refused by name") {
  for (const std::string& bytes : {std::string("PK\x03\x04zip"), std::string("\x1F\x8Bgzip"),
                                   std::string("\xFF\xFE\0\0<\0\0\0", 8)}) {
    const Read read = read_text(bytes);
    REQUIRE_FALSE(read.report.ok());
    CHECK(read.error().find("a.tmx: ") == 0);
  }
}
