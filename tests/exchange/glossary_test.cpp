#include "exchange/glossary.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "collect.h"

using namespace yizhan;
using namespace yizhan::exchange;
namespace field = wire::concept_entry;
namespace term = wire::term;

namespace {

ReadOptions en_zh() {
  return languages("en-US", "zh-CN");
}

Read read_lines(const std::string& text, const ReadOptions& options = en_zh()) {
  return read_text(text, options, "g.txt");
}

std::string text_of(const Read& read, std::size_t entry, std::size_t which,
                    int what = term::kText) {
  return wire::value(read.sink.entries.at(entry).terms.at(which), what);
}

wire::Record a_term(const std::string& lang, const std::string& text, const std::string& status,
                    const std::string& note = "") {
  wire::Record record = wire::make_record(wire::TERM);
  wire::set_value(&record, term::kLang, lang);
  wire::set_value(&record, term::kText, text);
  wire::set_value(&record, term::kStatus, status);
  wire::set_value(&record, term::kNote, note);
  return record;
}

std::string tsv_of(const std::vector<wire::Record>& terms, const std::string& definition = "") {
  StringOutput output;
  WriteOptions options;
  options.source_lang = "en-US";
  options.target_lang = "zh-CN";
  wire::Record entry = wire::make_record(wire::CONCEPT);
  wire::set_value(&entry, field::kDefinition, definition);
  const auto writer = make_writer(Format::kTsv, options, &output);
  REQUIRE(writer->entry(entry, terms).ok());
  REQUIRE(writer->finish().ok());
  return output.text;
}

}  // namespace

TEST_CASE("OmegaT's glossary: tabs, comments, lines of one column passed over and counted") {
  const Read read = read_lines(
      "# a comment\tx\ngear\t齿轮\tISO\nalone\n\n  shaft \t 轴 "
      "\r\n\"quoted\"\t“引”\tc\td\nx\t\tempty\n");
  INFO(read.error());
  REQUIRE(read.report.ok());
  CHECK(read.report->format == "tab-separated");
  REQUIRE(read.sink.entries.size() == 3);
  CHECK(wire::value(read.sink.entries[0].concept_record, field::kKey) == "gear");
  CHECK(text_of(read, 0, 0) == "gear");
  CHECK(text_of(read, 0, 0, term::kLang) == "en-US");
  CHECK(text_of(read, 0, 1) == "齿轮");
  CHECK(text_of(read, 0, 1, term::kNote) == "ISO");
  CHECK(text_of(read, 0, 1, term::kStatus) == "admitted");
  CHECK(text_of(read, 1, 0) == "shaft");
  CHECK(text_of(read, 1, 1) == "轴");
  CHECK(text_of(read, 2, 0) == "\"quoted\"");
  CHECK(read.skipped("one column") == 1);
  CHECK(read.skipped("two languages") == 1);
  CHECK(read.skipped("beyond") == 1);
  CHECK(read.report->skipped.at(0).first == "g.txt:3");
}

TEST_CASE("CSV: quoting, semicolons, and a field that goes on in the next line is refused") {
  const Read read = read_lines("\"gear, big\",\"大\"\"齿轮\"\"\",note\nshaft,轴\n");
  REQUIRE(read.sink.entries.size() == 2);
  CHECK(text_of(read, 0, 0) == "gear, big");
  CHECK(text_of(read, 0, 1) == "大\"齿轮\"");
  const Read semicolons = read_lines("gear;齿轮\n\"a;b\";c\n");
  CHECK(semicolons.report->format == "CSV with semicolons");
  CHECK(text_of(semicolons, 1, 0) == "a;b");
  const Read open = read_lines("gear,齿轮\n\"a\nb\",c\n");
  CHECK(open.error().find("g.txt:2: a quotation mark stays open") == 0);
}

TEST_CASE("a header is known by its words and names columns and languages") {
  const Read words =
      read_lines("Source,Target,Definition,Status,POS\ngear,齿轮,a wheel,forbidden,noun\n");
  INFO(words.error());
  REQUIRE(words.sink.entries.size() == 1);
  CHECK(wire::value(words.sink.entries[0].concept_record, field::kDefinition) == "a wheel");
  CHECK(text_of(words, 0, 1, term::kStatus) == "forbidden");
  CHECK(text_of(words, 0, 1, term::kPartOfSpeech) == "noun");
  const Read turned = read_lines("zh_CN\ten-us\t备注\n齿轮\tgear\tx\n");
  CHECK(text_of(turned, 0, 0) == "gear");
  CHECK(text_of(turned, 0, 1) == "齿轮");
  const Read many = read_lines("en\tde\tzh-CN\ngear\tRad\t齿轮\n", {});
  CHECK(many.sink.entries.at(0).terms.size() == 3);
  const Read names = read_lines("English,简体中文\ngear,齿轮\n");
  CHECK(text_of(names, 0, 1, term::kLang) == "zh-CN");
  const Read other = read_lines("en\tzh-TW\ngear\t齒輪\n");
  CHECK(other.error().find("g.txt:1: not both wanted languages are there") == 0);
  const Read none = read_lines("ten\tgas\nsource code\ttarget\n");
  CHECK(none.sink.entries.size() == 2);
}

TEST_CASE("without a header the caller has to name both languages") {
  CHECK(read_lines("gear\t齿轮\n", {}).error().find("g.txt:1: the file does not say its lang") ==
        0);
  CHECK_FALSE(read_lines("gear\t齿轮\n", languages("en", "")).report.ok());
}

TEST_CASE("encodings of glossaries are found out and reported") {
  const std::string text = "gear\t齿轮\nbox\t箱\n";
  const auto check = [](const std::string& bytes, const std::string& encoding) {
    const Read read = read_lines(bytes);
    INFO(encoding << read.error());
    REQUIRE(read.report.ok());
    CHECK(read.report->encoding == encoding);
    CHECK(text_of(read, 0, 1) == "齿轮");
    CHECK(read.sink.entries.size() == 2);
  };
  check(text, "UTF-8");
  check("\xEF\xBB\xBF" + text, "UTF-8 (byte order mark)");
  check(utf16(text, true, true), "UTF-16LE (byte order mark)");
  check(utf16(text, false, true), "UTF-16BE (byte order mark)");
  check(utf16(text, true, false), "UTF-16LE (no byte order mark)");
  check("gear\t\xB3\xDD\xC2\xD6\nbox\t\xCF\xE4\n", "GB18030 (guessed: it is not UTF-8)");
  check("gear\t齿轮\rbox\t箱\r", "UTF-8");
}

TEST_CASE("damaged UTF-8 is refused rather than read as other words") {
  const Read read = read_lines("gear\t齿轮\nbox\t\xE7\xAE\n");
  CHECK(read.error().find("g.txt:2: the text is UTF-8, but damaged") == 0);
  CHECK_FALSE(read_lines("\xEF\xBB\xBFgear\t\xB3\xDD\xC2\xD6\n").report.ok());
  CHECK(read_lines("gear\t\xE7\xAE").error().find("g.txt:1: ") == 0);
}

TEST_CASE("what is no glossary says so") {
  CHECK(read_lines("").error().find("g.txt: neither TMX") == 0);
  CHECK(read_lines("just words\n").error().find("g.txt: neither TMX") == 0);
  CHECK(read_lines(std::string(5000, '\x01')).error().find("no text") != std::string::npos);
}

TEST_CASE("a line at the limit is read, a longer one refused, also when it never ends") {
  const std::string note(60'000, 'x');
  CHECK(read_lines("gear\t齿轮\t" + note + "\n").report.ok());
  const Read value = read_lines("a\tb\ngear\t齿轮\t" + note + note + "\n");
  CHECK(value.error().find("g.txt:2: term.note has 120000 bytes") == 0);
  const Read line = read_lines("a\tb\n" + std::string(kMaxGlossaryLineBytes * 2, 'x'));
  CHECK(line.error().find("g.txt:2: the line has more than") == 0);
}

TEST_CASE("a written glossary has three columns and no tab or line end within") {
  CHECK(tsv_of({a_term("en-US", "gear\tbox\n1", ""), a_term("zh-CN", "齿轮", "", "a\tb")}, "def") ==
        "gear box 1\t齿轮\ta b; def\n");
  CHECK(tsv_of({a_term("en-US", "#5 gear", ""), a_term("zh-CN", "五号", "")}) ==
        " #5 gear\t五号\t\n");
}

TEST_CASE("a forbidden term never stands in column 2; the preferred term's comment names it") {
  const std::string text =
      tsv_of({a_term("en-US", "gearbox", "preferred"), a_term("zh-CN", "变速箱", "forbidden"),
              a_term("zh-CN", "牙箱", "admitted", "rare"), a_term("zh-CN", "齿轮箱", "preferred")});
  CHECK(text == "gearbox\t齿轮箱\t不要用 变速箱 / do not use 变速箱\ngearbox\t牙箱\trare\n");
  CHECK(tsv_of({a_term("en-US", "gearbox", ""), a_term("zh-CN", "变速箱", "forbidden")}).empty());
  CHECK(tsv_of({a_term("zh-TW", "齒輪", ""), a_term("zh-CN", "齿轮", "")}).empty());
}

TEST_CASE("real glossaries too, where they are at hand") {
  const std::filesystem::path samples = std::string(YIZHAN_SAMPLES) + "/glossary";
  if (!std::filesystem::exists(samples)) return;
  for (const auto& file : std::filesystem::directory_iterator(samples)) {
    INFO(file.path());
    const bool tbx = file.path().extension() == ".tbx";
    Collect sink;
    const auto report = read_file(file.path(), tbx ? ReadOptions{} : en_zh(), &sink);
    INFO((report.ok() ? "" : report.error().message));
    REQUIRE(report.ok());
    CHECK_FALSE(sink.entries.empty());
  }
}
