#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "collect.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::exchange;
namespace field = wire::concept_entry;
namespace term = wire::term;

namespace {

std::string of(const Entry& entry, int what) {
  return wire::value(entry.concept_record, what);
}
std::string of(const wire::Record& record, int what) {
  return wire::value(record, what);
}

std::string write_entries(const std::vector<Entry>& entries, Format format) {
  StringOutput output;
  const auto writer = make_writer(format, {}, &output);
  for (const Entry& entry : entries) {
    if (!writer->entry(entry.concept_record, entry.terms).ok()) return "failed";
  }
  return writer->finish().ok() ? output.text : "failed";
}

void check_same(const std::vector<Entry>& a, const std::vector<Entry>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO(a[i].concept_record.DebugString());
    for (int f = 0; f < field::kFieldCount; ++f) CHECK(of(a[i], f) == of(b[i], f));
    REQUIRE(a[i].terms.size() == b[i].terms.size());
    for (std::size_t t = 0; t < a[i].terms.size(); ++t) {
      for (int f = 0; f < term::kFieldCount; ++f) {
        INFO("term " << t << " field " << f);
        CHECK(of(a[i].terms[t], f) == of(b[i].terms[t], f));
      }
    }
  }
}

std::string tbx_of(const std::string& body) {
  return "<tbx style=\"dca\" xml:lang=\"en\"><text><body>" + body + "</body></text></tbx>";
}

}  // namespace

TEST_CASE("an entry of TBX v2 becomes a concept and its terms") {
  ReadOptions options;
  options.termbase = "gear";
  options.client = "HL";
  const Read read = read_fixture("v2.tbx", options);
  INFO(read.error());
  REQUIRE(read.report.ok());
  CHECK(read.report->format == "TBX v2");
  CHECK(read.report->encoding == "UTF-8 (byte order mark)");
  REQUIRE(read.sink.entries.size() == 2);
  const Entry& gear = read.sink.entries[0];
  CHECK(of(gear, field::kKey) == "c67");
  CHECK(of(gear, field::kTermbase) == "gear");
  CHECK(of(gear, field::kClient) == "HL");
  CHECK(of(gear, field::kDomain) == "manufacturing");
  CHECK(of(gear, field::kDefinition) == "a toothed wheel");
  CHECK(of(gear, field::kNote) == "entry note");
  CHECK(of(gear, field::kProperties) ==
        R"({"source":"ISO 1122","definition@lang:en-US":"in English"})");
  REQUIRE(gear.terms.size() == 4);
  const wire::Record& wheel = gear.terms[0];
  CHECK(of(wheel, term::kLang) == "en-US");
  CHECK(of(wheel, term::kText) == "gear wheel");
  CHECK(of(wheel, term::kStatus) == "preferred");
  CHECK(of(wheel, term::kPartOfSpeech) == "noun");
  CHECK(of(wheel, term::kUsageContext) == "Check the gear wheel.");
  CHECK(of(wheel, term::kSourceRef) == "manual");
  CHECK(of(wheel, term::kAuthor) == "li.wei");  // the entry's
  CHECK(of(wheel, term::kCreated) == "2023-05-06T00:00:00Z");
  CHECK(of(wheel, term::kProperties) == R"({"termType":"fullForm"})");
  CHECK(of(wheel, term::kConcept).empty());
  CHECK(of(gear.terms[1], term::kGender) == "neuter");
  CHECK(of(gear.terms[1], term::kNote) == "term note");
  CHECK(of(gear.terms[1], term::kChanger) == "wang.fang");
  CHECK(of(gear.terms[2], term::kStatus) == "deprecated");
  CHECK(of(read.sink.entries[1], field::kKey) == "bolt");
  CHECK(read.skipped("without a text") == 1);
  CHECK(read.report->terms == 5);
}

TEST_CASE("only terms of the wanted languages are taken; zh-TW is not zh-CN") {
  const Read read = read_fixture("v2.tbx", languages("en-US", "zh-CN"));
  REQUIRE(read.report.ok());
  CHECK(read.sink.entries[0].terms.size() == 3);
  CHECK(read.skipped("a term in zh-TW") == 1);
  CHECK(of(read.sink.entries[1].terms[0], term::kLang) == "en-US");  // the file says en
}

TEST_CASE("TBX v3 in both styles, with statuses under any of their names") {
  const Read dca = read_fixture("v3_dca.tbx");
  REQUIRE(dca.report.ok());
  CHECK(dca.report->format == "TBX v3 (DCA)");
  const auto& terms = dca.sink.entries.at(0).terms;
  REQUIRE(terms.size() == 3);
  CHECK(of(terms[0], term::kStatus) == "admitted");
  CHECK(of(terms[1], term::kStatus) == "preferred");
  CHECK(of(terms[1], term::kAuthor) == "li.wei");
  CHECK(of(terms[1], term::kCreated) == "2023-05-05T23:08:09Z");
  CHECK(of(terms[2], term::kStatus) == "forbidden");
  const Read dct = read_fixture("v3_dct.tbx");
  REQUIRE(dct.report.ok());
  CHECK(dct.report->format == "TBX v3 (DCT)");
  const Entry& entry = dct.sink.entries.at(0);
  CHECK(of(entry, field::kDomain) == "gear");
  CHECK(of(entry, field::kProperties) ==
        R"({"definition@lang:en-US":"a box with gears","source@lang:en-US":"ISO"})");
  CHECK(of(entry.terms[0], term::kStatus) == "preferred");
  CHECK(of(entry.terms[0], term::kUsageContext) == "Open the gearbox.");
  CHECK(of(entry.terms[1], term::kAuthor) == "li.wei");
}

TEST_CASE("the names of elements count, whatever root and namespace they stand in") {
  const Read read = read_text(
      "<martif type=\"TBX-Basic\" xmlns=\"urn:iso:std:iso:30042:ed-2\"><text><body><t:conceptEntry "
      "id=\"1\"><t:langSec xml:lang=\"en\"><t:termSec><t:term>a</t:term></t:termSec></t:langSec>"
      "</t:conceptEntry></body></text></martif>");
  REQUIRE(read.report.ok());
  CHECK(read.sink.entries.size() == 1);
}

TEST_CASE("records to TBX and back keep everything, in v2 and v3") {
  for (const char* name : {"v2.tbx", "v3_dca.tbx", "v3_dct.tbx"}) {
    const Read read = read_fixture(name);
    for (const Format format : {Format::kTbx, Format::kTbxV2}) {
      const std::string text = write_entries(read.sink.entries, format);
      INFO(text);
      const Read again = read_text(text);
      REQUIRE(again.report.ok());
      CHECK(again.report->format == (format == Format::kTbx ? "TBX v3 (DCA)" : "TBX v2"));
      check_same(read.sink.entries, again.sink.entries);
    }
  }
}

TEST_CASE("a key that is no XML id and a status that TBX lacks survive") {
  Entry entry{wire::make_record(wire::CONCEPT), {wire::make_record(wire::TERM)}};
  wire::set_value(&entry.concept_record, field::kKey, "齿轮 & <box>");
  wire::set_value(&entry.terms[0], term::kLang, "en");
  wire::set_value(&entry.terms[0], term::kText, "a < b");
  wire::set_value(&entry.terms[0], term::kStatus, "proposed");
  check_same({entry}, read_text(write_entries({entry}, Format::kTbx)).sink.entries);
  wire::set_value(&entry.terms[0], term::kStatus, "forbidden");
  check_same({entry}, read_text(write_entries({entry}, Format::kTbxV2)).sink.entries);
}

TEST_CASE("an entry without terms is left out, units are refused, nothing at all is a whole file") {
  StringOutput output;
  const auto writer = make_writer(Format::kTbx, {}, &output);
  CHECK(writer->entry(wire::make_record(wire::CONCEPT), {}).ok());
  CHECK(writer->left_out() == 1);
  CHECK_FALSE(writer->unit(wire::make_record(wire::UNIT)).ok());
  CHECK(writer->finish().ok());
  CHECK(read_text(output.text).report.ok());
}

TEST_CASE("limits of an entry name its number") {
  const std::string term = "<conceptEntry><langSec xml:lang=\"en\"><termSec><term>";
  const std::string end = "</term></termSec></langSec></conceptEntry>";
  const std::string full(wire::kMaxUnitTextBytes, 'x');
  CHECK(read_text(tbx_of(term + full + end)).report.ok());
  const Read read = read_text(tbx_of(term + "a" + end + "\n" + term + full + "y" + end));
  CHECK(read.error().find("a.tmx:2, entry 2: its term has more than 65536") == 0);
  const Read nested = read_text(tbx_of("<conceptEntry><conceptEntry/></conceptEntry>"));
  CHECK(nested.error().find("entry 1: <conceptEntry> within another") != std::string::npos);
  const Read half = read_text(tbx_of(term + "a" + end).substr(0, 150));
  CHECK(half.error().find("not whole") != std::string::npos);
}

TEST_CASE("v2 as written passes the schema by which OmegaT reads") {
  const std::filesystem::path jar = "/usr/share/omegat/OmegaT.jar";
  const std::string folder = std::filesystem::temp_directory_path() / "yizhan_tbx_schema";
  const auto run = [](const std::string& command) { return std::system(command.c_str()); };
  if (!std::filesystem::exists(jar) || run("command -v xmllint unzip >/dev/null") != 0) {
    WARN("no OmegaT, xmllint or unzip here: the schema was not tried");
    return;
  }
  std::filesystem::create_directories(folder);
  REQUIRE(run("unzip -qqo " + jar.string() + " schemas/tbx.xsd schemas/xml.xsd -d " + folder) == 0);
  std::vector<Entry> entries = read_fixture("v2.tbx").sink.entries;
  for (Entry& entry : read_fixture("v3_dca.tbx").sink.entries) entries.push_back(entry);
  std::ofstream(folder + "/ours.tbx") << write_entries(entries, Format::kTbxV2);
  CHECK(run("xmllint --nonet --noout --schema " + folder + "/schemas/tbx.xsd " + folder +
            "/ours.tbx 2>" + folder + "/errors") == 0);
  std::filesystem::remove_all(folder);
}
