#include "rules/parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include "config/ini.h"
#include "config/nearest.h"
#include "config/printable.h"
#include "rules/commands.h"
#include "rules/condition.h"
#include "rules/pattern.h"

namespace yizhan::rules {
namespace {

constexpr int kMaxOrder = 1'000'000;
constexpr int kMaxMaxFires = 1'000'000;
constexpr int kMaxCommandNumber = 1'000'000;
constexpr std::size_t kMaxMessageBytes = 500;

// A table is the work of operators and may be larger than a task file.
constexpr IniLimits kLimits{.max_bytes = 64 << 20,
                            .max_value_bytes = 8 << 10,
                            .max_name_bytes = 120,
                            .max_sections = kMaxRows,
                            .max_entries_per_section = 1000};

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// A whole number from `low` to `high`, in digits and nothing else; empty otherwise.
std::optional<int> parse_int(std::string_view text, int low, int high) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < low || number > high) return std::nullopt;
  return number;
}

// Whether `text` can name a row: it is a word of commands and of log lines.
bool is_row_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// ---- one row

// Reads the entries of one section into a row. Every function returns what is wrong with its entry.
class RowReader {
 public:
  explicit RowReader(Row& row) : row_(row) {}

  Status read(const IniEntry& entry) {
    for (const Key& key : kKeys) {
      const std::string_view name = key.name;
      const bool is_match = name.ends_with('.') ? entry.key.starts_with(name) : entry.key == name;
      if (is_match) return (this->*key.read)(entry);
    }
    return unknown(entry);
  }

  // To be called after the last entry; `commands` may have been written in any order.
  Status finish() {
    if (commands_.empty()) return error("the row does nothing; write do.1 = COMMAND key=value …");
    if (commands_.size() > kMaxCommandsPerRow) {
      return error("more than " + std::to_string(kMaxCommandsPerRow) + " commands in one row");
    }
    for (auto& [number, command] : commands_) row_.commands.push_back(std::move(command));
    return {};
  }

 private:
  using Read = Status (RowReader::*)(const IniEntry&);
  struct Key {
    std::string_view name;  // with a dot at its end: the start of a key
    Read read;
  };

  static Error error(std::string message) { return {Code::kInvalid, std::move(message)}; }

  static Error wrong(const IniEntry& entry, const std::string& right) {
    return error(entry.key + ": " + quoted(entry.value) + " is not " + right);
  }

  Status unknown(const IniEntry& entry) const {
    std::vector<std::string_view> names;
    for (const Key& key : kKeys) names.push_back(key.name);
    const std::string_view key = entry.key;
    const std::string_view head = key.substr(0, std::min(key.find('.'), key.size() - 1) + 1);
    // "wen.question.category" is far from "when.", its beginning is near.
    const bool is_near = !nearest_name(key, names).empty();
    return error("unknown key " + quoted(key) + did_you_mean(is_near ? key : head, names));
  }

  Status read_order(const IniEntry& entry) {
    const auto number = parse_int(entry.value, -kMaxOrder, kMaxOrder);
    if (!number) return wrong(entry, "a whole number up to " + std::to_string(kMaxOrder));
    row_.order = *number;
    return {};
  }

  Status read_enabled(const IniEntry& entry) {
    if (entry.value == "yes") {
      row_.enabled = Enabled::kYes;
    } else if (entry.value == "no") {
      row_.enabled = Enabled::kNo;
    } else if (entry.value == "shadow") {
      row_.enabled = Enabled::kShadow;
    } else {
      return wrong(entry, "yes, no or shadow");
    }
    return {};
  }

  Status read_stop(const IniEntry& entry) {
    if (entry.value != "yes" && entry.value != "no") return wrong(entry, "yes or no");
    row_.stop = entry.value == "yes";
    return {};
  }

  Status read_max_fires(const IniEntry& entry) {
    row_.max_fires = parse_int(entry.value, 1, kMaxMaxFires);
    if (!row_.max_fires) {
      return wrong(entry, "a whole number from 1 to " + std::to_string(kMaxMaxFires));
    }
    return {};
  }

  Status read_cooldown(const IniEntry& entry) {
    const auto duration = parse_duration(entry.value);
    if (!duration || *duration < Micros{0}) return wrong(entry, "a duration: 15m, 2h, 90d");
    row_.cooldown = *duration;
    return {};
  }

  static Status read_condition(const IniEntry& entry, std::string_view prefix,
                               std::vector<Condition>& conditions) {
    auto condition =
        Condition::parse(std::string_view(entry.key).substr(prefix.size()), entry.value);
    if (!condition.ok()) return in_context(entry.key, condition.error());
    conditions.push_back(*std::move(condition));
    return {};
  }

  Status read_when(const IniEntry& entry) { return read_condition(entry, "when.", row_.when); }

  Status read_unless(const IniEntry& entry) {
    return read_condition(entry, "unless.", row_.unless);
  }

  Status read_do(const IniEntry& entry) {
    const auto text = std::string_view(entry.key).substr(std::string_view("do.").size());
    const auto number = parse_int(text, 1, kMaxCommandNumber);
    if (!number) return error(entry.key + ": number the commands do.1, do.2 …");
    auto command = parse_command(entry.value, entry.line);
    if (!command.ok()) return in_context(entry.key, command.error());
    if (!commands_.emplace(*number, *std::move(command)).second) {
      return error(entry.key + ": there is another command with this number");
    }
    return {};
  }

  static const std::array<Key, 8> kKeys;

  Row& row_;
  std::map<int, Command> commands_;
};

const std::array<RowReader::Key, 8> RowReader::kKeys = {
    Key{"order", &RowReader::read_order},       Key{"enabled", &RowReader::read_enabled},
    Key{"stop", &RowReader::read_stop},         Key{"max_fires", &RowReader::read_max_fires},
    Key{"cooldown", &RowReader::read_cooldown}, Key{"when.", &RowReader::read_when},
    Key{"unless.", &RowReader::read_unless},    Key{"do.", &RowReader::read_do}};

// ---- all files

class TableReader {
 public:
  void read(const RuleFile& file) {
    const auto document = parse_ini(file.text, file.name, kLimits);
    if (!document.ok()) return add_error(document.error().message);  // names file and line itself
    for (const IniSection& section : document->sections) read_section(file.name, section);
  }

  ParseResult finish() {
    ParseResult result;
    if (error_count_ > errors_.size()) {
      errors_.push_back(std::to_string(error_count_ - errors_.size()) + " more errors");
    }
    if (errors_.empty()) result.table.emplace(std::move(rows_));
    result.errors = std::move(errors_);
    return result;
  }

 private:
  using Read = void (TableReader::*)(const std::string& file, const IniSection&,
                                     std::string_view name);
  struct Kind {
    std::string_view name;
    Read read;
  };

  void add_error(std::string message) {
    if (++error_count_ <= kMaxErrors) errors_.push_back(std::move(message));
  }
  void add_error(const std::string& file, int line, const std::string& message) {
    // Messages quote what the file says, and go to terminals and logs.
    add_error(file + ":" + std::to_string(line) + ": " + printable(message, kMaxMessageBytes));
  }

  // A section is "KIND NAME".
  void read_section(const std::string& file, const IniSection& section) {
    const std::string_view title = trim(section.name);
    const std::string_view kind_name = title.substr(0, title.find_first_of(" \t"));
    const std::string_view name = trim(title.substr(kind_name.size()));
    for (const Kind& kind : kKinds) {
      if (kind.name == kind_name) return (this->*kind.read)(file, section, name);
    }
    std::vector<std::string_view> names;
    for (const Kind& kind : kKinds) names.push_back(kind.name);
    add_error(file, section.line,
              "unknown section [" + std::string(title) + "]" + did_you_mean(kind_name, names));
  }

  void refuse_for_now(const std::string& file, const IniSection& section, std::string_view) {
    add_error(file, section.line, "[" + section.name + "] is not supported yet by this version");
  }

  void read_row(const std::string& file, const IniSection& section, std::string_view name) {
    check_name(file, section, name);
    Row row;
    row.name = name;
    row.file = file;
    row.line = section.line;
    RowReader reader(row);
    bool is_read = true;
    for (const IniEntry& entry : section.entries) {
      const Status status = reader.read(entry);
      if (!status.ok()) add_error(file, entry.line, status.error().message);
      is_read = is_read && status.ok();
    }
    // A row whose entries are wrong may lack its commands for that reason.
    const Status status = is_read ? reader.finish() : Status();
    if (!status.ok()) add_error(file, section.line, status.error().message);
    count_regexes(row);
    rows_.push_back(std::move(row));
  }

  void check_name(const std::string& file, const IniSection& section, std::string_view name) {
    if (!is_row_name(name)) {
      add_error(file, section.line,
                "[" + section.name + "] needs a name of letters, digits, \"-\", \"_\" and \".\", " +
                    "at most " + std::to_string(kMaxNameBytes) + ": [data-state NAME]");
    }
    const auto [first, is_new] = places_.emplace(name, file + ":" + std::to_string(section.line));
    if (!is_new) {
      add_error(file, section.line,
                "there is a row " + quoted(name) + " already, at " + first->second);
    }
    if (rows_.size() == kMaxRows) {
      add_error(file, section.line, "more than " + std::to_string(kMaxRows) + " rows");
    }
  }

  void count_regexes(const Row& row) {
    const std::size_t before = regexes_;
    for (const Condition& condition : row.when) regexes_ += condition.is_regex() ? 1 : 0;
    for (const Condition& condition : row.unless) regexes_ += condition.is_regex() ? 1 : 0;
    if (before <= kMaxRegexes && regexes_ > kMaxRegexes) {
      add_error(row.file, row.line,
                "more than " + std::to_string(kMaxRegexes) + " regular expressions in one table");
    }
  }

  static const std::array<Kind, 3> kKinds;

  std::vector<Row> rows_;
  std::map<std::string, std::string, std::less<>> places_;  // row name → "FILE:LINE"
  std::vector<std::string> errors_;
  std::size_t error_count_ = 0;
  std::size_t regexes_ = 0;
};

const std::array<TableReader::Kind, 3> TableReader::kKinds = {
    Kind{"data-state", &TableReader::read_row}, Kind{"activation", &TableReader::refuse_for_now},
    Kind{"preset", &TableReader::refuse_for_now}};

}  // namespace

ParseResult parse_table(std::span<const RuleFile> files) {
  TableReader reader;
  for (const RuleFile& file : files) reader.read(file);
  return reader.finish();
}

ParseResult parse_table(std::string_view text, const std::string& file_name) {
  const std::array<RuleFile, 1> files = {RuleFile{file_name, std::string(text)}};
  return parse_table(files);
}

}  // namespace yizhan::rules
