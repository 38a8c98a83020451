#include "wire/history.h"

#include <catch2/catch.hpp>

#include "wire/limits.h"
#include "wire/project_path.h"

using namespace yizhan;
using namespace yizhan::wire;

namespace {

Record unit_of(const std::string& source, const std::string& xml = "") {
  Record record = make_record(UNIT);
  set_value(&record, unit::kSourceLang, "en-US");
  set_value(&record, unit::kTargetLang, "zh-CN");
  set_value(&record, unit::kSource, source);
  set_value(&record, unit::kSourceXml, xml);
  return record;
}

std::string id_of_unit(const std::string& source, const std::string& xml = "") {
  Record record = unit_of(source, xml);
  set_record_id(&record, "C/P");
  return record.id();
}

}  // namespace

TEST_CASE("key text: inline elements become numbered placeholders") {
  const std::string xml =
      "Do <bpt i=\"1\">&lt;b&gt;</bpt>not<ept i=\"1\">&lt;/b&gt;</ept> <hi>open</hi><ph/> &amp;c";
  CHECK(key_text("", xml) == "Do {1}not{/1} {2}open{/2}{3} &c");
  CHECK(key_text("", "a<ph>x <sub>y</sub> z</ph>b") == "a{1}b");
  CHECK(key_text("", "<broken") == "{1}");
  CHECK(key_text("", "a &unknown; b") == "a &unknown; b");
}

TEST_CASE("key text: NFC and white space, but full width and case mean something") {
  CHECK(key_text("e\xCC\x81t\xC3\xA9 ", "") == "\xC3\xA9t\xC3\xA9");
  CHECK(key_text("  a \t\n b ", "") == "a b");
  CHECK(key_text("Ａ①", "") == "Ａ①");
  CHECK(id_of_unit("Resume") != id_of_unit("résumé"));
  CHECK(id_of_unit("Resume") != id_of_unit("resume"));
}

TEST_CASE("the same source by two people is one unit; another slice, language or context is not") {
  CHECK(id_of_unit("Check  the gear.") == id_of_unit("Check the gear."));
  Record record = unit_of("Check the gear.");
  set_record_id(&record, "C/Q");
  CHECK(record.id() != id_of_unit("Check the gear."));
  set_value(&record, unit::kTargetLang, "zh-TW");
  set_record_id(&record, "C/P");
  CHECK(record.id() != id_of_unit("Check the gear."));
  set_value(&record, unit::kTargetLang, "zh-CN");
  set_value(&record, unit::kContext, "7");
  set_record_id(&record, "C/P");
  CHECK(record.id() != id_of_unit("Check the gear."));
}

TEST_CASE("languages are compared as one writes them today, whoever wrote them") {
  CHECK(key_language("en_us") == "en-US");
  CHECK(key_language("ZH-hans-cn") == "zh-Hans-CN");
  CHECK(key_language("de-CH-1996") == "de-CH-1996");
  CHECK(key_language("en-GB-x-ABCD-ab") == "en-GB-x-abcd-ab");
  CHECK(key_language("") == "");
  CHECK(key_language("-").size() == 1);
  Record record = unit_of("Check the gear.");
  set_value(&record, unit::kSourceLang, "EN_us");
  set_record_id(&record, "C/P");
  CHECK(record.id() == id_of_unit("Check the gear."));
  CHECK(record.id() != record_id_of(record, "C/P", 1));
  // What was written so all along has the id it had.
  const Record before = unit_of("Check the gear.");
  CHECK(record_id_of(before, "C/P", 1) == record_id_of(before, "C/P", kKeyVersion));
  CHECK(record_id_hex(id_of_unit("Check the gear.")) == "745eb144fde78139351dfcf10ec86d7f");
}

TEST_CASE("a text that was there before and was replaced since is known again") {
  Record record = unit_of("x");
  set_value(&record, unit::kTarget, "new");
  Record said = record;
  std::vector<Revision> past(1);
  *past[0].mutable_values() = record.values();
  CHECK_FALSE(said_before(record, past, said));  // it says so now
  set_value(&said, unit::kTarget, "old");
  CHECK_FALSE(said_before(record, past, said));
  *past[0].mutable_values() = said.values();
  CHECK(said_before(record, past, said));
  record.set_deleted(true);
  CHECK(said_before(record, past, said));
  CHECK_FALSE(said_before(record, {}, said));
}

TEST_CASE("a record at the limit of a value is whole; one byte more names its field") {
  Record record = unit_of("x");
  set_record_id(&record, "C/P");
  set_value(&record, unit::kTarget, std::string(kMaxUnitTextBytes, 'x'));
  CHECK(check_record(record).ok());
  set_value(&record, unit::kTarget, std::string(kMaxUnitTextBytes + 1, 'x'));
  const Status status = check_record(record);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Code::kLimit);
  CHECK(status.error().message.find("unit.target") != std::string::npos);
}

TEST_CASE("a record with what no XML could carry is refused") {
  for (const std::string bad : {"a\x0B", "\xFF", "\xEF\xBF\xBF"}) {
    Record record = unit_of("x");
    set_record_id(&record, "C/P");
    set_value(&record, unit::kTarget, bad);
    CHECK_FALSE(check_record(record).ok());
  }
  Record record = unit_of("x");
  CHECK_FALSE(check_record(record).ok());  // no id
  record.set_kind(static_cast<RecordKind>(99));
  CHECK_FALSE(check_record(record).ok());
}

TEST_CASE("slices are paths, and a right on a path covers what is below it") {
  CHECK(check_slice("HL-GEAR/PRJ-1/en-US/zh-CN").ok());
  CHECK_FALSE(check_slice("").ok());
  CHECK_FALSE(check_slice("a//b").ok());
  CHECK_FALSE(check_slice("a/").ok());
  CHECK_FALSE(check_slice("a/../b").ok());
  CHECK_FALSE(check_slice("a/*").ok());
  CHECK(check_slice("1/2/3/4/5/6").ok());
  CHECK_FALSE(check_slice("1/2/3/4/5/6/7").ok());
  CHECK_FALSE(check_slice(std::string(kMaxSliceBytes + 1, 'x')).ok());
  CHECK(slice_covers("HL-GEAR", "HL-GEAR/PRJ-1"));
  CHECK(slice_covers("HL-GEAR", "HL-GEAR"));
  CHECK_FALSE(slice_covers("HL-GEAR", "HL-GEARS/PRJ-1"));
  CHECK_FALSE(slice_covers("HL-GEAR/PRJ-1", "HL-GEAR"));
}

TEST_CASE("the project of a message is the beginning of a slice, whatever it is called") {
  const auto path = [](const std::vector<std::pair<std::string, std::string>>& fields) {
    Body body;
    Section* section = body.add_sections();
    section->set_name("project");
    for (const auto& [key, value] : fields) {
      Entry* entry = section->add_entries();
      entry->set_key(key);
      entry->set_value(value);
    }
    return project_path(body);
  };
  CHECK(path({{"id", "PRJ-1"}, {"client", "HL-GEAR"}}) == "HL-GEAR/PRJ-1");
  CHECK(path({{"id", "PRJ-1"}}) == "-/PRJ-1");
  CHECK(path({{"client", "HL-GEAR"}}).empty());
  CHECK(path({{"id", "a/b*c\x7F"}, {"client", ".."}}) == "-/a_b_c_");
  CHECK(check_slice(path({{"id", "齿轮箱"}, {"client", "宏力\n"}}) + "/en-US/zh-CN").ok());
}

TEST_CASE("every field of every kind has a name, and names are not used twice in a kind") {
  for (int kind = 1; kind <= kRecordKinds; ++kind) {
    const auto fields = fields_of(static_cast<RecordKind>(kind));
    CHECK(parse_record_kind(record_kind_name(static_cast<RecordKind>(kind))) == kind);
    CHECK(fields.size() <= static_cast<std::size_t>(kMaxValues));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      REQUIRE(fields[i].name != nullptr);
      for (std::size_t j = 0; j < i; ++j) CHECK(std::string(fields[i].name) != fields[j].name);
    }
  }
}
