#include "cli/view.h"

#include <catch2/catch.hpp>

namespace yizhan::cli {
namespace {

TEST_CASE("single values come first and are aligned, lists follow as tables") {
  const Json json = Json::parse(R"({
    "broker": "ok", "online": 2,
    "clients": [{"code": "A", "user": "li", "mac": []}, {"code": "B", "user": ""}],
    "queued": 0})");
  CHECK(format_view(json, {}) ==
        "broker  ok\n"
        "online  2\n"
        "queued  0\n"
        "\n"
        "clients\n"
        "code  user\n"
        "A     li\n"
        "B\n");
}

TEST_CASE("a list alone has no heading, and shows the columns that are named for it") {
  const Json json = Json::parse(R"({"tasks": [{"id": "1", "kind": "task", "ack": "none"}]})");
  CHECK(format_view(json, {{"tasks", {"kind", "id"}}}) ==
        "kind  id\n"
        "task  1\n");
}

TEST_CASE("what is null or empty is not shown, false and zero are") {
  CHECK(format_view(Json::parse(R"({"a": null, "b": "", "c": false, "d": 0, "e": []})"), {}) ==
        "c  no\n"
        "d  0\n");
}

TEST_CASE("a nested object is one line, a text of several lines a block at the end") {
  const Json json =
      Json::parse(R"({"text": "[yizhan]\nid = 1\n", "ledger": {"dead": 1, "done": 2}})");
  CHECK(format_view(json, {}) ==
        "ledger  dead 1, done 2\n"
        "\n"
        "text\n"
        "  [yizhan]\n"
        "  id = 1\n");
}

TEST_CASE("any JSON gives text, also what no daemon of ours sends") {
  for (const char* text : {"1", "\"x\"", "null", "[]", "[1, 2]", "[{\"a\": 1}]", "{}", "[[[]]]"}) {
    CHECK_NOTHROW(format_view(Json::parse(text), {}));
  }
  CHECK_NOTHROW(format_view(Json::parse("{", nullptr, false), {}));
}

}  // namespace
}  // namespace yizhan::cli
