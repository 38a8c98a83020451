#include "agent/handler_template.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/task_file.h"
#include "config/printable.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// `*` stands for any characters. Linear in value × stars, whatever the pattern.
bool glob(std::string_view pattern, std::string_view value) {
  std::size_t p = 0;
  std::size_t v = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (v < value.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = v;
    } else if (p < pattern.size() && pattern[p] == value[v]) {
      ++p;
      ++v;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      v = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

template <class Predicate>
bool any_alternative(std::string_view pattern, Predicate holds) {
  while (true) {
    const std::size_t bar = pattern.find('|');
    if (holds(trimmed(pattern.substr(0, bar)))) return true;
    if (bar == std::string_view::npos) return false;
    pattern.remove_prefix(bar + 1);
  }
}

bool conditions_hold(const HandlerOptions& handler, const wire::Message& message,
                     const wire::Body& body) {
  return std::all_of(handler.when.begin(), handler.when.end(), [&](const auto& condition) {
    const std::optional<std::string> value = field_of(message, body, condition.first);
    return value && fits(condition.second, *value);
  });
}

/// Whether the handler names the kind of the message, where a kind must be named.
bool asks_for_kind(const HandlerOptions& handler, int kind) {
  if (kind != wire::COMMAND && !wire::is_report(kind)) return true;
  return std::any_of(handler.when.begin(), handler.when.end(), [&](const auto& condition) {
    if (condition.first != "kind") return false;
    if (kind != wire::COMMAND) return true;
    return any_alternative(condition.second, [](std::string_view one) { return one == "command"; });
  });
}

struct Values {
  const wire::Message& message;
  const wire::Body& body;
  const std::string& file;
  const std::string& folder;
  const std::string& project;

  std::string of(std::string_view name) const {
    if (name == "file") return file;
    if (name == "folder") return folder;
    if (name == "project") return project;
    if (name == "id") return format_uuid(wire::id_of(message));
    if (name == "kind") return wire::kind_name(message.kind());
    if (name == "sender") return message.sender();
    return field_of(message, body, name).value_or("");
  }
};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

std::string expand(std::string_view argument, const Values& values) {
  std::string expanded;
  while (!argument.empty()) {
    const std::size_t open = argument.find('{');
    const std::string_view before = argument.substr(0, open);
    expanded += before;
    if (open == std::string_view::npos) break;
    argument.remove_prefix(open);
    const std::size_t close = argument.find('}');
    const std::string_view name =
        close == std::string_view::npos ? std::string_view() : argument.substr(1, close - 1);
    if (is_name(name)) {
      if (!before.empty() && before.back() == '$') expanded.pop_back();  // ${name} is {name}
      expanded += values.of(name);
      argument.remove_prefix(close + 1);
    } else {
      expanded += '{';  // a brace that names nothing is itself
      argument.remove_prefix(1);
    }
  }
  return expanded;
}

}  // namespace

bool fits(std::string_view pattern, std::string_view value) {
  return any_alternative(pattern, [value](std::string_view one) { return glob(one, value); });
}

const HandlerOptions* choose_handler(const std::vector<HandlerOptions>& handlers,
                                     const wire::Message& message, const wire::Body& body) {
  for (const HandlerOptions& handler : handlers) {
    if (asks_for_kind(handler, message.kind()) && conditions_hold(handler, message, body)) {
      return &handler;
    }
  }
  return nullptr;
}

Result<std::vector<std::string>> expand_run(const std::vector<std::string>& run,
                                            const wire::Message& message, const wire::Body& body,
                                            const std::string& file, const std::string& folder,
                                            const std::string& project) {
  if (run.empty()) return Error{Code::kInvalid, "the handler has no program in `run`"};
  const Values values{message, body, file, folder, project};
  std::vector<std::string> arguments = {run.front()};
  for (std::size_t i = 1; i < run.size(); ++i) {
    std::string argument = expand(run[i], values);
    const bool option = !argument.empty() && argument.front() == '-' && run[i].front() != '-';
    if (option || argument.find('\0') != std::string::npos) {
      return Error{Code::kDenied, "argument " + std::to_string(i) + " of the handler, `" +
                                      printable(run[i], 80) + "`, became '" +
                                      printable(argument, 80) +
                                      "': a value from a message must not become an option; put "
                                      "text before the placeholder in `run`"};
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace yizhan::agent
