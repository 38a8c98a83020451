// The rules that are shipped, on the events they are for.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "rules/parse.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

Table shipped_table() {
  const std::string path = YIZHAN_SOURCE_DIR "/config/rules/default.ini";
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  auto parsed = parse_table(text.str(), path);
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.table);
  return *std::move(parsed.table);
}

// "ROW: RECIPIENT" of the rows that match.
std::string routes(const Table& table, const FakeEvent::Fields& fields) {
  std::string text;
  for (const Row* row : table.match(FakeEvent(fields))) {
    text += row->name + ": " + row->commands.at(0).arguments.at("recipient").text() + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("an open question goes to the role that can answer it, and to one role only") {
  const Table table = shipped_table();
  const auto route = [&table](const std::string& category) {
    return routes(table,
                  {{"kind", "question"}, {"state", "open"}, {"question.category", category}});
  };
  CHECK(route("terminology") == "route-terminology-question: role:terminologist\n");
  CHECK(route("context") == "route-content-question: role:client_contact\n");
  CHECK(route("source_error") == "route-content-question: role:client_contact\n");
  for (const char* rest : {"instruction", "technical", "reference", "deadline", "something new"}) {
    CHECK(route(rest) == "route-other-question: role:pm\n");
  }
  CHECK(routes(table, {{"kind", "question"}, {"state", "open"}}) ==
        "route-other-question: role:pm\n");
}

TEST_CASE("a question that has been routed is not routed again, and other kinds never") {
  const Table table = shipped_table();
  FakeEvent::Fields fields = {{"kind", "question"},
                              {"state", "routed"},
                              {"previous_state", "open"},
                              {"question.category", "terminology"}};
  CHECK(routes(table, fields).empty());
  fields["state"] = "open";
  fields["kind"] = "task";
  CHECK(routes(table, fields).empty());
}

TEST_CASE("each shipped route leaves the question in the state routed") {
  const Table table = shipped_table();
  for (const Row& row : table.rows()) {
    REQUIRE(row.commands.size() == 2);
    CHECK(row.commands[0].verb == "send");
    CHECK(row.commands[0].arguments.at("template").text() == "forward");
    CHECK(row.commands[1].verb == "set_state");
    CHECK(row.commands[1].arguments.at("state").text() == "routed");
  }
}

}  // namespace yizhan::rules
