// One task file as three people send it: in UTF-8, and in the two encodings of Windows programs.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "config/files.h"
#include "config/ini.h"

namespace yizhan {
namespace {

IniDocument sample(const std::string& name) {
  const auto bytes =
      read_file(std::string(YIZHAN_SOURCE_DIR) + "/tests/config/samples/" + name, 10'000);
  REQUIRE(bytes.ok());
  CHECK(first_section_is(*bytes, "yizhan"));
  CHECK(ends_with_end_section(*bytes));
  auto document = parse_ini(*bytes, name);
  REQUIRE(document.ok());
  return *document;
}

/// What it says, but for the id: the three are messages of their own.
std::string content(IniDocument document) {
  for (IniEntry& entry : document.sections.at(0).entries) {
    if (entry.key == "id") entry.value.clear();
  }
  return format_ini(document.sections);
}

TEST_CASE("a task file means the same in each encoding") {
  const IniDocument utf8 = sample("question.ini");
  CHECK(utf8.encoding == IniEncoding::kUtf8);
  CHECK(utf8.ends_with_end);
  CHECK_THAT(utf8.find("question")->find("text")->value, Catch::Contains("呼吸器"));

  const IniDocument utf16 = sample("question-utf16.ini");
  CHECK(utf16.encoding == IniEncoding::kUtf16);
  CHECK(utf16.warnings.empty());
  CHECK(content(utf16) == content(utf8));

  const IniDocument gb18030 = sample("question-gb18030.ini");
  CHECK(gb18030.encoding == IniEncoding::kGb18030);
  CHECK(gb18030.warnings.size() == 1);
  CHECK(content(gb18030) == content(utf8));
}

}  // namespace
}  // namespace yizhan
