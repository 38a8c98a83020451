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
      {"dance program=x", "unknown command \"dance\""},
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
      {"send recipient=role:pm template=${x.y}", "must be written out, without ${…}"},
      {"send recipient=role:pm template=forward role:x", "\"=\" is missing"},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    const auto command = parse_command(one.text, 1);
    REQUIRE_FALSE(command.ok());
    CHECK_THAT(command.error().message, Catch::Contains(one.message));
  }
}

TEST_CASE("each command of the catalogue takes its keys") {
  for (const char* text : {
           "send recipient=role:pm template=forward",
           "send recipient=\"user:a, role:pm,ip:fe80::1, b\" template=late text=\"x y\" "
           "channel=mail",
           "notify recipient=${job.pm} text=\"late: ${project.id}\"",
           "notify recipient=a template=late channel=sms",
           "escalate recipient=group:${project.id}",
           "escalate recipient=a template=late text=x channel=phone",
           "recall",
           "recall recipient=a template=gone",
           "resend",
           "probe recipient=a preset=offer",
           "probe recipient=a preset=offer template=t text=x link=yes",
           "cancel_probe",
           "cancel_probe preset=offer",
           "command recipient=a op=remind",
           "command recipient=a op=set_due arg.due=${job.due} arg.reason.code=\"a b\"",
           "command recipient=a op=my-own args=\"--all ${id}\"",
           "set_state state=self_checked",
           "set_state state=${status.state}",
           "set_flag flag=overdue",
           "set_flag flag=overdue value=no",
           "quarantine reason=\"from ${sender}\"",
           "purge",
           "upsert_terms",
           "find_affected",
           "answer_if_known",
           "share_project recipient=user:${activation.user}",
           "share_project recipient=a access=read",
           "webhook url=https://crm.example.com/yizhan/${project.id}?of=${id} secret=crm "
           "template=t",
           "webhook url=http://127.0.0.1:8080",
           "webhook url=http://[::1]:8080/x",
           "webhook url=https://a.b?x=${kind}",
           "run program=qa",
           "run program=qa arg.1=--id arg.2=${id} arg.3=",
           "run program=qa ok=self_checked failed=rework",
           "run program=qa arg.1=x failed=rework",
       }) {
    INFO(text);
    const auto command = parse_command(text, 1);
    if (!command.ok()) FAIL(command.error().message);
    CHECK(parse_command(text, 1, TableKind::kActivation).ok());
  }
}

TEST_CASE("values that a command does not take are refused") {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"send recipient=rol:pm template=forward",
       "\"send\": value of \"recipient\": \"rol:pm\" is no address; did you mean \"role\"?"},
      {"send recipient=\"role:pm, grp:x\" template=forward", "\"grp:x\" is no address"},
      {"send recipient=a template=\"two words\"", "is not a name of letters"},
      {"send recipient=a template=forward channel=${x.y}", "must be written out, without ${…}"},
      {"notify recipient=a", "\"notify\" needs \"template\" or \"text\""},
      {"escalate template=late", "\"escalate\" needs \"recipient\""},
      {"recall recipient=", "the value of \"recipient\" is missing"},
      {"resend now=yes", "\"resend\" takes no \"now\""},
      {"purge all", "\"=\" is missing after \"all\""},
      {"probe recipient=a", "\"probe\" needs \"preset\""},
      {"probe recipient=a preset=${x.y}", "must be written out"},
      {"probe recipient=a preset=p link=maybe", "value of \"link\": \"maybe\" is not yes or no"},
      {"probe recipient=a preset=p link=${x.y}", "is not yes or no"},
      {"cancel_probe preset=", "the value of \"preset\" is missing"},
      {"command recipient=a", "\"command\" needs \"op\""},
      {"command recipient=a op=${x.y}", "must be written out"},
      {"command recipient=a op=x arg.=1", "arguments are written arg.NAME, in lower case"},
      {"command recipient=a op=x arg.A=1", "arguments are written arg.NAME"},
      {"command recipient=a op=x ar.a=1", "has no key \"ar.a\""},
      {"command recipient=a op=x args=1 arg.a=1", "takes \"args\" or \"arg.NAME\", not both"},
      {"set_state state=Done", "\"Done\" is not a state: a word of a-z, 0-9, _ and -"},
      {"set_state state=\"a b\"", "is not a state"},
      {"set_flag", "\"set_flag\" needs \"flag\""},
      {"set_flag flag=${x.y}", "must be written out"},
      {"set_flag flag=Late", "is not a state"},
      {"set_flag flag=a value=maybe", "is not yes or no"},
      {"quarantine", "\"quarantine\" needs \"reason\""},
      {"webhook", "\"webhook\" needs \"url\""},
      {"webhook url=ftp://a.b", "does not begin with http:// or https://"},
      {"webhook url=HTTP://a.b", "does not begin with http:// or https://"},
      {"webhook url=${x.y}", "does not begin with http:// or https://"},
      {"webhook url=https://", "has no host"},
      {"webhook url=https:///x", "has no host"},
      {"webhook url=https://${x.y}/", "the host may not contain ${…}"},
      {"webhook url=https://a.b${x.y}/", "the host may not contain ${…}"},
      {"webhook url=https://a.b:${x.y}/", "the host may not contain ${…}"},
      {"webhook url=https://me:secret@a.b/", "is no host; a password belongs into secret="},
      {"webhook url=https://a.b\\@c.d/", "is no host"},
      {"webhook url=https://a$b/", "is no host"},
      {"webhook url=\"https://a.b/c d\"", "a blank in a URL is written %20"},
      {"webhook url=https://a.b secret=${x.y}", "must be written out"},
      {"run program=${x.y}", "must be written out"},
      {"run program=/bin/sh", "\"/bin/sh\" is not a name of letters"},
      {"run program=qa ok=${status.state}", "must be written out"},
      {"run program=qa failed=Rework", "is not a state"},
      {"run program=qa ok=", "value of \"ok\" is missing"},
      {"run program=qa arg.0=x", "number the arguments arg.1, arg.2"},
      {"run program=qa arg.01=x", "number the arguments arg.1, arg.2"},
      {"run program=qa arg.x=x", "number the arguments arg.1, arg.2"},
      {"run program=qa arg.1=a arg.3=x", "arg.2 is missing"},
      {"run program=qa arg.99999999999999999999=x", "number the arguments"},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    const auto command = parse_command(one.text, 1);
    REQUIRE_FALSE(command.ok());
    CHECK_THAT(command.error().message, Catch::Contains(one.message));
  }
}

TEST_CASE("what a timer would repeat without need cannot stand in a preset") {
  for (const char* text : {"quarantine reason=x", "upsert_terms", "find_affected",
                           "answer_if_known", "share_project recipient=a"}) {
    INFO(text);
    CHECK(parse_command(text, 1).ok());
    CHECK_THAT(parse_command(text, 1, TableKind::kPreset).error().message,
               Catch::Contains("cannot stand in a preset"));
  }
  CHECK(parse_command("resend", 1, TableKind::kPreset).ok());
}

TEST_CASE("arguments and names are bounded") {
  std::string text = "run program=qa";
  for (std::size_t i = 1; i <= kMaxArguments; ++i) text += " arg." + std::to_string(i) + "=x";
  CHECK(parse_command(text, 1).ok());
  CHECK_THAT(parse_command(text + " arg.33=x", 1).error().message,
             Catch::Contains("takes at most 32 arguments"));
  const std::string name(kMaxWordBytes, 'a');
  CHECK(parse_command("run program=" + name, 1).ok());
  CHECK_FALSE(parse_command("run program=" + name + "a", 1).ok());
  CHECK(parse_command("set_state state=" + std::string(64, 'a'), 1).ok());
  CHECK_FALSE(parse_command("set_state state=" + std::string(65, 'a'), 1).ok());
}

TEST_CASE("a fixed argument is given as it is, one with a field as nothing") {
  const auto command = parse_command("send recipient=${sender} template=forward", 1);
  REQUIRE(command.ok());
  CHECK(fixed_argument(*command, "template") == "forward");
  CHECK(fixed_argument(*command, "recipient").empty());
  CHECK(fixed_argument(*command, "text").empty());
}

}  // namespace yizhan::rules
