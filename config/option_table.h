#pragma once
// Inside of config/options: the key table. A row says everything about one key, and is read by all:
// the loader, the checks, the printed effective values and the commented sample.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/ini.h"
#include "config/option_value.h"
#include "config/result.h"

namespace yizhan {

/// The file that is being loaded.
struct ConfigFile {
  std::string path;
  PathBase base;
};

/// How one key's text becomes a member of `Owner`, and back.
template <class Owner>
struct Binding {
  /// `key` is what follows the row's key, for rows that end in "."; else "".
  std::function<Status(Owner&, std::string_view key, const std::string& text, const PathBase&)> set;
  /// Values as text, with such keys. None: there is nothing to say. Secrets are "***".
  std::function<std::vector<std::pair<std::string, std::string>>(const Owner&)> show;
  std::string form;  ///< for the sample: "duration", "path", "yes or no"
};

template <class Owner>
struct Option {
  std::string_view key;  ///< ends in "." if any name may follow
  Binding<Owner> binding;
  std::string_view sentence;
  std::string_view example = {};   ///< shown in the sample if there is no default
  std::string_view fallback = {};  ///< used if the key is absent; for defaults that need `home`
  bool required = false;
};

// ---- what does not depend on types

/// "FILE:LINE: [section] key: what"
Error option_error(const ConfigFile& file, int line, std::string_view section, std::string_view key,
                   const Error& error);
Error unknown_key(const ConfigFile& file, const IniSection& section, const IniEntry& entry,
                  const std::vector<std::string_view>& known);
Error unknown_section(const ConfigFile& file, const IniSection& section,
                      const std::vector<std::string_view>& known);
Error missing_key(const ConfigFile& file, const IniSection& section, std::string_view key);
/// Reads a configuration file's text, UTF-8 or UTF-16, with its limits.
Result<IniDocument> parse_config(const std::string& path, std::string_view text);
/// Folder of a path, "" if it has none.
std::string folder_of_config(const std::string& path);
/// Commented lines of a sample: prose as "# …", wrapped; a key as "#key = value".
std::string sample_prose(std::string_view text);
std::string sample_key(std::string_view key, std::string_view value);

/// What stands after the "." of a prefix row, "" for a plain one; false if `key` is not this row's.
bool matches_row(std::string_view row_key, std::string_view key, std::string_view* rest);

// ---- the uses of a table

template <class Owner>
const Option<Owner>* find_option(const std::vector<Option<Owner>>& table, std::string_view key,
                                 std::string_view* rest) {
  for (const Option<Owner>& option : table) {
    if (matches_row(option.key, key, rest)) return &option;
  }
  return nullptr;
}

/// Whether `key =` with nothing behind it says "not set", as it is without the key.
template <class Owner>
bool may_be_empty(const Option<Owner>& option) {
  return !option.required && option.key.back() != '.' && option.fallback.empty() &&
         option.binding.show(Owner{}).empty();
}

template <class Owner>
Status read_section(const IniSection& section, const std::vector<Option<Owner>>& table,
                    const ConfigFile& file, Owner& owner) {
  for (const IniEntry& entry : section.entries) {
    std::string_view rest;
    const Option<Owner>* const option = find_option(table, entry.key, &rest);
    if (option == nullptr) {
      std::vector<std::string_view> known;
      for (const Option<Owner>& each : table) known.push_back(each.key);
      return unknown_key(file, section, entry, known);
    }
    if (entry.value.empty() && may_be_empty(*option)) continue;
    const Status status = option->binding.set(owner, rest, entry.value, file.base);
    if (!status.ok()) {
      return option_error(file, entry.line, section.name, entry.key, status.error());
    }
  }
  for (const Option<Owner>& option : table) {
    if (section.find(option.key) != nullptr) continue;
    if (option.required) return missing_key(file, section, option.key);
    if (option.fallback.empty()) continue;
    const Status status = option.binding.set(owner, "", std::string(option.fallback), file.base);
    if (!status.ok()) {
      return option_error(file, section.line, section.name, option.key, status.error());
    }
  }
  return {};
}

template <class Owner>
IniSection show_section(std::string name, const std::vector<Option<Owner>>& table,
                        const Owner& owner) {
  IniSection section{std::move(name), 0, {}};
  for (const Option<Owner>& option : table) {
    for (auto& [key, value] : option.binding.show(owner)) {
      section.entries.push_back({std::string(option.key) + key, std::move(value), 0});
    }
  }
  return section;
}

template <class Owner>
std::string sample_section(const std::vector<Option<Owner>>& table) {
  std::string text;
  for (const Option<Owner>& option : table) {
    const auto defaults = option.binding.show(Owner{});
    const std::string_view value = !option.fallback.empty() ? option.fallback
                                   : defaults.empty()       ? option.example
                                                            : defaults.front().second;
    const std::string_view remark = option.required        ? ", required"
                                    : may_be_empty(option) ? "; no default"
                                                           : "";
    text += "\n" + sample_prose(std::string(option.sentence) + " (" + option.binding.form +
                                std::string(remark) + ")");
    text += sample_key(option.key, value);
  }
  return text;
}

}  // namespace yizhan
