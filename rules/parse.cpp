#include "rules/parse.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "config/ini.h"
#include "config/nearest.h"
#include "config/printable.h"
#include "rules/condition.h"
#include "rules/pattern.h"
#include "rules/row_reader.h"

namespace yizhan::rules {
namespace {

constexpr std::size_t kMaxMessageBytes = 500;

// A table is the work of operators and may be larger than a task file.
constexpr IniLimits kLimits{.max_bytes = 64 << 20,
                            .max_value_bytes = 8 << 10,
                            .max_name_bytes = 120,
                            .max_sections = kMaxRows + kMaxTemplates,
                            .max_entries_per_section = 1000};

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// Whether `text` can name a row: it is a word of commands and of log lines.
bool is_row_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// ---- one text

struct TextKey {
  std::string_view name;
  std::size_t language;  // in kLanguages
  std::optional<Template> TextTemplate::Text::*part;
};
static_assert(kLanguages.size() == 2 && kLanguages[0] == "en" && kLanguages[1] == "zh");
constexpr std::array<TextKey, 4> kTextKeys = {
    TextKey{"subject.en", 0, &TextTemplate::Text::subject},
    TextKey{"text.en", 0, &TextTemplate::Text::text},
    TextKey{"subject.zh", 1, &TextTemplate::Text::subject},
    TextKey{"text.zh", 1, &TextTemplate::Text::text}};

Status read_text(const IniEntry& entry, TextTemplate& text) {
  std::vector<std::string_view> names;
  for (const TextKey& key : kTextKeys) {
    names.push_back(key.name);
    if (key.name != entry.key) continue;
    auto parsed = Template::parse(entry.value);
    if (!parsed.ok()) return in_context(entry.key, parsed.error());
    text.languages.at(key.language).*key.part = *std::move(parsed);
    return {};
  }
  return Error{Code::kInvalid, "unknown key " + quoted(entry.key) + did_you_mean(entry.key, names)};
}

Status finish_text(const TextTemplate& text) {
  const bool has_text = std::any_of(text.languages.begin(), text.languages.end(),
                                    [](const auto& one) { return one.text.has_value(); });
  if (has_text) return {};
  return Error{Code::kInvalid, "the template has no text; write text.en = … or text.zh = …"};
}

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
    if (errors_.empty()) {
      result.tables = Tables{Table(std::move(rows_.data_state)), Table(std::move(rows_.activation)),
                             Table(std::move(rows_.preset)), std::move(templates_)};
    }
    result.errors = std::move(errors_);
    return result;
  }

 private:
  struct Rows {
    std::vector<Row> data_state;
    std::vector<Row> activation;
    std::vector<Row> preset;
  };
  struct Kind {
    TableKind table;
    std::vector<Row> Rows::*rows;
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
    const std::string_view kind_word = title.substr(0, title.find_first_of(" \t"));
    const std::string_view name = trim(title.substr(kind_word.size()));
    std::vector<std::string_view> names = {kTemplateKind};
    for (const Kind& kind : kKinds) {
      names.push_back(kind_name(kind.table));
      if (names.back() == kind_word) return read_row(kind, file, section, name);
    }
    if (kind_word == kTemplateKind) return read_template(file, section, name);
    add_error(file, section.line,
              "unknown section [" + std::string(title) + "]" + did_you_mean(kind_word, names));
  }

  void read_row(const Kind& kind, const std::string& file, const IniSection& section,
                std::string_view name) {
    check_name(kind_name(kind.table), file, section, name);
    if (row_count_++ == kMaxRows) {
      add_error(file, section.line, "more than " + std::to_string(kMaxRows) + " rows");
    }
    Row row;
    row.name = name;
    row.file = file;
    row.line = section.line;
    RowReader reader(row, kind.table);
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
    (rows_.*kind.rows).push_back(std::move(row));
  }

  void read_template(const std::string& file, const IniSection& section, std::string_view name) {
    check_name(kTemplateKind, file, section, name);
    const auto builtin = builtin_templates();
    if (std::find(builtin.begin(), builtin.end(), name) != builtin.end()) {
      add_error(file, section.line, quoted(name) + " is built in; choose another name");
    }
    if (templates_.size() == kMaxTemplates) {
      add_error(file, section.line, "more than " + std::to_string(kMaxTemplates) + " templates");
    }
    TextTemplate text;
    text.name = name;
    text.file = file;
    text.line = section.line;
    bool is_read = true;
    for (const IniEntry& entry : section.entries) {
      const Status status = read_text(entry, text);
      if (!status.ok()) add_error(file, entry.line, status.error().message);
      is_read = is_read && status.ok();
    }
    const Status status = is_read ? finish_text(text) : Status();
    if (!status.ok()) add_error(file, section.line, status.error().message);
    templates_.emplace(name, std::move(text));
  }

  void check_name(std::string_view kind, const std::string& file, const IniSection& section,
                  std::string_view name) {
    if (!is_row_name(name)) {
      add_error(file, section.line,
                "[" + section.name + "] needs a name of letters, digits, \"-\", \"_\" and \".\", " +
                    "at most " + std::to_string(kMaxNameBytes) + ": [" + std::string(kind) +
                    " NAME]");
    }
    const auto [first, is_new] = places_.emplace(std::pair(std::string(kind), std::string(name)),
                                                 file + ":" + std::to_string(section.line));
    if (!is_new) {
      const std::string what = kind == kTemplateKind ? "template " : "row ";
      add_error(file, section.line,
                "there is a " + what + quoted(name) + " already, at " + first->second);
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

  static constexpr std::string_view kTemplateKind = "template";
  static constexpr std::array<Kind, 3> kKinds = {Kind{TableKind::kDataState, &Rows::data_state},
                                                 Kind{TableKind::kActivation, &Rows::activation},
                                                 Kind{TableKind::kPreset, &Rows::preset}};

  Rows rows_;
  std::map<std::string, TextTemplate, std::less<>> templates_;
  std::map<std::pair<std::string, std::string>, std::string> places_;  // kind, name → "FILE:LINE"
  std::vector<std::string> errors_;
  std::size_t error_count_ = 0;
  std::size_t row_count_ = 0;
  std::size_t regexes_ = 0;
};

}  // namespace

ParseResult parse_tables(std::span<const RuleFile> files) {
  TableReader reader;
  for (const RuleFile& file : files) reader.read(file);
  return reader.finish();
}

ParseResult parse_tables(std::string_view text, const std::string& file_name) {
  const std::array<RuleFile, 1> files = {RuleFile{file_name, std::string(text)}};
  return parse_tables(files);
}

}  // namespace yizhan::rules
