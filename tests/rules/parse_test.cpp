#include "rules/parse.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace yizhan::rules {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// A table of one row with this line in it.
ParseResult parse_with(const std::string& line) {
  return parse_tables("[data-state r]\ndo.1 = set_state state=routed\n" + line + "\n", "r.ini");
}

}  // namespace

TEST_CASE("a row is read with everything it says") {
  const auto parsed = parse_tables(
      "; a comment\n"
      "[data-state route-terminology-question]\n"
      "order = 40\n"
      "enabled = shadow\n"
      "stop = yes\n"
      "when.kind = question\n"
      "when.question.category = terminology | context\n"
      "when.count.total = >= 1\n"
      "unless.project.client = TEST-*\n"
      "do.10 = set_state state=routed\n"
      "do.2 = send recipient=role:terminologist template=forward text=\"for ${project.id}\"\n"
      "max_fires = 3\n"
      "cooldown = 15m\n"
      "[data-state all-defaults]\n"
      "do.1 = set_state state=seen\n",
      "r.ini");
  INFO(joined(parsed.errors));
  REQUIRE(parsed.tables);
  CHECK(parsed.errors.empty());
  REQUIRE(parsed.tables->data_state.rows().size() == 2);
  const Row& row = parsed.tables->data_state.rows()[0];
  CHECK(row.name == "route-terminology-question");
  CHECK(row.file == "r.ini");
  CHECK(row.line == 2);
  CHECK(row.order == 40);
  CHECK(row.enabled == Enabled::kShadow);
  CHECK(row.stop);
  REQUIRE(row.when.size() == 3);
  CHECK(row.when[1].field() == "question.category");
  CHECK(row.when[1].text() == "terminology | context");
  REQUIRE(row.unless.size() == 1);
  REQUIRE(row.commands.size() == 2);
  CHECK(row.commands[0].verb == "send");
  CHECK(row.commands[0].line == 11);
  CHECK(row.commands[0].arguments.at("text").text() == "for ${project.id}");
  CHECK(row.commands[1].verb == "set_state");
  CHECK(row.max_fires == 3);
  CHECK(row.cooldown == std::chrono::minutes(15));
  const Row& plain = parsed.tables->data_state.rows()[1];
  CHECK(plain.order == 100);
  CHECK(plain.enabled == Enabled::kYes);
  CHECK_FALSE(plain.stop);
  CHECK_FALSE(plain.max_fires);
  CHECK(plain.cooldown == Micros{0});
}

TEST_CASE("no rows are an empty table, not an error") {
  CHECK(parse_tables(std::vector<RuleFile>{}).tables);
  CHECK(parse_tables("", "r.ini").tables);
  CHECK(parse_tables("; nothing yet\n", "r.ini").tables);
}

TEST_CASE("all errors of a file are reported with their lines, and the table is refused whole") {
  const auto parsed = parse_tables(
      "[data-state good]\n"
      "do.1 = set_state state=a\n"
      "[data-state bad]\n"
      "oder = 1\n"
      "order = first\n"
      "when.kind = qestion\n"
      "wen.kind = task\n"
      "when.question.category = a |\n"
      "unless.knid = task\n"
      "do.1 = sned recipient=x\n"
      "do.x = set_state state=a\n"
      "[data-state empty]\n"
      "when.kind = task\n"
      "[activation accepted-starts-work]\n"
      "when.preset = offer\n"
      "[preset offer]\n"
      "interval = 15m\n"
      "[data-sate typo]\n"
      "[data-state]\n"
      "do.1 = set_state state=a\n",
      "r.ini");
  CHECK_FALSE(parsed.tables);
  INFO(joined(parsed.errors));
  const std::vector<std::string> expected = {
      "r.ini:4: unknown key \"oder\"; did you mean \"order\"?",
      "r.ini:5: order: \"first\" is not a whole number up to 1000000",
      "r.ini:6: when.kind: \"qestion\" is no value of \"kind\"; did you mean \"question\"?",
      "r.ini:7: unknown key \"wen.kind\"; did you mean \"when.\"?",
      "r.ini:8: when.question.category: a value is missing",
      "r.ini:9: unless.knid: unknown field \"knid\"; did you mean \"kind\"?",
      "r.ini:10: do.1: unknown command \"sned\"; did you mean \"send\"?",
      "r.ini:11: do.x: number the commands do.1, do.2",
      "r.ini:12: the row does nothing",
      "r.ini:14: the row does nothing",
      "r.ini:16: the preset does not say what it waits for; write expect = accepted",
      "r.ini:18: unknown section [data-sate typo]; did you mean \"data-state\"?",
      "r.ini:19: [data-state] needs a name"};
  REQUIRE(parsed.errors.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK_THAT(parsed.errors[i], Catch::StartsWith(expected[i]));
  }
}

TEST_CASE("values that a key does not take are refused") {
  for (const char* line :
       {"order = 1.5", "order = 1000001", "order =", "enabled = true", "stop = shadow",
        "max_fires = 0", "max_fires = -1", "cooldown = 15", "cooldown = soon", "when. = x",
        "when = x", "unless.x = y", "do. = x", "do.0 = set_state state=a",
        "do.01 = set_state state=a", "do.1.x = set_state state=a",
        "do.99999999999 = set_state state=a", "name = x", "= x"}) {
    INFO(line);
    const auto parsed = parse_with(line);
    CHECK_FALSE(parsed.tables);
    REQUIRE(parsed.errors.size() == 1);
    CHECK_THAT(parsed.errors[0], Catch::StartsWith("r.ini:3: "));
  }
  CHECK(parse_with("order = -5").tables);
  CHECK(parse_with("do.3 = set_state state=a").tables);
}

TEST_CASE("a fault of the INI text itself is reported beside the errors of other files") {
  const std::vector<RuleFile> files = {{"a.ini", "[data-state r]\nno equals sign\n"},
                                       {"b.ini", "[data-state r]\nstop = maybe\n"}};
  const auto parsed = parse_tables(files);
  CHECK_FALSE(parsed.tables);
  REQUIRE(parsed.errors.size() == 2);
  CHECK_THAT(parsed.errors[0], Catch::StartsWith("a.ini:2: "));
  CHECK_THAT(parsed.errors[1], Catch::StartsWith("b.ini:2: "));
}

TEST_CASE("files make one table, and a name may be used once in all of them") {
  const std::string text = "[data-state r]\ndo.1 = set_state state=a\n";
  std::vector<RuleFile> files = {{"a.ini", text}, {"b.ini", "\n" + text}};
  const auto parsed = parse_tables(files);
  CHECK_FALSE(parsed.tables);
  CHECK(parsed.errors ==
        std::vector<std::string>{"b.ini:2: there is a row \"r\" already, at a.ini:1"});
  files[1].text = "[data-state s]\ndo.1 = set_state state=a\n";
  const auto both = parse_tables(files);
  REQUIRE(both.tables);
  CHECK(both.tables->data_state.rows().size() == 2);
}

TEST_CASE("an error shows hostile text of the file bounded and harmless") {
  const auto parsed = parse_with("stop = \u202e\u0085" + std::string(5000, 'x'));
  REQUIRE(parsed.errors.size() == 1);
  CHECK_THAT(parsed.errors[0], Catch::StartsWith("r.ini:3: stop: \"\\u202e\\x85xxx"));
  CHECK(parsed.errors[0].size() < 600);
}

TEST_CASE("the list of errors is bounded and says how many it left out") {
  std::string text;
  for (std::size_t i = 0; i < kMaxErrors + 5; ++i) text += "[nonsense " + std::to_string(i) + "]\n";
  const auto parsed = parse_tables(text, "r.ini");
  REQUIRE(parsed.errors.size() == kMaxErrors + 1);
  CHECK(parsed.errors.back() == "5 more errors");
}

TEST_CASE("a table may not have more expressions than a broker has memory for") {
  std::string text;
  for (std::size_t i = 0; i <= kMaxRegexes; ++i) {
    text += "[data-state r" + std::to_string(i) + "]\nwhen.x.y = ~ a" + std::to_string(i) +
            "\ndo.1 = set_state state=a\n";
  }
  const auto parsed = parse_tables(text, "r.ini");
  CHECK_FALSE(parsed.tables);
  REQUIRE(parsed.errors.size() == 1);
  CHECK_THAT(parsed.errors[0], Catch::Contains("regular expressions"));
}

TEST_CASE("a row may not have commands without end") {
  std::string text = "[data-state r]\n";
  for (std::size_t i = 1; i <= kMaxCommandsPerRow + 1; ++i) {
    text += "do." + std::to_string(i) + " = set_state state=a\n";
  }
  const auto parsed = parse_tables(text, "r.ini");
  REQUIRE(parsed.errors.size() == 1);
  CHECK_THAT(parsed.errors[0], Catch::StartsWith("r.ini:1: more than 32 commands"));
}

TEST_CASE("a name may be used once in each table") {
  CHECK(parse_tables("[data-state offer]\ndo.1 = resend\n[activation offer]\ndo.1 = resend\n"
                     "[preset offer]\nexpect = sent\nduration = 2h\non_expire.1 = resend\n"
                     "[template offer]\ntext.en = x\n",
                     "r.ini")
            .tables);
  const std::string preset = "[preset p]\nexpect = sent\nduration = 2h\non_expire.1 = resend\n";
  const std::vector<RuleFile> files = {{"a.ini", preset}, {"b.ini", preset}};
  CHECK(parse_tables(files).errors ==
        std::vector<std::string>{"b.ini:1: there is a row \"p\" already, at a.ini:1"});
}

TEST_CASE("the rows of all tables are bounded together") {
  std::string text;
  for (std::size_t i = 0; i < kMaxRows; ++i) {
    text +=
        (i % 2 == 0 ? "[data-state r" : "[activation r") + std::to_string(i) + "]\ndo.1 = resend\n";
  }
  CHECK(parse_tables(text, "r.ini").tables);
  const auto more = parse_tables(text + "[activation more]\ndo.1 = resend\n", "r.ini");
  REQUIRE(more.errors.size() == 1);
  CHECK(more.errors[0] == "r.ini:200001: more than 100000 rows");
}

}  // namespace yizhan::rules
