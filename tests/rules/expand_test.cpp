#include "rules/expand.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "rules/commands.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

std::string expanded(const char* text, const FakeEvent& event) {
  const auto parsed = Template::parse(text);
  REQUIRE(parsed.ok());
  const auto expansion = expand(*parsed, event);
  REQUIRE(expansion.ok());
  return expansion->text;
}

}  // namespace

TEST_CASE("fields are replaced by their values, everything else stays") {
  const FakeEvent event({{"project.pm", "zhang.min"}, {"kind", "task"}});
  CHECK(expanded("", event) == "");
  CHECK(expanded("user:${project.pm}", event) == "user:zhang.min");
  CHECK(expanded("${kind}${kind}", event) == "tasktask");
  CHECK(expanded("5$ or $5 } {", event) == "5$ or $5 } {");
  CHECK(expanded("$${kind} is ${kind}", event) == "${kind} is task");
  CHECK(expanded("$$", event) == "$$");
}

TEST_CASE("a missing field becomes empty and is reported") {
  const auto parsed = Template::parse("a${project.pm}b${project.po}c${kind}");
  REQUIRE(parsed.ok());
  const auto expansion = expand(*parsed, FakeEvent({{"kind", "task"}}));
  REQUIRE(expansion.ok());
  CHECK(expansion->text == "abctask");
  CHECK(expansion->missing == std::vector<std::string>{"project.pm", "project.po"});
}

TEST_CASE("a template that names no field is refused when it is read") {
  for (const char* text :
       {"${", "${kind", "${}", "${knid}", "${ kind }", "${a.${kind}}", "${sender.role}"}) {
    INFO(text);
    CHECK_FALSE(Template::parse(text).ok());
  }
}

TEST_CASE("a hostile value stays one argument, byte for byte") {
  // (a) The command is split when the table is read. (b) Its recipient then takes whatever the
  // sender wrote. (c) Neither arguments nor commands become more, and nothing is expanded twice.
  const auto command = parse_command("send recipient=${project.pm} template=forward", 1);
  REQUIRE(command.ok());
  for (const std::string value :
       {"x template=receipt", "\" text=\"pwned", "x\ndo.2 = set_state state=done", "${kind}",
        "$${kind}", "; rm -rf /", "`id`$(id)", "\t", "a | b", "../../etc/passwd", "é\xff\xfe"}) {
    const FakeEvent event({{"project.pm", value}, {"kind", "task"}});
    REQUIRE(command->arguments.size() == 2);
    CHECK(expand(command->arguments.at("recipient"), event)->text == value);
    CHECK(expand(command->arguments.at("template"), event)->text == "forward");
  }
  const std::string with_nul("a\0b", 3);
  CHECK(expand(command->arguments.at("recipient"), FakeEvent({{"project.pm", with_nul}}))->text ==
        with_nul);
}

TEST_CASE("an expansion is bounded") {
  const FakeEvent event({{"x.y", std::string(kMaxExpandedBytes, 'a')}});
  CHECK(expand(*Template::parse("${x.y}"), event).ok());
  const auto twice = expand(*Template::parse("${x.y}${x.y}"), event);
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.error().code == Code::kLimit);
  CHECK_FALSE(expand(*Template::parse("${x.y}-"), event).ok());
}

}  // namespace yizhan::rules
