#include <catch2/catch.hpp>

#include "collect.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::exchange;
namespace unit = wire::unit;

namespace {

const std::string kOneUnit = R"(<tu tuid="7" creationdate="20240301T080000Z" creationid="li.wei"
 changedate="2024-03-05T10:15:00Z" changeid="DOMAIN\wang.fang" usagecount="12">
<note>see drawing 3</note><prop type="x-domain">gear &amp; box</prop>
<tuv xml:lang="en-US"><seg>Check the gear.</seg></tuv>
<tuv xml:lang="zh-CN"><seg>检查齿轮。</seg></tuv></tu>)";

std::string with_langs(const std::string& source, const std::string& target) {
  return "<tu><tuv xml:lang=\"" + source + "\"><seg>a</seg></tuv><tuv xml:lang=\"" + target +
         "\"><seg>b</seg></tuv></tu>";
}

}  // namespace

TEST_CASE("a unit without a target is handed over only to who asks for it") {
  const std::string file =
      tmx_of("<tu><note>? which</note><tuv xml:lang=\"en-US\"><seg>a</seg></tuv></tu>"
             "<tu><tuv xml:lang=\"en-US\"><seg>b</seg></tuv>"
             "<tuv xml:lang=\"zh-CN\"><seg></seg></tuv></tu>");
  ReadOptions options = languages("en-US", "zh-CN");
  CHECK(read_text(file, options).sink.units.empty());
  options.keep_untranslated = true;
  const Read read = read_text(file, options);
  REQUIRE(read.sink.units.size() == 2);
  CHECK(read.value(0, unit::kNote) == "? which");
  CHECK(read.value(0, unit::kTargetLang) == "zh-CN");
  CHECK(read.value(1, unit::kTarget).empty());
}

TEST_CASE("a unit's fields come from where TMX keeps them") {
  const Read read = read_text(tmx_of(kOneUnit));
  REQUIRE(read.report.ok());
  REQUIRE(read.sink.units.size() == 1);
  CHECK(read.value(0, unit::kSourceLang) == "en-US");
  CHECK(read.value(0, unit::kTargetLang) == "zh-CN");
  CHECK(read.value(0, unit::kSource) == "Check the gear.");
  CHECK(read.value(0, unit::kTarget) == "检查齿轮。");
  CHECK(read.value(0, unit::kSourceXml).empty());
  CHECK(read.value(0, unit::kAuthor) == "li.wei");
  CHECK(read.value(0, unit::kCreated) == "2024-03-01T08:00:00Z");
  CHECK(read.value(0, unit::kChanger) == "DOMAIN\\wang.fang");
  CHECK(read.value(0, unit::kChanged) == "2024-03-05T10:15:00Z");
  CHECK(read.value(0, unit::kUsage) == "12");
  CHECK(read.value(0, unit::kExternalId) == "7");
  CHECK(read.value(0, unit::kNote) == "see drawing 3");
  CHECK(read.value(0, unit::kProperties) == R"({"x-domain":"gear & box"})");
  CHECK(read.value(0, unit::kStatus) == "translated");
  CHECK(read.value(0, unit::kOrigin) == "import");
  CHECK(read.unit(0).id().empty());
  CHECK(read.report->format == "TMX 1.4");
  CHECK(read.report->units == 1);
}

TEST_CASE("what the variant says of its history wins over what the unit says") {
  const Read read = read_text(
      tmx_of("<tu creationid=\"a\" changeid=\"b\"><tuv xml:lang=\"en-US\" "
             "changeid=\"x\"><seg>s</seg></tuv>"
             "<tuv xml:lang=\"zh-CN\" changeid=\"c\"><note>n</note><seg>t</seg></tuv></tu>"));
  REQUIRE(read.sink.units.size() == 1);
  CHECK(read.value(0, unit::kAuthor) == "a");
  CHECK(read.value(0, unit::kChanger) == "c");
  CHECK(read.value(0, unit::kNote) == "n");
}

TEST_CASE("a date that is none is left out and counted") {
  const Read read =
      read_text(tmx_of("<tu creationdate=\"yesterday\" changedate=\"20240231T000000Z\">"
                       "<tuv xml:lang=\"en-US\"><seg>s</seg></tuv>"
                       "<tuv xml:lang=\"zh-CN\"><seg>t</seg></tuv></tu>"));
  CHECK(read.value(0, unit::kCreated).empty());
  CHECK(read.skipped("date") == 2);
}

TEST_CASE("TMX 1.1 says lang where 1.4 says xml:lang, and tools write languages in many ways") {
  const Read old = read_text(
      "<tmx version=\"1.1\"><header srclang=\"EN-US\"/><body><tu><tuv lang=\"EN-US\"><seg>a</seg>"
      "</tuv><tuv lang=\"zh_cn\"><seg>b</seg></tuv></tu></body></tmx>");
  REQUIRE(old.sink.units.size() == 1);
  CHECK(old.value(0, unit::kTargetLang) == "zh-CN");
  CHECK(old.report->format == "TMX 1.1");
  for (const char* chinese : {"ZH_CN", "zh-Hans-CN", "zho-CN", "zh", "zho", "chi", "zh-Hans"}) {
    const Read read = read_text(tmx_of(with_langs("eng", chinese)), languages("en-US", "zh-CN"));
    INFO(chinese << read.error());
    REQUIRE(read.sink.units.size() == 1);
    CHECK(read.value(0, unit::kSourceLang) == "en-US");
    CHECK(read.value(0, unit::kTargetLang) == "zh-CN");
  }
}

TEST_CASE("of several targets each is handed over, or counted with its unit's number") {
  const std::string file = tmx_of(
      "<tu><tuv xml:lang=\"en-US\"><seg>gear</seg></tuv><tuv xml:lang=\"zh-CN\"><seg>齿轮</seg>"
      "</tuv></tu><tu><tuv xml:lang=\"en-US\"><seg>bolt</seg></tuv><tuv xml:lang=\"zh-CN\"><seg>"
      "螺栓</seg></tuv><tuv xml:lang=\"de-DE\"><seg>Bolzen</seg></tuv></tu>");
  const Read one = read_text(file, languages("en-US", "zh-CN"));
  CHECK(one.sink.units.size() == 2);
  CHECK(one.skipped("a target in de-DE, which was not asked for") == 1);
  CHECK(one.report->skipped.at(0).first.ends_with("unit 2"));
  const Read all = read_text(file, ReadOptions());
  REQUIRE(all.sink.units.size() == 3);
  CHECK(all.value(2, unit::kTargetLang) == "de-DE");
  CHECK(all.report->skipped.empty());
}

TEST_CASE("what belongs to another region or script is skipped, and the report says why") {
  for (const char* other : {"zh-TW", "zh_HK", "zh-Hant", "zh-SG", "ja"}) {
    const Read read = read_text(tmx_of(with_langs("en-US", other)), languages("en-US", "zh-CN"));
    INFO(other);
    CHECK(read.sink.units.empty());
    REQUIRE(read.report.ok());
    CHECK(read.skipped("no target in zh-CN") == 1);
    CHECK(read.report->skipped.at(0).first == "a.tmx:3, unit 1");
  }
  const Read british = read_text(tmx_of(with_langs("en-GB", "zh-CN")), languages("en-US", "zh-CN"));
  CHECK(british.skipped("no source in en-US") == 1);
}

TEST_CASE("a unit of many languages gives one record a target; of two in one language the first") {
  const std::string tu =
      "<tu><tuv xml:lang=\"en-US\"><seg>a</seg></tuv><tuv xml:lang=\"de\"><seg>b</seg></tuv>"
      "<tuv xml:lang=\"zh-CN\"><seg>c</seg></tuv><tuv xml:lang=\"zh-cn\"><seg>d</seg></tuv>"
      "<tuv xml:lang=\"en-US\"><seg>e</seg></tuv></tu>";
  const Read all = read_text(tmx_of(tu));
  REQUIRE(all.sink.units.size() == 2);
  CHECK(all.value(0, unit::kTargetLang) == "de");
  CHECK(all.value(1, unit::kTarget) == "c");
  CHECK(all.skipped("another text in zh-CN") == 1);
  CHECK(all.skipped("another text in en-US") == 2);  // seen as source and as target
  const Read pair = read_text(tmx_of(tu), languages("de", "zh-CN"));
  REQUIRE(pair.sink.units.size() == 1);
  CHECK(pair.value(0, unit::kSource) == "b");
}

TEST_CASE("a source language of *all* is whatever is wanted, or what comes first") {
  const std::string text = tmx_of(with_langs("de", "zh-CN"), "*all*");
  CHECK(read_text(text).value(0, unit::kSourceLang) == "de");
  const Read turned = read_text(text, languages("zh-CN", "de"));
  REQUIRE(turned.sink.units.size() == 1);
  CHECK(turned.value(0, unit::kSource) == "b");
  const Read own =
      read_text(tmx_of("<tu srclang=\"zh-CN\"><tuv xml:lang=\"de\"><seg>a</seg></tuv>"
                       "<tuv xml:lang=\"zh-CN\"><seg>b</seg></tuv></tu>",
                       "de"));
  CHECK(own.value(0, unit::kSourceLang) == "zh-CN");
}

TEST_CASE("inline elements are kept as canonical XML beside the plain text") {
  const Read read = read_text(tmx_of(
      tu_of("Do <bpt type=\"bold\" i=\"1\">&lt;b&gt;</bpt>not<ept i='1'>&lt;/b&gt;</ept> <ph/>open "
            "<hi>me</hi><ut>x</ut>",
            "请<it pos=\"begin\">{</it>勿<ph x=\"1\">a<sub>b</sub>c</ph>打开")));
  REQUIRE(read.report.ok());
  CHECK(read.value(0, unit::kSource) == "Do not open me");
  CHECK(
      read.value(0, unit::kSourceXml) ==
      "Do <bpt i=\"1\" type=\"bold\">&lt;b&gt;</bpt>not<ept i=\"1\">&lt;/b&gt;</ept> <ph></ph>open "
      "<hi>me</hi><ut>x</ut>");
  CHECK(read.value(0, unit::kTarget) == "请勿打开");
  CHECK(read.value(0, unit::kTargetXml) ==
        "请<it pos=\"begin\">{</it>勿<ph x=\"1\">a<sub>b</sub>c</ph>打开");
}

TEST_CASE("inline elements of XLIFF in a segment are kept; elements of neither lose their tags") {
  const Read read = read_text(tmx_of(tu_of("a <g id=\"1\">b</g><x id=\"2\"/>", "<b>fett</b> c")));
  REQUIRE(read.report.ok());
  CHECK(read.value(0, unit::kSource) == "a b");
  CHECK(read.value(0, unit::kSourceXml) == "a <g id=\"1\">b</g><x id=\"2\"></x>");
  CHECK(read.value(0, unit::kTarget) == "fett c");
  CHECK(read.value(0, unit::kTargetXml).empty());
  CHECK(read.skipped("<b> in a segment") == 1);
}

TEST_CASE("OmegaT's properties make a unit one for its place") {
  const Read read = read_text(tmx_of(
      "<tu><prop type=\"file\">a.txt</prop><prop type=\"id\">42</prop><prop type=\"prev\">p</prop>"
      "<prop type=\"next\">n</prop><prop type=\"path\">/x</prop><tuv xml:lang=\"en-US\">"
      "<seg>s</seg></tuv><tuv xml:lang=\"zh-CN\"><seg>t</seg></tuv></tu>"));
  CHECK(read.value(0, unit::kFile) == "a.txt");
  CHECK(read.value(0, unit::kSegment) == "42");
  CHECK(read.value(0, unit::kPrevious) == "p");
  CHECK(read.value(0, unit::kNext) == "n");
  CHECK(read.value(0, unit::kContextKind) == "id");
  CHECK(read.value(0, unit::kContext) == "a.txt\n42\np\nn\n/x");
  CHECK(read.value(0, unit::kProperties) == R"({"path":"/x"})");
}

TEST_CASE("properties of memoQ and Trados become context and status") {
  const Read read = read_fixture("memoq.tmx");
  REQUIRE(read.report.ok());
  REQUIRE(read.sink.units.size() == 2);
  CHECK(read.value(0, unit::kContextKind) == "neighbours");
  CHECK(read.value(0, unit::kPrevious) == "<seg>Before.</seg>");
  CHECK(read.value(0, unit::kFile) == "manual.docx");
  CHECK(read.value(0, unit::kProperties).find("x-context-pre") != std::string::npos);
  const Read trados = read_fixture("trados.tmx");
  REQUIRE(trados.report.ok());
  CHECK(trados.value(0, unit::kStatus) == "reviewed");
  CHECK(trados.value(0, unit::kAuthor) == "DOMAIN\\user");
  CHECK(trados.value(0, unit::kContextKind) == "id");
  CHECK(trados.value(0, unit::kSegment) == "menu.open");
  CHECK(trados.value(1, unit::kStatus) == "rejected");
}

TEST_CASE("an empty or missing text is skipped with its reason; source and target may be equal") {
  const Read read = read_text(tmx_of(
      tu_of("OmegaT", "OmegaT") + tu_of("a", "") + tu_of(" ", "b") +
      "<tu><tuv xml:lang=\"en-US\"><seg>a</seg></tuv></tu><tu></tu>" + tu_of("<ph/>", "<ph/>")));
  REQUIRE(read.report.ok());
  CHECK(read.sink.units.size() == 2);
  CHECK(read.skipped("empty target") == 1);
  CHECK(read.skipped("empty source") == 1);
  CHECK(read.skipped("no target in any language") == 1);
  CHECK(read.skipped("no source in en-US") == 1);
}

TEST_CASE("a bare header, CRLF and characters beyond the basic plane") {
  const Read read =
      read_text("<tmx version=\"1.4b\"><header/><body>" +
                tu_of("a\r\nb&#13;c", "\xF0\xA0\x80\x80\xF0\x9F\x98\x80") + "</body></tmx>");
  REQUIRE(read.report.ok());
  CHECK(read.value(0, unit::kSource) == "a\nb\rc");
  CHECK(read.value(0, unit::kTarget) == "\xF0\xA0\x80\x80\xF0\x9F\x98\x80");
}

TEST_CASE("a segment of 64 KiB is read; one byte more is refused with its number and line") {
  const std::string full(wire::kMaxUnitTextBytes, 'x');
  CHECK(read_text(tmx_of(tu_of("a", full))).report.ok());
  const Read read = read_text(tmx_of(tu_of("a", "b") + tu_of("a", full + "x")));
  REQUIRE_FALSE(read.report.ok());
  CHECK(read.report.error().code == Code::kLimit);
  CHECK(read.error().find("a.tmx:4, unit 2: its segment in zh-CN has more than 65536") == 0);
}

TEST_CASE("texts that fit one by one but not together are refused with the unit's number") {
  const std::string full(wire::kMaxUnitTextBytes, 'x');
  const Read read = read_text(tmx_of("<tu><note>" + full + "</note><prop type=\"a\">" +
                                     full.substr(100) + "</prop>" + tu_of(full, full).substr(4)));
  REQUIRE_FALSE(read.report.ok());
  CHECK(read.error().find("unit 1: ") != std::string::npos);
}

TEST_CASE("a unit that never ends, of small pieces, is refused before it fills the memory") {
  std::string many;
  for (int i = 0; i < 30'000; ++i) many += "<prop type=\"x\">y</prop>";
  const Read read = read_text(tmx_of("<tu>" + many + "</tu>"));
  REQUIRE_FALSE(read.report.ok());
  CHECK(read.report.error().code == Code::kLimit);
}

TEST_CASE("unknown elements are passed over and counted, with all they hold") {
  const Read read = read_text(tmx_of("<extra><tu>" + tu_of("x", "y") + "</tu></extra>" +
                                     "<tu><odd><seg>no</seg></odd>" + tu_of("a", "b").substr(4)));
  REQUIRE(read.report.ok());
  REQUIRE(read.sink.units.size() == 1);
  CHECK(read.value(0, unit::kSource) == "a");
  CHECK(read.skipped("no element of TMX here") == 2);
}

TEST_CASE("what the sink refuses ends the reading with the sink's own words") {
  class Full final : public Sink {
    Status unit(wire::Record) override { return Error{Code::kIo, "disk full"}; }
    Status entry(wire::Record, std::vector<wire::Record>) override { return {}; }
  } sink;
  const std::string text = tmx_of(tu_of("a", "b"));
  MemorySource source(text, "a.tmx");
  const auto report = read_source(&source, {}, &sink);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().message == "disk full");
}
