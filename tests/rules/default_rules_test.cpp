// The rules that are shipped, on the events they are for.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "rules/check.h"
#include "rules/parse.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

Tables shipped_tables() {
  std::vector<RuleFile> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(YIZHAN_SOURCE_DIR "/config/rules")) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    files.push_back({entry.path().string(), text.str()});
  }
  auto parsed = parse_tables(files);
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  return std::move(*parsed.tables);
}

Table shipped_table() {
  return std::move(shipped_tables().data_state);
}

// "ROW: RECIPIENT" of the rows that match.
std::string routes(const Table& table, const FakeEvent::Fields& fields) {
  std::string text;
  for (const Row* row : table.match(FakeEvent(fields))) {
    if (row->name == "answered-before") continue;  // it goes to nobody but the asker
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
  CHECK(route("technical") == "route-technical-question: role:engineer\n");
  for (const char* rest : {"instruction", "reference", "deadline", "something new"}) {
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
  int routes = 0;
  for (const Row& row : table.rows()) {
    if (!row.name.starts_with("route-")) continue;
    ++routes;
    REQUIRE(row.commands.size() == 2);
    CHECK(row.commands[0].verb == "send");
    CHECK(row.commands[0].arguments.at("template").text() == "forward");
    CHECK(row.commands[1].verb == "set_state");
    CHECK(row.commands[1].arguments.at("state").text() == "routed");
  }
  CHECK(routes == 4);
}

TEST_CASE("the checker finds nothing wrong with the shipped tables") {
  const Tables tables = shipped_tables();
  for (const Finding& finding : check(tables)) UNSCOPED_INFO(format_finding(finding));
  CHECK(check(tables).empty());
  CHECK(tables.preset.rows().size() >= 10);
  CHECK(tables.activation.rows().size() >= 3);
  CHECK(tables.templates.size() >= 10);
}

}  // namespace yizhan::rules
