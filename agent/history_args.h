#pragma once
// Arguments of the verbs about history data, as a program or the command line gives them, and what
// they answer.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "agent/control_json.h"
#include "wire/history.h"

namespace yizhan::agent {

inline constexpr int kDefaultRows = 50;
inline constexpr int kMaxRows = 1000;

inline std::string text_of(const Json& args, const char* name) {
  const auto found = args.find(name);
  return found != args.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

inline std::int64_t number_of(const Json& args, const char* name, std::int64_t otherwise) {
  const auto found = args.find(name);
  if (found == args.end()) return otherwise;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  if (!found->is_string()) return otherwise;
  return number_in(found->get_ref<const std::string&>());  // a word of the command line
}

inline int rows_of(const Json& args) {
  return static_cast<int>(std::clamp<std::int64_t>(number_of(args, "limit", kDefaultRows), 1,
                                                   kMaxRows));
}

/// Fields that are not empty, by their names.
template <class Values>
Json fields_json(wire::RecordKind kind, const Values& values) {
  Json json = Json::object();
  const auto fields = wire::fields_of(kind);
  for (std::size_t i = 0; i < fields.size() && static_cast<int>(i) < values.size(); ++i) {
    const std::string& text = values.Get(static_cast<int>(i));
    if (!text.empty()) json[fields[i].name] = text;
  }
  return json;
}

}  // namespace yizhan::agent
