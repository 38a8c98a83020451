#include "rules/commands.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::rules {

TEST_CASE("a command is its verb and its arguments, quoted or not") {
  const auto command = parse_command(
      R"(send  template=forward recipient="role:pm, user:li.wei"	text="He said ""${kind}"" = x")",
      7);
  REQUIRE(command.ok());
  CHECK(command->verb == "send");
  CHECK(command->line == 7);
  REQUIRE(command->arguments.size() == 3);
  CHECK(command->arguments.at("recipient").text() == "role:pm, user:li.wei");
  CHECK(command->arguments.at("text").text() == R"(He said "${kind}" = x)");
  CHECK(command->arguments.at("template").is_fixed());
}

TEST_CASE("commands that are wrong are refused with what would be right") {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "unknown command \"\""},
      {"sned recipient=role:pm template=forward", "did you mean \"send\"?"},
      {"run program=x", "known are: send, set_state"},
      {"set_state", "\"set_state\" needs \"state\""},
      {"set_state state=", "value of \"state\" is missing"},
      {"set_state state=\"\"", "value of \"state\" is missing"},
      {"set_state state", "\"=\" is missing"},
      {"set_state state = routed", "\"=\" is missing"},
      {"set_state =routed", "has no key \"\""},
      {"set_state sate=routed", "did you mean \"state\"?"},
      {"set_state state=a state=b", "given twice"},
      {"set_state state=\"a", "closing double quote"},
      {"set_state state=\"a\"b", "a blank must follow"},
      {"set_state state=a\"b", "whole value in double quotes"},
      {"set_state state=${knid}", "did you mean \"kind\"?"},
      {"set_state state=${kind", "not closed"},
      {"send recipient=role:pm", "needs \"template\""},
      {"send recipient=role:pm template=forwrad", "did you mean \"forward\"?"},
      {"send recipient=role:pm template=${x.y}", "known are: forward, receipt"},
      {"send recipient=role:pm template=forward role:x", "\"=\" is missing"},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    const auto command = parse_command(one.text, 1);
    REQUIRE_FALSE(command.ok());
    CHECK_THAT(command.error().message, Catch::Contains(one.message));
  }
}

}  // namespace yizhan::rules
