// What can be said of a document without parsing it.

#include <catch2/catch.hpp>
#include <string>

#include "config/ini.h"

namespace yizhan {
namespace {

using namespace std::string_literals;

std::string utf16(const std::string& ascii, bool little) {
  std::string bytes = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) bytes += little ? std::string{c, '\0'} : std::string{'\0', c};
  return bytes;
}

TEST_CASE("a task file is known by its first section") {
  const auto text = GENERATE("[yizhan]\nversion=1\n"s, "[yizhan]"s, "[Yizhan]\n"s,
                             "; c\n\n  # d\r\n\r\n[yizhan]\r\n"s, "  [yizhan]\n"s, "[yizhan] x\n"s);
  INFO(text);
  CHECK(first_section_is(text, "yizhan"));
  CHECK(first_section_is("\xEF\xBB\xBF" + text, "yizhan"));
  CHECK(first_section_is(utf16(text, true), "yizhan"));
  CHECK(first_section_is(utf16(text, false), "yizhan"));
}

TEST_CASE("other files are not task files") {
  const auto text =
      GENERATE(""s, "\xFF\xFE"s, "\xFF"s, "[yizhan"s, "[yizhanx]"s, "[yi]"s, "yizhan"s,
               "[.ShellClassInfo]\n[yizhan]\n"s, "k=v\n[yizhan]\n"s, "; [yizhan]\n"s, ";[yizhan]"s,
               "\0[yizhan]"s, "[y\0i\0z\0h\0a\0n\0]\0"s, "PK\x03\x04"s);
  INFO(text);
  CHECK_FALSE(first_section_is(text, "yizhan"));
}

TEST_CASE("only a bounded prefix is looked at") {
  const std::string far = ";" + std::string(70'000, 'x') + "\n[yizhan]\n";
  CHECK_FALSE(first_section_is(far, "yizhan"));
  CHECK(first_section_is(far.substr(20'000).insert(0, ";"), "yizhan"));
}

TEST_CASE("a file that ends with [end] is complete") {
  const auto text = GENERATE("[a]\nk=v\n[end]"s, "[end]\n"s, "[a]\n[End]\r\n"s, "[a]\n[end] \n\n"s,
                             "[a]\n[end]\n; after\n  # and after\n"s);
  INFO(text);
  CHECK(ends_with_end_section(text));
  CHECK(ends_with_end_section(utf16(text, true)));
  CHECK(ends_with_end_section(utf16(text, false)));
}

TEST_CASE("a file that goes on after [end], or does not reach it, is not complete") {
  const auto text = GENERATE(""s, "\xFF\xFE"s, "[end"s, "[a]\nk=[end]"s, "[a]\n;[end]\n"s,
                             "[end]x"s, "[end]\nk=v\n"s, "[end]\n[b]\n"s, "x[end]"s, "[end] [end]"s,
                             "\n\n"s, "; only\n# comments"s);
  INFO(text);
  CHECK_FALSE(ends_with_end_section(text));
  CHECK_FALSE(ends_with_end_section(utf16(text, true)));
}

TEST_CASE("a file cut anywhere before the bracket of [end] is not complete") {
  const std::string whole = "[yizhan]\nkind = task\n[files]\nfile.1 = a\n[end]\n";
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    CHECK_FALSE(ends_with_end_section(whole.substr(0, size)));
  }
  CHECK(ends_with_end_section(whole.substr(0, whole.size() - 1)));
}

}  // namespace
}  // namespace yizhan
