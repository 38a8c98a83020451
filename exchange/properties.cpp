#include "exchange/properties.h"

#include <nlohmann/json.hpp>

namespace yizhan::exchange {
namespace {

using Json = nlohmann::ordered_json;

void append_string(std::string_view text, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  *out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (*out += '\\') += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const auto byte = static_cast<unsigned char>(c);
      ((*out += "\\u00") += kDigits[byte >> 4U]) += kDigits[byte & 15U];
    } else {
      *out += c;
    }
  }
  *out += '"';
}

bool came_before(const Properties& properties, std::size_t at) {
  for (std::size_t i = 0; i < at; ++i) {
    if (properties[i].first == properties[at].first) return true;
  }
  return false;
}

void append_values(const Properties& properties, std::size_t from, std::string* out) {
  std::size_t count = 0;
  const std::size_t start = out->size();
  for (std::size_t i = from; i < properties.size(); ++i) {
    if (properties[i].first != properties[from].first) continue;
    if (count++ > 0) *out += ',';
    append_string(properties[i].second, out);
  }
  if (count == 1) return;
  out->insert(start, 1, '[');
  *out += ']';
}

}  // namespace

// Written by hand: it is done for each unit of a memory, and building a tree first takes as long as
// all the rest of reading one.
std::string to_json(const Properties& properties) {
  std::string out;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (came_before(properties, i)) continue;
    out += out.empty() ? '{' : ',';
    append_string(properties[i].first, &out);
    out += ':';
    append_values(properties, i, &out);
  }
  if (!out.empty()) out += '}';
  return out;
}

Properties from_json(std::string_view json) {
  Properties properties;
  if (json.empty()) return properties;
  // Depth is bounded by the value's size, which wire/limits.h bounds; the parser does not recurse.
  const Json tree = Json::parse(json, nullptr, false);
  if (!tree.is_object()) return properties;
  for (const auto& [name, value] : tree.items()) {
    if (value.is_string()) properties.emplace_back(name, value.get<std::string>());
    if (!value.is_array()) continue;
    for (const Json& one : value) {
      if (one.is_string()) properties.emplace_back(name, one.get<std::string>());
    }
  }
  return properties;
}

const std::string* find_property(const Properties& properties, std::string_view name) {
  for (const auto& [key, value] : properties) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace yizhan::exchange
