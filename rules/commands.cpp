#include "rules/commands.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "rules/pattern.h"

namespace yizhan::rules {
namespace {

struct Key {
  std::string_view name;
  bool is_required;
  std::span<const std::string_view> words;  // empty: any text; else one of these, without ${…}
};

struct Verb {
  std::string_view name;
  std::span<const Key> keys;
};

// forward: the message itself goes to the recipient too. receipt: the recipient gets a receipt.
constexpr std::array<std::string_view, 2> kTemplates = {"forward", "receipt"};

constexpr std::array<Key, 3> kSendKeys = {
    Key{"recipient", true, {}}, Key{"template", true, kTemplates}, Key{"text", false, {}}};
constexpr std::array<Key, 1> kSetStateKeys = {Key{"state", true, {}}};

constexpr std::array<Verb, 2> kVerbs = {Verb{"send", kSendKeys}, Verb{"set_state", kSetStateKeys}};

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

template <class Named>
std::vector<std::string_view> names_of(std::span<const Named> all) {
  std::vector<std::string_view> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

template <class Named>
const Named* find_named(std::span<const Named> all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const Named& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// Removes the first word, up to a blank or `stop`, from `text` and returns it.
std::string_view take_word(std::string_view& text, std::string_view stop) {
  const std::size_t end = std::min(text.find_first_of(stop), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

Result<std::string> take_value(std::string_view& text, std::string_view key) {
  if (text.starts_with('"')) {
    auto value = take_quoted(text);
    if (!value.ok()) return in_context("value of " + quoted(key), value.error());
    if (!text.empty() && text.front() != ' ' && text.front() != '\t') {
      return invalid("value of " + quoted(key) + ": a blank must follow the closing double quote");
    }
    return value;
  }
  std::string value(take_word(text, " \t"));
  if (value.find('"') != std::string::npos) {
    return invalid("value of " + quoted(key) +
                   ": put the whole value in double quotes, \"\" in it is one quote");
  }
  return value;
}

Status check_argument(const Verb& verb, const Key& key, const Template& value) {
  if (value.text().empty() && key.is_required) {
    return invalid(quoted(verb.name) + ": the value of " + quoted(key.name) + " is missing");
  }
  if (key.words.empty() ||
      std::find(key.words.begin(), key.words.end(), value.text()) != key.words.end()) {
    return {};
  }
  return invalid(quoted(verb.name) + ": " + quoted(value.text()) + " is no value of " +
                 quoted(key.name) +
                 did_you_mean(value.text(), {key.words.begin(), key.words.end()}));
}

// Reads one `key=value` off `text` into `command`.
Status take_argument(const Verb& verb, std::string_view& text, Command& command) {
  const std::string_view name = take_word(text, "= \t");
  if (!text.starts_with('=')) {
    return invalid("\"=\" is missing after " + quoted(name) +
                   "; write key=value, and double quotes around a value with blanks");
  }
  text.remove_prefix(1);
  const Key* key = find_named(verb.keys, name);
  if (key == nullptr) {
    return invalid(quoted(verb.name) + " has no key " + quoted(name) +
                   did_you_mean(name, names_of(verb.keys)));
  }
  TRY_ASSIGN(const std::string value, take_value(text, name));
  auto parsed = Template::parse(value);
  if (!parsed.ok()) return in_context("value of " + quoted(name), parsed.error());
  TRY(check_argument(verb, *key, *parsed));
  if (!command.arguments.emplace(name, *std::move(parsed)).second) {
    return invalid(quoted(name) + " is given twice");
  }
  return {};
}

}  // namespace

Result<Command> parse_command(std::string_view text, int line) {
  text = trim(text);
  const std::string_view name = take_word(text, " \t");
  const Verb* verb = find_named(std::span<const Verb>(kVerbs), name);
  if (verb == nullptr) {
    return invalid("unknown command " + quoted(name) +
                   did_you_mean(name, names_of(std::span<const Verb>(kVerbs))));
  }
  Command command{std::string(name), {}, line};
  for (text = trim(text); !text.empty(); text = trim(text)) {
    TRY(take_argument(*verb, text, command));
  }
  for (const Key& key : verb->keys) {
    if (key.is_required && !command.arguments.contains(std::string(key.name))) {
      return invalid(quoted(name) + " needs " + quoted(key.name));
    }
  }
  return command;
}

}  // namespace yizhan::rules
