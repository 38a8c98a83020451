// Arguments to calls, by the one table.

#include "cli/command_line.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "cli/commands.h"

namespace yizhan::cli {
namespace {

std::variant<Invocation, int> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "yizhan");
  return parse_command_line(static_cast<int>(words.size()), words.data(), "/default/agent.ini");
}

Invocation parsed(const std::vector<const char*>& words) {
  auto result = parse(words);
  REQUIRE(std::holds_alternative<Invocation>(result));
  return std::get<Invocation>(result);
}

int refused(const std::vector<const char*>& words) {
  auto result = parse(words);
  REQUIRE(std::holds_alternative<int>(result));
  return std::get<int>(result);
}

TEST_CASE("every row of the table is complete and is told apart from all others") {
  std::set<std::string> seen;
  for (const Command& command : commands()) {
    INFO(command.words);
    CHECK(seen.insert(command.words).second);
    CHECK(command.run != nullptr);
    CHECK(std::string(command.summary).size() > 5);
    CHECK((command.run != run_remote || command.verb != nullptr));
    CHECK((command.run != run_remote || command.works != kNoConfig));
    CHECK(find_command(command.words) == &command);
  }
}

TEST_CASE("every command of the table can be called") {
  for (const Command& command : commands()) {
    INFO(command.words);
    const std::string words = command.words;
    const std::size_t space = words.find(' ');
    const std::string first = words.substr(0, space);
    const std::string second = space == std::string::npos ? "" : words.substr(space + 1);
    std::vector<const char*> line = {first.c_str()};
    if (!second.empty()) line.push_back(second.c_str());
    for (const Argument& argument : command.arguments) {
      if (argument.takes == Takes::kWord || argument.takes == Takes::kWords) line.push_back("x");
    }
    CHECK(parsed(line).command == &command);
  }
}

TEST_CASE("a flag is set or not, and further words may be left out") {
  const Invocation bare = parsed({"deliver", "P-1"});
  CHECK_FALSE(bare.has("yes"));
  CHECK(bare.all("FILE").empty());
  const Invocation full = parsed({"deliver", "P-1", "a.txt", "--yes", "b.txt"});
  CHECK(full.has("yes"));
  CHECK(full.one("JOB") == "P-1");
  CHECK(full.all("FILE") == std::vector<std::string>{"a.txt", "b.txt"});
}

TEST_CASE("global options are taken before and after the command") {
  const Invocation before = parsed({"--config", "/b.ini", "--json", "tasks", "list"});
  const Invocation after = parsed({"tasks", "list", "--json", "--config", "/b.ini"});
  for (const Invocation& call : {before, after}) {
    CHECK(call.command->words == std::string("tasks list"));
    CHECK(call.config == "/b.ini");
    CHECK(call.json);
  }
  CHECK(parsed({"status"}).config == "/default/agent.ini");
}

TEST_CASE("arguments arrive under their names, repeated ones in their order") {
  const Invocation call = parsed({"clients", "set", "K7QF", "--user", "li.wei", "--role", "pm",
                                  "--role", "reviser", "--no-role", "guest"});
  CHECK(call.one("CLIENT") == "K7QF");
  CHECK(call.one("user") == "li.wei");
  CHECK(call.all("role") == std::vector<std::string>{"pm", "reviser"});
  CHECK(call.all("no-role") == std::vector<std::string>{"guest"});
  CHECK_FALSE(call.has("group"));

  CHECK(parsed({"open", "a.ini", "b.ini"}).all("FILE") ==
        std::vector<std::string>{"a.ini", "b.ini"});
  CHECK(parsed({"new", "question", "--to", "user:li", "-o", "q.ini"}).one("o") == "q.ini");
  CHECK_FALSE(parsed({"ping"}).has("ADDRESS"));
  CHECK(parsed({"ping", "user:li"}).one("ADDRESS") == "user:li");
}

TEST_CASE("a word that names no command gets the nearest that does") {
  CHECK(unknown_command("stauts", "").find("\"status\"") != std::string::npos);
  CHECK(unknown_command("clints", "list").find("\"clients\"") != std::string::npos);
  CHECK(unknown_command("clients", "acept").find("\"accept\"") != std::string::npos);
  CHECK(unknown_command("tasks", "").find("list, show") != std::string::npos);
  CHECK(unknown_command("tasks", "list").empty());
  CHECK(unknown_command("trace", "whatever").empty());
}

TEST_CASE("wrong usage is exit code 2, help and version are 0") {
  CHECK(refused({"nonsense"}) == kUsage);
  CHECK(refused({}) == kUsage);
  CHECK(refused({"tasks"}) == kUsage);
  CHECK(refused({"trace"}) == kUsage);
  CHECK(refused({"trace", "a", "b"}) == kUsage);
  CHECK(refused({"status", "--jsno"}) == kUsage);
  CHECK(refused({"tasks", "list", "--limit", "many"}) == kUsage);
  CHECK(refused({"tasks", "list", "--limit", "0"}) == kUsage);
  CHECK(refused({"--help"}) == kDone);
  CHECK(refused({"tasks", "list", "--help"}) == kDone);
  CHECK(refused({"--version"}) == kDone);
}

}  // namespace
}  // namespace yizhan::cli
