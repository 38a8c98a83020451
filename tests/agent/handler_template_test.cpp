#include "agent/handler_template.h"

#include <catch2/catch.hpp>

#include "tests/agent/core_world.h"

using namespace yizhan;
using namespace yizhan::agent;

namespace {

struct Received {
  wire::Message message;
  wire::Body body;
};

Received received(const std::string& rest = "") {
  Received one{message_from("user:zhang.min", task_text(id_text(1), "", rest)), {}};
  REQUIRE(one.body.ParseFromString(one.message.body()));
  return one;
}

std::string chosen(const Received& one, const std::vector<HandlerOptions>& handlers) {
  const HandlerOptions* handler = choose_handler(handlers, one.message, one.body);
  return handler == nullptr ? "none" : handler->name;
}

HandlerOptions when(const std::string& name,
                    std::vector<std::pair<std::string, std::string>> conditions) {
  return {name, std::move(conditions), {"/bin/true"}, 1min};
}

/// The arguments joined by "|", or the error's code.
std::string expanded(const std::vector<std::string>& run, const Received& one) {
  const auto arguments = expand_run(run, one.message, one.body, "/in/task.ini", "/in");
  if (!arguments.ok()) return code_name(arguments.error().code);
  std::string all;
  for (const std::string& argument : *arguments) all += (all.empty() ? "" : "|") + argument;
  return all;
}

}  // namespace

TEST_CASE("a pattern is alternatives with stars") {
  CHECK(fits("translate", "translate"));
  CHECK_FALSE(fits("translate", "translated"));
  CHECK(fits("revise | translate", "translate"));
  CHECK(fits("PRJ-*", "PRJ-2024"));
  CHECK(fits("*-ZHCN-*", "P-EN-ZHCN-T1"));
  CHECK_FALSE(fits("PRJ-*-X", "PRJ-2024"));
  CHECK(fits("*", ""));
  CHECK_FALSE(fits("", "x"));
  CHECK_FALSE(fits(std::string(40, '*') + "b", std::string(100'000, 'a')));
}

TEST_CASE("the first handler whose conditions all hold is chosen") {
  const Received one = received();
  CHECK(chosen(one, {}) == "none");
  CHECK(chosen(one, {when("a", {{"kind", "question"}}), when("b", {}), when("c", {})}) == "b");
  CHECK(chosen(one, {when("a", {{"kind", "task"}, {"job.type", "revise"}}),
                     when("b", {{"kind", "task"}, {"job.type", "revise | translate"}})}) == "b");
  CHECK(chosen(one, {when("a", {{"job.tool", "*"}})}) == "none");  // a missing field never fits
  CHECK(chosen(one, {when("a", {{"sender", "user:zhang.*"}})}) == "a");
}

TEST_CASE("commands and reports get only handlers that name them") {
  Received one = received();
  const std::vector<HandlerOptions> handlers = {when("all", {}), when("star", {{"kind", "*"}}),
                                                when("named", {{"kind", "task | command"}})};
  one.message.set_kind(wire::COMMAND);
  CHECK(chosen(one, handlers) == "named");
  one.message.set_kind(wire::STATUS);
  CHECK(chosen(one, handlers) == "star");
  CHECK(chosen(one, {when("all", {})}) == "none");
}

TEST_CASE("values stay inside their argument") {
  const Received one = received("[instructions]\ntext = a b\\n; rm -rf / \"$(x)\" `y`\n");
  CHECK(expanded({"/bin/x", "{file}", "{folder}/out", "{id}", "{kind}", "{sender}"}, one) ==
        "/bin/x|/in/task.ini|/in/out|" + id_text(1) + "|task|user:zhang.min");
  CHECK(expanded({"/bin/x", "t={instructions.text}"}, one) ==
        "/bin/x|t=a b\n; rm -rf / \"$(x)\" `y`");
  CHECK(expanded({"/bin/x", "{job.source_lang}-{job.target_lang}", "{job.missing}"}, one) ==
        "/bin/x|en-US-zh-CN|");
}

TEST_CASE("a placeholder may be written as in rules") {
  const Received one = received("[project2]\nname = a$\nflag = -x\n");
  CHECK(expanded({"/bin/x", "${file}", "$", "$${kind}", "{project2.name}{kind}"}, one) ==
        "/bin/x|/in/task.ini|$|$task|a$task");
  CHECK(expanded({"/bin/x", "${project2.flag}"}, one) == "denied");
}

TEST_CASE("braces that name nothing are themselves, and the program is never expanded") {
  const Received one = received();
  CHECK(expanded({"/bin/{kind}", "{}", "{ kind }", "{kind", "a}b", "{{kind}}"}, one) ==
        "/bin/{kind}|{}|{ kind }|{kind|a}b|{task}");
}

TEST_CASE("a value cannot become an option") {
  const Received one = received("[project2]\nname = --config=/tmp/evil\n");
  CHECK(expanded({"/bin/x", "{project2.name}"}, one) == "denied");
  CHECK(expanded({"/bin/x", "{job.missing}{project2.name}"}, one) == "denied");
  CHECK(expanded({"/bin/x", "--name={project2.name}"}, one) == "/bin/x|--name=--config=/tmp/evil");
  CHECK(expanded({"/bin/x", "-{kind}"}, one) == "/bin/x|-task");
}

TEST_CASE("what a value expands to is not expanded again") {
  const Received one = received("[project2]\nname = {file}\n");
  CHECK(expanded({"/bin/x", "{project2.name}"}, one) == "/bin/x|{file}");
}
