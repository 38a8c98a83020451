#include "rules/commands.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "rules/command_table.h"
#include "rules/pattern.h"

namespace yizhan::rules {
namespace {

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

// The rest of `name` behind "arg.": a word, of `run` a number.
Status check_argument_name(const CommandVerb& verb, std::string_view rest) {
  const bool is_word =
      !rest.empty() && rest.size() <= kMaxWordBytes &&
      std::all_of(rest.begin(), rest.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
      });
  if (!is_word) {
    return invalid(quoted(verb.name) + ": arguments are written arg.NAME, in lower case");
  }
  if (verb.name != "run") return {};
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  const bool is_number = error == std::errc() && end == rest.data() + rest.size();
  if (is_number && number >= 1 && rest.front() != '0') return {};
  return invalid("\"run\": number the arguments arg.1, arg.2 …");
}

Result<const CommandKey*> find_key(const CommandVerb& verb, std::string_view name) {
  for (const CommandKey& key : verb.keys) {
    if (key.name == name && !key.name.ends_with('.')) return &key;
    if (!key.name.ends_with('.') || !name.starts_with(key.name)) continue;
    TRY(check_argument_name(verb, name.substr(key.name.size())));
    return &key;
  }
  if (verb.keys.empty()) return invalid(quoted(verb.name) + " takes no " + quoted(name));
  return invalid(quoted(verb.name) + " has no key " + quoted(name) +
                 did_you_mean(name, names_of(verb.keys)));
}

Status check_argument(const CommandVerb& verb, const CommandKey& key, std::string_view name,
                      const Template& value) {
  if (value.text().empty() && (key.is_required || key.check != nullptr)) {
    return invalid(quoted(verb.name) + ": the value of " + quoted(name) + " is missing");
  }
  const Status status = key.check == nullptr ? Status() : key.check(value);
  if (status.ok()) return {};
  return in_context(quoted(verb.name) + ": value of " + quoted(name), status.error());
}

// Reads one `key=value` off `text` into `command`.
Status take_argument(const CommandVerb& verb, std::string_view& text, Command& command) {
  const std::string_view name = take_word(text, "= \t");
  if (!text.starts_with('=')) {
    return invalid("\"=\" is missing after " + quoted(name) +
                   "; write key=value, and double quotes around a value with blanks");
  }
  text.remove_prefix(1);
  TRY_ASSIGN(const CommandKey* key, find_key(verb, name));
  TRY_ASSIGN(const std::string value, take_value(text, name));
  auto parsed = Template::parse(value);
  if (!parsed.ok()) return in_context("value of " + quoted(name), parsed.error());
  TRY(check_argument(verb, *key, name, *parsed));
  if (!command.arguments.emplace(name, *std::move(parsed)).second) {
    return invalid(quoted(name) + " is given twice");
  }
  return {};
}

Result<Command> parse_arguments(const CommandVerb& verb, std::string_view text, int line) {
  Command command{std::string(verb.name), {}, line};
  for (text = trim(text); !text.empty(); text = trim(text)) {
    TRY(take_argument(verb, text, command));
  }
  for (const CommandKey& key : verb.keys) {
    if (key.is_required && !command.arguments.contains(std::string(key.name))) {
      return invalid(quoted(verb.name) + " needs " + quoted(key.name));
    }
  }
  const auto is_argument = [](const auto& argument) { return argument.first.starts_with("arg."); };
  const auto arguments =
      std::count_if(command.arguments.begin(), command.arguments.end(), is_argument);
  if (static_cast<std::size_t>(arguments) > kMaxArguments) {
    return invalid(quoted(verb.name) + " takes at most " + std::to_string(kMaxArguments) +
                   " arguments");
  }
  if (verb.finish != nullptr) TRY(verb.finish(command));
  return command;
}

}  // namespace

Result<Command> parse_command(std::string_view text, int line, TableKind kind) {
  text = trim(text);
  const std::string_view name = take_word(text, " \t");
  const auto verbs = command_verbs();
  const auto verb = std::find_if(verbs.begin(), verbs.end(),
                                 [name](const CommandVerb& one) { return one.name == name; });
  if (verb == verbs.end()) {
    return invalid("unknown command " + quoted(name) + did_you_mean(name, names_of(verbs)));
  }
  if (kind == TableKind::kPreset && !verb->is_for_presets) {
    return invalid(quoted(name) +
                   " cannot stand in a preset, which repeats it; set a state here, and do it in a "
                   "row of [data-state NAME]");
  }
  return parse_arguments(*verb, text, line);
}

Result<Command> parse_escalation(std::string_view text, int line) {
  return parse_arguments(escalation_verb(), text, line);
}

std::string_view fixed_argument(const Command& command, std::string_view key) {
  const auto found = command.arguments.find(std::string(key));
  if (found == command.arguments.end() || !found->second.is_fixed()) return {};
  return found->second.text();
}

}  // namespace yizhan::rules
