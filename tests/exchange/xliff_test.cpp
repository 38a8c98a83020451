#include <catch2/catch.hpp>

#include "collect.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::exchange;
namespace unit = wire::unit;

namespace {

ReadOptions with_status(const std::string& status) {
  ReadOptions options;
  options.min_status = status;
  return options;
}

}  // namespace

TEST_CASE("Trados: each confirmed piece of a unit is a unit of ours") {
  const Read read = read_fixture("trados.sdlxliff");
  INFO(read.error());
  REQUIRE(read.report.ok());
  CHECK(read.report->format == "XLIFF 1.2");
  REQUIRE(read.sink.units.size() == 1);
  CHECK(read.value(0, unit::kSource) == "Check the gear.");
  CHECK(read.value(0, unit::kSourceXml) == "Check <g id=\"1\">the gear</g>.");
  CHECK(read.value(0, unit::kTarget) == "检查齿轮。");
  CHECK(read.value(0, unit::kStatus) == "reviewed");
  CHECK(read.value(0, unit::kOrigin) == "human");
  CHECK(read.value(0, unit::kFile) == "C:\\work\\manual.docx");
  CHECK(read.value(0, unit::kSegment) == "aa-bb#1");
  CHECK(read.value(0, unit::kAuthor) == "DOMAIN\\li");
  CHECK(read.value(0, unit::kChanger) == "DOMAIN\\wang");
  CHECK(read.value(0, unit::kChanged) == "2024-03-05T10:15:00Z");
  CHECK(read.value(0, unit::kContextKind).empty());
  CHECK(read.skipped("a segment that is draft") == 2);
  CHECK(read.skipped("empty target") == 1);
  CHECK(read.skipped("not to be translated") == 1);
}

TEST_CASE("the lowest status that counts is the caller's to say") {
  const Read all = read_fixture("trados.sdlxliff", with_status("draft"));
  REQUIRE(all.sink.units.size() == 3);
  CHECK(all.value(1, unit::kOrigin) == "tm");
  CHECK(all.value(2, unit::kOrigin) == "mt");
  CHECK(all.value(2, unit::kStatus) == "draft");
  CHECK(read_fixture("trados.sdlxliff", with_status("final")).sink.units.empty());
}

TEST_CASE("memoQ: the status stands at the unit; history and alternatives are passed over") {
  const Read read = read_fixture("memoq.mqxliff");
  REQUIRE(read.report.ok());
  REQUIRE(read.sink.units.size() == 2);
  CHECK(read.value(0, unit::kStatus) == "translated");
  CHECK(read.value(0, unit::kSource) == "Open it");
  CHECK(read.value(0, unit::kTarget) == "打开");
  CHECK(read.value(0, unit::kChanger) == "li.wei");
  CHECK(read.value(0, unit::kChanged) == "2024-03-05T10:15:00Z");
  CHECK(read.value(0, unit::kSourceLang) == "en-US");
  CHECK(read.value(1, unit::kStatus) == "final");
  CHECK(read.skipped("a segment that is draft") == 2);  // also a status that we do not know
}

TEST_CASE("XLIFF 1.2: states, groups, notes, several files") {
  const Read read = read_fixture("plain12.xlf");
  REQUIRE(read.report.ok());
  REQUIRE(read.sink.units.size() == 5);
  CHECK(read.value(0, unit::kStatus) == "final");  // approved
  CHECK(read.value(0, unit::kNote) == "one\ntwo");
  CHECK(read.value(0, unit::kTargetXml) == "甲<x id=\"1\"></x>");
  CHECK(read.value(1, unit::kOrigin) == "mt");
  CHECK(read.value(2, unit::kStatus) == "translated");  // none said
  CHECK(read.value(3, unit::kStatus) == "final");
  CHECK(read.value(4, unit::kTargetLang) == "zh-TW");
  CHECK(read.skipped("a segment that is rejected") == 1);
  CHECK(read.skipped("empty target") == 1);
  const Read mainland = read_fixture("plain12.xlf", languages("en-US", "zh-CN"));
  CHECK(mainland.sink.units.size() == 4);
  CHECK(mainland.skipped("a target in zh-TW") == 1);
  CHECK(mainland.value(0, unit::kSourceLang) == "en-US");
}

TEST_CASE("XLIFF 2.1: segments with their states") {
  const Read read = read_fixture("plain2.xlf");
  INFO(read.error());
  REQUIRE(read.report.ok());
  CHECK(read.report->format == "XLIFF 2.1");
  REQUIRE(read.sink.units.size() == 1);
  CHECK(read.value(0, unit::kSource) == "Do not open.");
  CHECK(read.value(0, unit::kTargetXml) ==
        "请<pc dataRefStart=\"d1\" id=\"1\">勿</pc>打开<ph id=\"2\"></ph>。");
  CHECK(read.value(0, unit::kStatus) == "reviewed");
  CHECK(read.value(0, unit::kSegment) == "u1#s1");
  CHECK(read.value(0, unit::kFile) == "f1");
  CHECK(read.value(0, unit::kNote) == "for all");
  CHECK(read.skipped("a segment that is rejected") == 1);
  CHECK(read.skipped("a segment that is draft") == 1);
}

TEST_CASE("what XLIFF brought goes out as TMX and comes back") {
  for (const char* name : {"trados.sdlxliff", "memoq.mqxliff", "plain12.xlf", "plain2.xlf"}) {
    const Read read = read_fixture(name, with_status("draft"));
    const Read again = read_text(write_units(read.sink.units));
    REQUIRE(again.sink.units.size() == read.sink.units.size());
    for (std::size_t i = 0; i < again.sink.units.size(); ++i) {
      for (const int field :
           {unit::kSource, unit::kTarget, unit::kStatus, unit::kOrigin, unit::kFile, unit::kSegment,
            unit::kNote, unit::kChanger, unit::kChanged, unit::kContextKind}) {
        CHECK(again.value(i, field) == read.value(i, field));
      }
      CHECK(wire::key_text("", again.value(i, unit::kSourceXml)) ==
            wire::key_text("", read.value(i, unit::kSourceXml)));
    }
  }
}

TEST_CASE("limits and halves of XLIFF files name the unit") {
  const std::string start =
      "<xliff version=\"1.2\"><file source-language=\"en\" target-language=\"zh\"><body>\n"
      "<trans-unit id=\"1\"><source>a</source><target>";
  const std::string end = "</target></trans-unit></body></file></xliff>";
  const std::string full(wire::kMaxUnitTextBytes, 'x');
  CHECK(read_text(start + full + end).report.ok());
  CHECK(read_text(start + full + "y" + end)
            .error()
            .find("a.tmx:2, unit 1: a segment has more than 65536") == 0);
  CHECK(read_text(start + "a").error().find("not whole") != std::string::npos);
  std::string many;
  for (int i = 0; i < 30'000; ++i) many += "<mrk mtype=\"seg\" mid=\"" + std::to_string(i) + "\"/>";
  CHECK(read_text(start + many + end).error().find("unit 1: all its segments") !=
        std::string::npos);
  const Read nameless = read_text(
      "<xliff version=\"1.2\"><file><body><trans-unit id=\"1\"><source>a"
      "</source><target>b</target></trans-unit></body></file></xliff>");
  CHECK(nameless.skipped("no source language") == 1);
}
