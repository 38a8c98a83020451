// Verbs on the instruction tables: what is in force, what was, and what other tables would do.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "broker/past_event.h"
#include "broker/verbs.h"
#include "config/base64.h"
#include "rules/check.h"
#include "rules/files.h"
#include "rules/simulate.h"
#include "rules/watch.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {

/// So many messages does `rules diff` look back at; the answer says if there were more.
constexpr int kMaxDiffMessages = 20'000;
constexpr int kDiffPage = 500;
constexpr std::size_t kMaxDiffRows = 200;
constexpr int kMaxHistory = 1000;

Error all_errors(const std::vector<std::string>& errors) {
  std::string all;
  for (const std::string& error : errors) all += (all.empty() ? "" : "\n") + error;
  return {Code::kInvalid, all};
}

/// The tables in `text`, refused with every error if they cannot be used.
Result<rules::Tables> read_tables(const std::string& text, const std::string& file) {
  rules::ParseResult parsed = rules::parse_tables(rules::split_files(text, file));
  if (!parsed.tables) return all_errors(parsed.errors);
  const auto findings = rules::check(*parsed.tables);
  if (!rules::has_errors(findings)) return std::move(*parsed.tables);
  std::vector<std::string> errors;
  for (const rules::Finding& finding : findings) {
    if (finding.severity == rules::Severity::kError) {
      errors.push_back(rules::format_finding(finding));
    }
  }
  return all_errors(errors);
}

std::string version_name(std::int64_t version) {
  return "version " + std::to_string(version);
}

Json names_of(const std::vector<const rules::Row*>& rows) {
  Json names = Json::array();
  for (const rules::Row* row : rows) names.push_back(row->name);
  return names;
}

const char* enabled_name(rules::Enabled enabled) {
  return enabled == rules::Enabled::kYes ? "yes" : enabled == rules::Enabled::kNo ? "no" : "shadow";
}

void list_rows(const char* table, const rules::Table& rows, Json* list) {
  for (const rules::Row& row : rows.rows()) {
    std::string when;
    for (const rules::Condition& one : row.when) {
      when += (when.empty() ? "" : ", ") + one.field() + " = " + one.text();
    }
    for (const rules::Condition& one : row.unless) {
      when += (when.empty() ? "unless " : ", unless ") + one.field() + " = " + one.text();
    }
    std::string commands;
    for (const rules::Command& one : row.commands) {
      commands += (commands.empty() ? "" : "; ") + one.verb;
    }
    list->push_back({{"table", table},
                     {"order", row.order},
                     {"name", row.name},
                     {"enabled", enabled_name(row.enabled)},
                     {"when", when},
                     {"do", commands},
                     {"line", row.file + ":" + std::to_string(row.line)}});
  }
}

/// Makes `event` one that `preset` is for, as far as its conditions say what they want to see; a
/// time that it counts from is a day ahead.
void suit(const rules::Row& preset, Instant now, Event* event) {
  const std::string tomorrow = format_time(now + std::chrono::hours(24));
  for (const rules::Moment* moment : {&preset.watch->start, &preset.watch->duration}) {
    if (moment->field) event->set(*moment->field, tomorrow);
  }
  for (const rules::Condition& condition : preset.when) {
    const std::vector<std::string> wanted = condition.equal_to();
    if (!wanted.empty()) event->set(condition.field(), wanted.front());
  }
}

}  // namespace

Verbs::Answer Verbs::rules_show(Step&, const Asker&, const Json& arguments) {
  std::optional<store::ServerStore::RuleVersion> rules;
  TRY_ASSIGN(const auto number, number_argument(arguments, "version"));
  if (number) {
    TRY_ASSIGN(rules, store_->rules_version(*number));
    if (!rules) {
      return Error{Code::kNotFound, "there is no version " + std::to_string(*number) +
                                        "; yizhan rules history lists them"};
    }
  } else {
    TRY_ASSIGN(rules, store_->current_rules());
  }
  if (!rules) return Error{Code::kNotFound, "no rules have been applied yet"};
  Json shown = {{"version", rules->version},
                {"applied", format_time(from_micros(rules->applied_us))},
                {"author", rules->author},
                {"text", rules->text}};
  // Read from its own text: what is in force may be another version.
  const rules::ParseResult parsed =
      rules::parse_tables(rules::split_files(rules->text, version_name(rules->version)));
  if (parsed.tables) {
    shown["rows"] = parsed.tables->rows();
  } else {
    shown["unreadable"] = all_errors(parsed.errors).message;
  }
  return shown;
}

Verbs::Answer Verbs::rules_list(Step&, const Asker&, const Json&) {
  Json list = Json::array();
  list_rows("data-state", instructions_->tables().data_state, &list);
  list_rows("activation", instructions_->tables().activation, &list);
  list_rows("preset", instructions_->tables().preset, &list);
  return Json{{"rules", std::move(list)}};
}

Verbs::Answer Verbs::rules_history(Step&, const Asker&, const Json&) {
  TRY_ASSIGN(const auto versions, store_->rules_history(kMaxHistory));
  Json list = Json::array();
  for (const auto& one : versions) {
    list.push_back({{"version", one.version},
                    {"applied", format_time(from_micros(one.applied_us))},
                    {"author", one.author},
                    {"bytes", one.text.size()}});
  }
  return Json{{"history", std::move(list)}};
}

Verbs::Answer Verbs::put_in_force(Step& step, const std::string& text, const std::string& file,
                                  const std::string& author) {
  TRY_ASSIGN(rules::Tables tables, read_tables(text, file));
  store::ServerStore::RuleVersion version;
  version.applied_us = step.wall_us();
  version.author = author;
  version.text = text;
  TRY_ASSIGN(version.version, store_->apply_rules(version));
  const std::size_t rows = tables.rows();
  TRY(instructions_->replace(std::move(tables)));
  step.log(LogLine::kInfo, "rules version " + std::to_string(version.version) + " with " +
                               std::to_string(rows) + " rows applied by " + version.author);
  return Json{{"version", version.version}, {"rows", rows}};
}

Verbs::Answer Verbs::rules_apply(Step& step, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const std::string text, text_argument(arguments, "text"));
  TRY_ASSIGN(const std::string file, text_argument(arguments, "file", "rules"));
  TRY_ASSIGN(const std::string author, text_argument(arguments, "author", "operator"));
  return put_in_force(step, text, file, author);
}

/// An earlier version becomes the newest: nothing of the history is lost.
Verbs::Answer Verbs::rules_rollback(Step& step, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const std::string author, text_argument(arguments, "author", "operator"));
  TRY_ASSIGN(const auto number, number_argument(arguments, "version"));
  if (!number) return Error{Code::kInvalid, "which version? yizhan rules history lists them"};
  TRY_ASSIGN(const auto earlier, store_->rules_version(*number));
  const std::string name = version_name(*number);
  if (!earlier) return Error{Code::kNotFound, "there is no " + name};
  return put_in_force(step, earlier->text, name, author + ", back to " + name);
}

/// The tables that a question is about: those in `text`, else those in force.
Result<const rules::Tables*> Verbs::tables_of(const Json& arguments,
                                              std::optional<rules::Tables>* own) {
  if (!arguments.contains("text")) return &instructions_->tables();
  TRY_ASSIGN(const std::string text, text_argument(arguments, "text"));
  TRY_ASSIGN(const std::string file, text_argument(arguments, "file", "rules"));
  TRY_ASSIGN(rules::Tables tables, read_tables(text, file));
  own->emplace(std::move(tables));
  return &**own;
}

/// The event a question is about: a stored message (`id`, and `version` of its state) or one that
/// nobody has sent (`event`: a serialised wire::Message, Base64).
Result<std::unique_ptr<PastEvent>> Verbs::event_of(const Json& arguments, Instant now) {
  if (arguments.contains("event")) {
    TRY_ASSIGN(const std::string text, text_argument(arguments, "event"));
    const auto bytes = from_base64(text);
    wire::Message message;
    if (!bytes || !message.ParseFromString(*bytes)) {
      return Error{Code::kInvalid, "the event is no message"};
    }
    TRY_ASSIGN(const std::string state, text_argument(arguments, "state", ""));
    return PastEvent::made_up(std::move(message), state, *store_, *probes_, *directory_, now);
  }
  TRY_ASSIGN(store::StoredMessage stored, named_message(arguments));
  TRY_ASSIGN(const auto version, number_argument(arguments, "version"));
  return PastEvent::stored(std::move(stored), version.value_or(0), *store_, *probes_, *directory_);
}

Verbs::Answer Verbs::rules_test(Step& step, const Asker&, const Json& arguments) {
  std::optional<rules::Tables> own;
  TRY_ASSIGN(const rules::Tables* tables, tables_of(arguments, &own));
  TRY_ASSIGN(const auto past, event_of(arguments, step.wall()));
  Json matches = Json::array();
  const auto add = [&](const char* table, const std::vector<const rules::Row*>& rows) {
    for (const rules::Row* row : rows) {
      Json commands = Json::array();
      for (const rules::Command& command : row->commands) {
        std::string text = command.verb;
        for (const auto& [key, value] : command.arguments) {
          const auto expanded = rules::expand(value, past->event());
          text += " " + key + "=" + (expanded.ok() ? expanded->text : "?");
        }
        commands.push_back(text);
      }
      matches.push_back({{"table", table},
                         {"row", row->name},
                         {"line", row->file + ":" + std::to_string(row->line)},
                         {"enabled", enabled_name(row->enabled)},
                         {"do", std::move(commands)}});
    }
  };
  add("data-state", tables->data_state.match(past->event()));
  add("preset", tables->preset.match(past->event()));
  TRY(past->failure());
  return Json{{"state", past->state()}, {"matched", matches.size()}, {"matches", matches}};
}

Verbs::Answer Verbs::rules_diff(Step& step, const Asker&, const Json& arguments) {
  std::optional<rules::Tables> own;
  TRY_ASSIGN(const rules::Tables* tables, tables_of(arguments, &own));
  TRY_ASSIGN(const std::string against, text_argument(arguments, "against", "7d"));
  const auto back = parse_duration(against);
  if (!back) return Error{Code::kInvalid, "\"" + against + "\" is no duration such as 7d or 12h"};
  const std::int64_t since = step.wall_us() - back->count();
  Json different = Json::array();
  int seen = 0;
  std::int64_t changed = 0;
  store::MessageSeq before = 0;
  bool more = true;
  while (more && seen < kMaxDiffMessages) {
    TRY_ASSIGN(auto page, store_->recent_messages(before, kDiffPage));
    more = page.size() == static_cast<std::size_t>(kDiffPage);
    for (store::StoredMessage& stored : page) {
      before = stored.seq;
      if (stored.stored_us < since) {
        more = false;
        break;
      }
      ++seen;
      const std::string id = format_uuid(stored.id);
      TRY_ASSIGN(const auto versions,
                 PastEvent::versions(std::move(stored), *store_, *probes_, *directory_));
      for (const auto& past : versions) {
        const Json now = names_of(instructions_->tables().data_state.match(past->event()));
        const Json then = names_of(tables->data_state.match(past->event()));
        TRY(past->failure());
        if (now == then) continue;
        ++changed;
        if (different.size() >= kMaxDiffRows) continue;
        different.push_back({{"id", id}, {"state", past->state()}, {"now", now}, {"then", then}});
      }
    }
  }
  return Json{{"messages", seen},
              {"changed", changed},
              {"complete", !more},
              {"differences", std::move(different)}};
}

Verbs::Answer Verbs::rules_simulate(Step& step, const Asker&, const Json& arguments) {
  std::optional<rules::Tables> own;
  TRY_ASSIGN(const rules::Tables* tables, tables_of(arguments, &own));
  TRY_ASSIGN(const std::string name, text_argument(arguments, "preset"));
  const rules::Row* preset = tables->preset.find(name);
  if (preset == nullptr) {
    return Error{Code::kNotFound, "there is no preset \"" + name + "\""};
  }
  TRY_ASSIGN(const std::string when, text_argument(arguments, "activate_at", "never"));
  std::optional<Micros> activate_at;
  if (when != "never") {
    activate_at = parse_duration(when);
    if (!activate_at) {
      return Error{Code::kInvalid, "\"" + when + "\" is neither a duration such as 7m nor never"};
    }
  }
  TRY_ASSIGN(const std::string zone_name, text_argument(arguments, "zone", "UTC"));
  TRY_ASSIGN(const rules::Zone zone, rules::Zone::named(zone_name));
  std::unique_ptr<PastEvent> past;
  if (arguments.contains("event") || arguments.contains("id")) {
    TRY_ASSIGN(past, event_of(arguments, step.wall()));
  } else {
    wire::Message nobodys;
    nobodys.set_id(std::string(MessageId{}.view()));
    past = PastEvent::made_up(std::move(nobodys), "", *store_, *probes_, *directory_, step.wall());
    suit(*preset, step.wall(), &past->event());
  }
  TRY_ASSIGN(const auto timeline,
             rules::simulate(*preset, past->event(), step.wall(), activate_at, zone));
  Json lines = Json::array();
  for (const rules::TimelineEntry& entry : timeline) {
    lines.push_back({{"time", format_time(entry.at)}, {"what", entry.what}});
  }
  return Json{{"preset", name}, {"timeline", std::move(lines)}};
}

Verbs::Answer Verbs::templates_list(Step&, const Asker&, const Json&) {
  Json list = Json::array();
  for (const auto& [name, text] : instructions_->tables().templates) {
    Json entry{{"template", name}, {"line", text.file + ":" + std::to_string(text.line)}};
    for (std::size_t i = 0; i < rules::kLanguages.size(); ++i) {
      const auto& one = text.languages[i];
      entry[std::string(rules::kLanguages[i])] = one.subject ? one.subject->text()
                                                 : one.text  ? one.text->text()
                                                             : "";
    }
    list.push_back(std::move(entry));
  }
  return Json{{"templates", std::move(list)}};
}

}  // namespace yizhan::broker
