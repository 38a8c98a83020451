// Any bytes as rule tables, and what follows their first NUL as every value of an event: no crash,
// no hang; tables or errors, never both; the index finds what a loop over all rows finds; no value
// makes an argument or a text longer than its limit; a watch always comes to its end. The same
// bytes are read as working hours and as a moment, too.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "rules/check.h"
#include "rules/parse.h"
#include "rules/schedule.h"
#include "rules/simulate.h"

namespace {

using namespace yizhan;

constexpr Instant kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr int kTurns = 200;

class OneValueEvent : public rules::FieldSource {
 public:
  explicit OneValueEvent(std::string_view value) : value_(value) {}
  std::optional<std::string_view> get(std::string_view field) const override {
    if (field.ends_with('x')) return std::nullopt;  // some fields are missing
    const auto words = rules::words_of(field, rules::TableKind::kActivation);
    return words.empty() ? value_ : words[value_.size() % words.size()];
  }
  bool has(std::string_view field, std::string_view word) const override {
    return field != rules::kFlagField && word <= value_;
  }

 private:
  std::string_view value_;
};

void check_commands(const std::vector<rules::Command>& commands, const rules::FieldSource& event) {
  for (const rules::Command& command : commands) {
    for (const auto& [key, value] : command.arguments) {
      const auto expansion = rules::expand(value, event);
      CHECK_THAT_HOLDS(!expansion.ok() || expansion->text.size() <= rules::kMaxExpandedBytes);
    }
  }
}

void check_match(const rules::Table& table, const rules::FieldSource& event) {
  std::vector<const rules::Row*> expected;
  for (const rules::Row& row : table.rows()) {
    if (row.enabled == rules::Enabled::kNo || !rules::holds(row, event)) continue;
    expected.push_back(&row);
    if (row.stop && row.enabled == rules::Enabled::kYes) break;
  }
  CHECK_THAT_HOLDS(table.match(event) == expected);
  for (const rules::Row& row : table.rows()) {
    const bool is_in = std::find(expected.begin(), expected.end(), &row) != expected.end();
    CHECK_THAT_HOLDS(table.why_not(row, event).has_value() != is_in);
    check_commands(row.commands, event);
  }
}

// Times only grow, and what is made up is what was due.
void check_watch(const rules::Row& row, const rules::FieldSource& event) {
  const rules::Watch& watch = *row.watch;
  const rules::Zone& zone = rules::Zone::utc();
  const auto begun = rules::begin(watch, kStart, event);
  if (!begun.ok() || !*begun) return;
  rules::Progress progress = **begun;
  for (int i = 0; i < kTurns; ++i) {
    const rules::Due due = rules::next(watch, progress, zone);
    CHECK_THAT_HOLDS(due.at >= progress.last);
    if (due.kind == rules::Due::Kind::kFinished) break;
    rules::pass(progress, due);
  }
  progress = **begun;
  const Instant now = kStart + std::chrono::days(3);
  const auto turns = rules::catch_up(watch, progress, zone, now);
  for (const rules::Due& due : turns) CHECK_THAT_HOLDS(due.at <= now);
  const rules::Due after = rules::next(watch, progress, zone);
  CHECK_THAT_HOLDS(after.kind == rules::Due::Kind::kFinished || after.at > now ||
                   watch.catch_up != rules::CatchUp::kAll);
}

void check_texts(const rules::Tables& tables, const rules::FieldSource& event) {
  for (const auto& [name, text] : tables.templates) {
    for (const char* language : {"en", "zh-CN", ""}) {
      const auto rendered = rules::render(text, language, event);
      CHECK_THAT_HOLDS(!rendered.ok() || rendered->text.size() <= rules::kMaxExpandedBytes);
    }
  }
}

// What can never match does not.
void check_never(const rules::Table& table, const char* kind, const rules::FieldSource& event,
                 const rules::Finding& finding) {
  for (const rules::Row* row : table.match(event)) {
    const std::string start = std::string("[") + kind + " " + row->name + "] can";
    CHECK_THAT_HOLDS(!finding.text.starts_with(start));
  }
}

void check_forms(std::string_view bytes) {
  if (const auto hours = rules::parse_hours(bytes); hours.ok()) {
    const auto berlin = rules::Zone::named("Europe/Berlin");
    CHECK_THAT_HOLDS(berlin.ok());
    for (int hour = 0; hour < 24 * 40; hour += 7) {
      const Instant at = kStart + std::chrono::hours(hour);
      const Instant open = rules::next_open(*hours, *berlin, at);
      CHECK_THAT_HOLDS(open >= at);
      CHECK_THAT_HOLDS(open == at || rules::is_open(*hours, *berlin, open));
      const auto close = rules::next_close(*hours, *berlin, at);
      CHECK_THAT_HOLDS(!close || (*close >= at && !rules::is_open(*hours, *berlin, *close)));
    }
  }
  if (const auto moment = rules::parse_moment(bytes); moment.ok()) {
    const std::string text = rules::format_moment(*moment);
    const auto again = rules::parse_moment(text);
    CHECK_THAT_HOLDS(again.ok() && rules::format_moment(*again) == text);
    (void)rules::resolve(*moment, kStart, OneValueEvent("2026-03-04T09:12:00+08:00"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_forms(bytes);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const auto parsed = rules::parse_tables(bytes.substr(0, end), "fuzz.ini");
  CHECK_THAT_HOLDS(parsed.tables.has_value() == parsed.errors.empty());
  for (const auto& error : parsed.errors) {
    CHECK_THAT_HOLDS(error.starts_with("fuzz.ini:") || error.ends_with("more errors"));
    CHECK_THAT_HOLDS(error.size() < 1000);
  }
  if (!parsed.tables) return 0;
  const rules::Tables& tables = *parsed.tables;
  const OneValueEvent event(end < size ? bytes.substr(end + 1) : "question");
  for (const auto* table : {&tables.data_state, &tables.activation, &tables.preset}) {
    check_match(*table, event);
  }
  for (const rules::Row& row : tables.preset.rows()) {
    check_commands(row.watch->on_expire, event);
    check_watch(row, event);
  }
  check_texts(tables, event);
  for (const rules::Finding& finding : rules::check(tables)) {
    CHECK_THAT_HOLDS(finding.file == "fuzz.ini" && finding.line > 0);
    if (finding.text.find(" can never match: ") == std::string::npos) continue;
    check_never(tables.data_state, "data-state", event, finding);
    check_never(tables.activation, "activation", event, finding);
    check_never(tables.preset, "preset", event, finding);
  }
  return 0;
}
