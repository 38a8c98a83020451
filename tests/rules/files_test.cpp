#include "rules/files.h"

#include <catch2/catch.hpp>

#include "config/files.h"
#include "tests/config/temp_folder.h"

namespace yizhan::rules {
namespace {

const std::string kRow = "[data-state a]\nwhen.kind = task\ndo.1 = set_state state=x\n";
const std::string kWrong = "; a comment\n[data-state b]\nwhat = x\n";

std::string errors_of(const std::vector<RuleFile>& files) {
  std::string all;
  for (const std::string& error : parse_tables(files).errors) all += error + "\n";
  return all;
}

TEST_CASE("files that were joined come apart with their names and lines") {
  const std::vector<RuleFile> files = {{"one.ini", kRow}, {"/etc/规则/two.ini", kWrong}};
  const auto text = join_files(files);
  REQUIRE(text.ok());
  const std::vector<RuleFile> apart = split_files(*text, "nameless");
  REQUIRE(apart.size() == 2);
  CHECK(apart[0].name == "one.ini");
  CHECK(apart[0].text == kRow);
  CHECK(apart[1].name == "/etc/规则/two.ini");
  CHECK(errors_of(apart) == errors_of(files));
  CHECK_THAT(errors_of(apart), Catch::Contains("two.ini:3: "));
}

TEST_CASE("a last line without its end does not run into the next file") {
  const auto text = join_files(std::vector<RuleFile>{{"one.ini", "; one"}, {"two.ini", kRow}});
  REQUIRE(text.ok());
  CHECK(parse_tables(split_files(*text, "x")).tables->rows() == 1);
}

TEST_CASE("every file of several may have its own encoding") {
  std::string wide = "\xFF\xFE";
  for (const char c : kRow) wide += std::string{c, '\0'};
  const std::vector<RuleFile> files = {{"bom.ini", "\xEF\xBB\xBF; first\n"},
                                       {"again.ini",
                                        "\xEF\xBB\xBF[data-state b]\nwhen.kind = "
                                        "reply\ndo.1 = set_state state=y\n"},
                                       {"wide.ini", wide}};
  const auto text = join_files(files);
  REQUIRE(text.ok());
  CHECK(text->find("\xEF\xBB\xBF") == std::string::npos);
  const ParseResult parsed = parse_tables(split_files(*text, "x"));
  REQUIRE(parsed.tables);
  CHECK(parsed.tables->rows() == 2);
}

TEST_CASE("a text that no comment names is called as it is asked for") {
  const std::vector<RuleFile> files = split_files(kWrong, "my.ini");
  REQUIRE(files.size() == 1);
  CHECK_THAT(errors_of(files), Catch::Contains("my.ini:3: "));
  CHECK(split_files("", "my.ini").empty());
}

TEST_CASE("the name of a file cannot add a line to the text") {
  const auto text = join_files(std::vector<RuleFile>{{"a\n[data-state evil]\n", kRow}});
  REQUIRE(text.ok());
  CHECK(split_files(*text, "x").size() == 1);
  CHECK(parse_tables(split_files(*text, "x")).tables->rows() == 1);
}

TEST_CASE("a folder gives its tables in the order of their names") {
  const TempFolder folder;
  REQUIRE(write_file_atomic(folder.path() + "/b.ini", kRow, 0600).ok());
  REQUIRE(write_file_atomic(folder.path() + "/a.ini", kWrong, 0600).ok());
  REQUIRE(write_file_atomic(folder.path() + "/notes.txt", "not a table", 0600).ok());
  const auto files = read_rule_files(folder.path());
  REQUIRE(files.ok());
  REQUIRE(files->size() == 2);
  CHECK((*files)[0].name == folder.path() + "/a.ini");
  CHECK((*files)[1].text == kRow);
  CHECK(read_rule_files(folder.path() + "/b.ini")->size() == 1);
  CHECK(read_rule_files(folder.path() + "/none.ini").error().code == Code::kNotFound);
}

}  // namespace
}  // namespace yizhan::rules
