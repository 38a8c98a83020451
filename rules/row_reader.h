#pragma once
// One section of a rule file into one row. Private to this directory; rules/parse.cpp reads whole
// files with it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ini.h"
#include "config/result.h"
#include "rules/table.h"
#include "rules/watch.h"

namespace yizhan::rules {

/// Bounds of single keys.
inline constexpr int kMaxOrder = 1'000'000;
inline constexpr int kMaxMaxFires = 1'000'000;
inline constexpr int kMaxCommandNumber = 1'000'000;

/// A whole number from `low` to `high`, in digits and nothing else; empty otherwise.
std::optional<int> parse_int(std::string_view text, int low, int high);

/// `KEY: "VALUE" is not RIGHT`.
Error wrong_value(const IniEntry& entry, const std::string& right);

/// Commands written as PREFIX.N in any order.
class NumberedCommands {
 public:
  /// Reads `entry`, whose key starts with `prefix` ("do.").
  Status read(const IniEntry& entry, std::string_view prefix, TableKind kind);
  bool empty() const { return by_number_.empty(); }
  /// In the order of their numbers. kLimit, naming `prefix`, beyond kMaxCommandsPerRow.
  Result<std::vector<Command>> take(std::string_view prefix);

 private:
  std::map<int, Command> by_number_;
};

/// The keys that only presets have.
class WatchReader {
 public:
  /// Reads the entry; empty if its key is none of a preset's own.
  std::optional<Status> read(const IniEntry& entry);
  /// To be called after the last entry: gives `row` its watch.
  Status finish(Row& row);
  /// For suggestions.
  static std::vector<std::string_view> key_names();

 private:
  using Read = Status (WatchReader::*)(const IniEntry&);
  struct Key {
    std::string_view name;  // with a dot at its end: the start of a key
    Read read;
  };
  static const std::vector<Key>& keys();

  Status read_expect(const IniEntry& entry);
  Status read_from(const IniEntry& entry);
  Status read_start(const IniEntry& entry);
  Status read_duration(const IniEntry& entry);
  Status read_interval(const IniEntry& entry);
  Status read_max_intervals(const IniEntry& entry);
  Status read_hours(const IniEntry& entry);
  Status read_catch_up(const IniEntry& entry);
  Status read_burst(const IniEntry& entry);
  Status read_on_interval(const IniEntry& entry);
  Status read_on_expire(const IniEntry& entry);
  Status read_on_activate(const IniEntry& entry);
  Status read_escalate(const IniEntry& entry);
  Status check_complete() const;
  Status take_commands();

  Watch watch_;
  bool has_duration_ = false;
  bool has_burst_ = false;
  NumberedCommands on_interval_;
  NumberedCommands on_expire_;
  NumberedCommands on_activate_;
  std::map<int, EscalationStep> steps_;
};

/// Every function returns what is wrong with its entry.
class RowReader {
 public:
  RowReader(Row& row, TableKind kind) : row_(row), kind_(kind) {}

  Status read(const IniEntry& entry);
  /// To be called after the last entry; commands may have been written in any order.
  Status finish();

 private:
  using Read = Status (RowReader::*)(const IniEntry&);
  struct Key {
    std::string_view name;  // with a dot at its end: the start of a key
    Read read;
  };
  static const std::vector<Key>& keys();

  Status unknown(const IniEntry& entry) const;
  Status read_order(const IniEntry& entry);
  Status read_enabled(const IniEntry& entry);
  Status read_stop(const IniEntry& entry);
  Status read_max_fires(const IniEntry& entry);
  Status read_cooldown(const IniEntry& entry);
  Status read_hours(const IniEntry& entry);
  Status read_when(const IniEntry& entry);
  Status read_for(const IniEntry& entry);
  Status read_unless(const IniEntry& entry);
  Status read_do(const IniEntry& entry);
  Status read_condition(const IniEntry& entry, std::string_view prefix,
                        std::vector<Condition>& conditions) const;

  Row& row_;
  TableKind kind_;
  NumberedCommands commands_;
  WatchReader watch_;  // of a preset
};

}  // namespace yizhan::rules
