#include "cli/print.h"

#include <catch2/catch.hpp>

namespace yizhan::cli {
namespace {

TEST_CASE("a Chinese character takes two cells, a combining one none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("译站") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("ｗｉｄｅ") == 8);
  CHECK(display_width("") == 0);
  CHECK(display_width("\xff\xfe") == 2);
}

TEST_CASE("columns stay aligned with Chinese in them") {
  const std::string text =
      format_table({"user", "state"}, {{"李伟", "online"}, {"anna", "offline"}, {"王", "pending"}});
  CHECK(text ==
        "user  state\n"
        "李伟  online\n"
        "anna  offline\n"
        "王    pending\n");
}

TEST_CASE("a column that is empty in every row is left out") {
  CHECK(format_table({"id", "reason", "state"}, {{"1", "", "done"}, {"2", "", "dead"}}) ==
        "id  state\n"
        "1   done\n"
        "2   dead\n");
  CHECK(format_table({"id"}, {}).empty());
}

TEST_CASE("a row with fewer cells than titles is filled up") {
  CHECK(format_table({"id", "state"}, {{"1"}, {"2", "dead"}}) ==
        "id  state\n"
        "1\n"
        "2   dead\n");
}

TEST_CASE("a long cell is cut at a character, never in the middle of one") {
  CHECK(one_line("译站译站", 8) == "译站译站");
  CHECK(one_line("译站译站", 7) == "译站译…");
  CHECK(one_line("译站译站", 6) == "译站…");
  CHECK(one_line("abcdef", 4) == "abc…");
}

TEST_CASE("text from elsewhere cannot drive the terminal or forge a line") {
  const std::string text = format_table({"name"}, {{"a\x1b[2Jb\nc"}});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text == "name\na\\x1b[2Jb\\nc\n");
}

}  // namespace
}  // namespace yizhan::cli
