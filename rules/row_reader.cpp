#include "rules/row_reader.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "config/nearest.h"
#include "rules/commands.h"
#include "rules/parse.h"

namespace yizhan::rules {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

bool is_key(const IniEntry& entry, std::string_view name) {
  return name.ends_with('.') ? entry.key.starts_with(name) : entry.key == name;
}

}  // namespace

std::optional<int> parse_int(std::string_view text, int low, int high) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < low || number > high) return std::nullopt;
  return number;
}

Error wrong_value(const IniEntry& entry, const std::string& right) {
  return invalid(entry.key + ": " + quoted(entry.value) + " is not " + right);
}

// ---- numbered commands

Status NumberedCommands::read(const IniEntry& entry, std::string_view prefix, TableKind kind) {
  const auto number =
      parse_int(std::string_view(entry.key).substr(prefix.size()), 1, kMaxCommandNumber);
  if (!number) {
    const std::string name(prefix);
    return invalid(entry.key + ": number the commands " + name + "1, " + name + "2 …");
  }
  auto command = parse_command(entry.value, entry.line, kind);
  if (!command.ok()) return in_context(entry.key, command.error());
  if (!by_number_.emplace(*number, *std::move(command)).second) {
    return invalid(entry.key + ": there is another command with this number");
  }
  return {};
}

Result<std::vector<Command>> NumberedCommands::take(std::string_view prefix) {
  if (by_number_.size() > kMaxCommandsPerRow) {
    return Error{Code::kLimit, "more than " + std::to_string(kMaxCommandsPerRow) +
                                   " commands in one row (" + std::string(prefix) + "N)"};
  }
  std::vector<Command> commands;
  for (auto& [number, command] : by_number_) commands.push_back(std::move(command));
  by_number_.clear();
  return commands;
}

// ---- one row

const std::vector<RowReader::Key>& RowReader::keys() {
  static const std::vector<Key> kKeys = {
      {"order", &RowReader::read_order},       {"enabled", &RowReader::read_enabled},
      {"stop", &RowReader::read_stop},         {"max_fires", &RowReader::read_max_fires},
      {"cooldown", &RowReader::read_cooldown}, {"hours", &RowReader::read_hours},
      {"when.", &RowReader::read_when},        {"for.", &RowReader::read_for},
      {"unless.", &RowReader::read_unless},    {"do.", &RowReader::read_do}};
  return kKeys;
}

Status RowReader::read(const IniEntry& entry) {
  if (kind_ == TableKind::kPreset) {
    if (const auto status = watch_.read(entry)) return *status;
  }
  for (const Key& key : keys()) {
    if (is_key(entry, key.name)) return (this->*key.read)(entry);
  }
  return unknown(entry);
}

Status RowReader::finish() {
  if (kind_ == TableKind::kPreset) return watch_.finish(row_);
  if (commands_.empty()) return invalid("the row does nothing; write do.1 = COMMAND key=value …");
  TRY_ASSIGN(row_.commands, commands_.take("do."));
  return {};
}

Status RowReader::unknown(const IniEntry& entry) const {
  const bool is_preset = kind_ == TableKind::kPreset;
  std::vector<std::string_view> names;
  for (const Key& key : keys()) {
    const bool is_others = key.name == (is_preset ? "when." : "for.");
    if (!is_others && !(is_preset && key.name == "do.")) names.push_back(key.name);
  }
  if (is_preset) {
    for (const std::string_view name : WatchReader::key_names()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  } else {
    for (const std::string_view name : WatchReader::key_names()) {
      if (name == "hours" || !is_key(entry, name)) continue;
      return invalid(quoted(entry.key) + " is a key of [preset NAME] only");
    }
  }
  const std::string_view key = entry.key;
  const std::string_view head = key.substr(0, std::min(key.find('.'), key.size() - 1) + 1);
  // "wen.question.category" is far from "when.", its beginning is near.
  const bool is_near = !nearest_name(key, names).empty();
  return invalid("unknown key " + quoted(key) + did_you_mean(is_near ? key : head, names));
}

Status RowReader::read_order(const IniEntry& entry) {
  const auto number = parse_int(entry.value, -kMaxOrder, kMaxOrder);
  if (!number) return wrong_value(entry, "a whole number up to " + std::to_string(kMaxOrder));
  row_.order = *number;
  return {};
}

Status RowReader::read_enabled(const IniEntry& entry) {
  if (entry.value == "yes") {
    row_.enabled = Enabled::kYes;
  } else if (entry.value == "no") {
    row_.enabled = Enabled::kNo;
  } else if (entry.value == "shadow") {
    row_.enabled = Enabled::kShadow;
  } else {
    return wrong_value(entry, "yes, no or shadow");
  }
  return {};
}

Status RowReader::read_stop(const IniEntry& entry) {
  if (entry.value != "yes" && entry.value != "no") return wrong_value(entry, "yes or no");
  row_.stop = entry.value == "yes";
  return {};
}

Status RowReader::read_max_fires(const IniEntry& entry) {
  row_.max_fires = parse_int(entry.value, 1, kMaxMaxFires);
  if (!row_.max_fires) {
    return wrong_value(entry, "a whole number from 1 to " + std::to_string(kMaxMaxFires));
  }
  return {};
}

Status RowReader::read_cooldown(const IniEntry& entry) {
  const auto duration = parse_duration(entry.value);
  if (!duration) return wrong_value(entry, "a duration: 15m, 2h, 90d");
  row_.cooldown = *duration;
  return {};
}

Status RowReader::read_hours(const IniEntry& entry) {
  auto hours = parse_hours(entry.value);
  if (!hours.ok()) return in_context(entry.key, hours.error());
  row_.hours = *std::move(hours);
  return {};
}

Status RowReader::read_condition(const IniEntry& entry, std::string_view prefix,
                                 std::vector<Condition>& conditions) const {
  const std::string_view field = std::string_view(entry.key).substr(prefix.size());
  auto condition = Condition::parse(field, entry.value, kind_, entry.line);
  if (!condition.ok()) return in_context(entry.key, condition.error());
  conditions.push_back(*std::move(condition));
  return {};
}

Status RowReader::read_when(const IniEntry& entry) {
  if (kind_ == TableKind::kPreset) {
    return invalid(entry.key + ": the conditions of a preset are written for.FIELD");
  }
  return read_condition(entry, "when.", row_.when);
}

Status RowReader::read_for(const IniEntry& entry) {
  if (kind_ != TableKind::kPreset) {
    return invalid(entry.key + ": the conditions of this table are written when.FIELD");
  }
  return read_condition(entry, "for.", row_.when);
}

Status RowReader::read_unless(const IniEntry& entry) {
  return read_condition(entry, "unless.", row_.unless);
}

Status RowReader::read_do(const IniEntry& entry) {
  if (kind_ == TableKind::kPreset) {
    return invalid(entry.key +
                   ": a preset says when: on_interval.N, on_expire.N, escalate.N or on_activate.N");
  }
  return commands_.read(entry, "do.", kind_);
}

}  // namespace yizhan::rules
