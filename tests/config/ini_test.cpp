#include "config/ini.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace yizhan {
namespace {

using namespace std::string_literals;

IniDocument parsed(const std::string& text, const IniLimits& limits = {}) {
  auto document = parse_ini(text, "f.ini", limits);
  INFO((document.ok() ? "" : document.error().message));
  REQUIRE(document.ok());
  return *document;
}

std::string value_of(const std::string& raw) {
  const IniDocument document = parsed("[s]\nk =" + raw + "\n");
  REQUIRE(document.sections.size() == 1);
  REQUIRE(document.sections[0].entries.size() == 1);
  return document.sections[0].entries[0].value;
}

Error refused(const std::string& text, const IniLimits& limits = {}) {
  auto document = parse_ini(text, "f.ini", limits);
  INFO(text.substr(0, 200));
  REQUIRE_FALSE(document.ok());
  return document.error();
}

TEST_CASE("sections, keys, values and their lines are read in order") {
  const IniDocument document = parsed(
      "; comment\n"
      "\n"
      "[yizhan]\n"
      "version = 1\r\n"
      "  # indented comment\n"
      "Kind=task   \n"
      "[Watch Downloads]\n"
      "file.1.role =\n"
      "[end]");
  REQUIRE(document.sections.size() == 3);
  CHECK(document.sections[0].name == "yizhan");
  CHECK(document.sections[0].line == 3);
  CHECK(document.sections[0].find("version")->value == "1");
  CHECK(document.sections[0].find("version")->line == 4);
  CHECK(document.sections[0].find("kind")->value == "task");
  CHECK(document.sections[0].find("kind")->line == 6);
  CHECK(document.sections[0].find("Kind") == nullptr);
  CHECK(document.sections[1].name == "watch Downloads");
  CHECK(document.sections[1].entries[0].value.empty());
  CHECK(document.find("end") == &document.sections[2]);
  CHECK(document.find("none") == nullptr);
  CHECK(document.ends_with_end);
  CHECK(document.encoding == IniEncoding::kUtf8);
  CHECK(document.warnings.empty());
}

TEST_CASE("a document without sections is a document") {
  CHECK(parsed("").sections.empty());
  CHECK(parsed("\n\r\n  \t\n; x").sections.empty());
  CHECK_FALSE(parsed("").ends_with_end);
}

TEST_CASE("only an empty last section [end] ends a document") {
  CHECK_FALSE(parsed("[a]\n[end]\n[b]\n").ends_with_end);
  CHECK_FALSE(parsed("[a]\n[end]\nk=v\n").ends_with_end);
  CHECK_FALSE(parsed("[a]\n").ends_with_end);
  CHECK(parsed("[a]\n[END]\n; after\n").ends_with_end);
}

TEST_CASE("values are taken as they are written") {
  using Row = std::pair<std::string, std::string>;
  const auto [raw, value] = GENERATE(
      Row{" a ; b # c", "a ; b # c"}, Row{" ;x", ";x"}, Row{" # x", "# x"},
      Row{" a=b = c", "a=b = c"}, Row{" a:b", "a:b"}, Row{" %(x)s ${y}", "%(x)s ${y}"},
      Row{"[x]", "[x]"}, Row{"\t x \t", "x"}, Row{" a\tb", "a\tb"}, Row{" 译文 😀", "译文 😀"},
      Row{" a\\nb\\tc\\\\d", "a\nb\tc\\d"}, Row{" \\\\n", "\\n"}, Row{" C:\\dir\\x", "C:\\dir\\x"},
      Row{" end\\", "end\\"}, Row{" \\", "\\"}, Row{" \\r\\0\\\"", "\\r\\0\\\""});
  INFO(raw);
  CHECK(value_of(raw) == value);
}

TEST_CASE("double quotes keep outer blanks, and are themselves anywhere else") {
  using Row = std::pair<std::string, std::string>;
  const auto [raw, value] =
      GENERATE(Row{" \" x \"", " x "}, Row{" \"x\"", "\"x\""}, Row{" \"\"", "\"\""},
               Row{" \" \"", " "}, Row{" \"", "\""}, Row{" \"\" x \"\"", "\" x \""},
               Row{" \"a\" \"b\"", "\"a\" \"b\""}, Row{" say \"x\"", "say \"x\""});
  INFO(raw);
  CHECK(value_of(raw) == value);
}

TEST_CASE("what is wrong is named with its line and what would be right") {
  struct Row {
    std::string text;
    int line;
    std::string part;
  };
  const auto row = GENERATE(
      Row{"k = v\n[s]\n", 1, "before any section"}, Row{"[s]\nno equals\n", 2, "key = value"},
      Row{"[s]\n= v\n", 2, "no key"}, Row{"[s]\nk v = 1\n", 2, "\"k v\" is not a name"},
      Row{"[s]\n键 = 1\n", 2, "not a name"}, Row{"[s]\n@ = 1\n", 2, "not a name"},
      Row{"[s]\nk = 1\n\nK = 2\n", 4, "line 2"}, Row{"[s]\n[t]\n[S]\n", 3, "line 1"},
      Row{"[s]\n  k = 1\n", 2, "first column"}, Row{"[s]\nk = 1\n more\n", 3, "first column"},
      Row{"[s] x\n", 1, "after \"]\""}, Row{"[s] ; x\n", 1, "after \"]\""},
      Row{"[s]]\n", 1, "after \"]\""}, Row{"[s\nk=1\n", 1, "without \"]\""},
      Row{"[]\n", 1, "not a name"}, Row{"[ s ]\n", 1, "not a name"},
      Row{"[a  b]\n", 1, "not a name"}, Row{"[a b c]\n", 1, "not a name"},
      Row{"[a ;b]\n", 1, "not a name"}, Row{"[s]\nk = a\0b\n"s, 2, "\\x00"},
      Row{"[s]\nk = \x1b[0m\n", 2, "\\x1b"}, Row{"[s]\rk = 1\r", 1, "carriage return"},
      Row{"[s]\nk = 1\r", 2, "carriage return"}, Row{"[s]\n; \x01\n", 2, "\\x01"},
      Row{std::string("[s]\n") + std::string(50, ';') + "\rx\n", 2, "return"});
  INFO(row.text);
  const Error error = refused(row.text);
  CHECK(error.code == Code::kInvalid);
  CHECK_THAT(error.message, Catch::StartsWith("f.ini:" + std::to_string(row.line) + ": "));
  CHECK_THAT(error.message, Catch::Contains(row.part));
}

TEST_CASE("foreign bytes in a message are escaped and bounded") {
  const Error error = refused("[s]\nk\xe2\x80\xae" + std::string(100, 'x') + " = 1\n");
  CHECK_THAT(error.message, Catch::Contains("\\u202e"));
  CHECK(error.message.size() < 300);
}

// reliability.md, section 5.1: inputs that inih, GKeyFile and configparser understand in different
// ways. Here each is read in one way or refused.
TEST_CASE("the eighteen inputs that parsers disagree about") {
  const std::string begin = "[s]\n";
  SECTION("refused") {
    const auto text = GENERATE("k=1\nk=2\n"s,         // duplicate key
                               "[s]\nk=1\n"s,         // duplicate section
                               "k=1\n  text\n"s,      // indented text
                               "k=1\n  cmd=evil\n"s,  // indented key
                               "k: v\n"s,             // colon separator
                               "k=1\rcmd=evil\r"s,    // CR only
                               "k=safe\0evil\n"s,     // NUL
                               "k\n"s,                // key without "="
                               "[t] k=v\n"s);         // text after "]"
    CHECK(refused(begin + text).code == Code::kInvalid);
  }
  SECTION("refused without a section") {
    CHECK(refused("k=v\n").code == Code::kInvalid);
  }
  SECTION("accepted as they are") {
    CHECK(value_of("a ; b") == "a ; b");
    CHECK(value_of("a # b") == "a # b");
    CHECK(value_of("%(x)s") == "%(x)s");
    CHECK(value_of("ends with \\") == "ends with \\");
    CHECK(value_of(std::string(234, 'v')) == std::string(234, 'v'));
    CHECK(parsed("\xEF\xBB\xBF[s]\nk=v\n").sections[0].find("k")->value == "v");
  }
  SECTION("keys are case-insensitive") {
    CHECK(parsed("[s]\nKeY=v\n").sections[0].find("key")->value == "v");
    CHECK(refused("[s]\nkey=1\nKEY=2\n").code == Code::kInvalid);
  }
  SECTION("UTF-16 needs a BOM") {
    CHECK(parsed("\xFF\xFE[\0s\0]\0"s).sections[0].name == "s");
    CHECK(refused("[\0s\0]\0"s).code == Code::kInvalid);
  }
}

TEST_CASE("a last key is not continued by a line that ends in a backslash") {
  const IniDocument document = parsed("[s]\na = 1\\\nb = 2\n");
  CHECK(document.sections[0].find("a")->value == "1\\");
  CHECK(document.sections[0].find("b")->value == "2");
}

TEST_CASE("each limit holds at the limit and not one past it") {
  const IniLimits limits{.max_bytes = 1000,
                         .max_value_bytes = 10,
                         .max_name_bytes = 5,
                         .max_sections = 2,
                         .max_entries_per_section = 2};
  const auto is_limit = [&limits](const std::string& text, int line) {
    const Error error = refused(text, limits);
    CHECK(error.code == Code::kLimit);
    CHECK_THAT(error.message, Catch::StartsWith("f.ini:" + std::to_string(line) + ": "));
  };
  parsed("[s]\n;" + std::string(995, 'x'), limits);
  is_limit("[s]\n;" + std::string(996, 'x'), 1);
  parsed("[s]\nk=1234567890\n", limits);
  is_limit("[s]\nk=12345678901\nl=x\n", 2);
  is_limit("[s]\nk=12345678901", 2);
  parsed("[s]\nk=12345678\\n\\n\n", limits);  // counted when escapes are resolved
  parsed("[abcde vwxyz]\nabcde=1\n", limits);
  is_limit("[abcdef]\n", 1);
  is_limit("[a uvwxyz]\n", 1);
  is_limit("[s]\nabcdef=1\n", 2);
  parsed("[a]\n[b]\n", limits);
  is_limit("[a]\n[b]\n[c]\n", 3);
  parsed("[a]\na=1\nb=1\n[b]\na=1\nb=1\n", limits);
  is_limit("[a]\na=1\nb=1\nc=1\n", 4);
}

TEST_CASE("names longer than the library's own buffers are whole or refused") {
  const IniLimits wide{.max_name_bytes = 1'000'000};
  for (std::size_t size = 1; size <= 119; ++size) {
    const std::string name(size, 'n');
    const IniDocument document =
        parsed("[" + name + " " + name + "x]\n" + name + " = " + name + "\n", wide);
    REQUIRE(document.sections[0].name == name + " " + name + "x");
    REQUIRE(document.sections[0].entries[0].key == name);
    REQUIRE(document.sections[0].entries[0].value == name);
  }
  CHECK(refused("[" + std::string(121, 'n') + "]\n", wide).code == Code::kLimit);
  CHECK(refused("[s]\n" + std::string(121, 'n') + "=1\n", wide).code == Code::kLimit);
  CHECK(refused("[s]\n" + std::string(100'000, 'n') + "=1\n", wide).code == Code::kLimit);
  CHECK(refused("[s]\n" + std::string(100, ';').insert(0, "k") + "=1\n", wide).code ==
        Code::kInvalid);
}

TEST_CASE("no key can pose as one of the reader's own lines") {
  CHECK(refused("[s]\n@=[t]\n").code == Code::kInvalid);
  CHECK(refused("[s]\n@=\n@ = x\n").code == Code::kInvalid);
}

TEST_CASE("an error in a long line has that line's number") {
  const Error error = refused("[s]\na = 1\nk" + std::string(110, ':') + " = " +
                              std::string(1000, 'v') + "\nb = 2\n");
  CHECK_THAT(error.message, Catch::StartsWith("f.ini:3: "));
}

TEST_CASE("a value of every length up to the limit is whole, whatever is in it") {
  // The library's lines end at 200 bytes; each of these would be lost or change it there.
  const auto filler = GENERATE("x"s, " "s, "; "s, " ;"s, "\t"s, "#"s, "译"s, "\""s, "]"s, "="s);
  for (std::size_t size = 1; size <= 450; size += filler.size()) {
    std::string value = "<";
    while (value.size() < size) value += filler;
    value += ">";
    REQUIRE(value_of(" " + value) == value);
  }
  const std::string longest(8 * 1024, filler[0]);
  if (filler.size() == 1 && filler != " " && filler != "\t") {
    REQUIRE(value_of(longest) == longest);
    REQUIRE(refused("[s]\nk=" + longest + "x\n").code == Code::kLimit);
  }
}

TEST_CASE("long comments are skipped whole") {
  const IniDocument document = parsed("[s]\n;" + std::string(187, ' ') + "evil = 1\n#" +
                                      std::string(5000, '\t') + "x=1\na=2\n");
  REQUIRE(document.sections[0].entries.size() == 1);
  CHECK(document.sections[0].entries[0].line == 4);
}

TEST_CASE("names are checked the way they are read") {
  CHECK(is_ini_key("file.1.sha256"));
  CHECK_FALSE(is_ini_key(""));
  CHECK_FALSE(is_ini_key("a b"));
  CHECK(is_ini_section_name("data-state route-x"));
  CHECK_FALSE(is_ini_section_name("a "));
  CHECK_FALSE(is_ini_section_name(" a"));
  CHECK_FALSE(is_ini_section_name("a]"));
}

}  // namespace
}  // namespace yizhan
