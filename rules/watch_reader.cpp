#include <algorithm>
#include <string>
#include <utility>

#include "config/nearest.h"
#include "rules/commands.h"
#include "rules/pattern.h"
#include "rules/row_reader.h"

namespace yizhan::rules {
namespace {

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

Result<Moment> read_moment(const IniEntry& entry) {
  auto moment = parse_moment(entry.value);
  if (!moment.ok()) return in_context(entry.key, moment.error());
  return moment;
}

}  // namespace

const std::vector<WatchReader::Key>& WatchReader::keys() {
  static const std::vector<Key> kKeys = {{"expect", &WatchReader::read_expect},
                                         {"from", &WatchReader::read_from},
                                         {"start", &WatchReader::read_start},
                                         {"interval", &WatchReader::read_interval},
                                         {"duration", &WatchReader::read_duration},
                                         {"max_intervals", &WatchReader::read_max_intervals},
                                         {"hours", &WatchReader::read_hours},
                                         {"catch_up", &WatchReader::read_catch_up},
                                         {"burst", &WatchReader::read_burst},
                                         {"on_interval.", &WatchReader::read_on_interval},
                                         {"on_expire.", &WatchReader::read_on_expire},
                                         {"on_activate.", &WatchReader::read_on_activate},
                                         {"escalate.", &WatchReader::read_escalate}};
  return kKeys;
}

std::vector<std::string_view> WatchReader::key_names() {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) names.push_back(key.name);
  return names;
}

std::optional<Status> WatchReader::read(const IniEntry& entry) {
  for (const Key& key : keys()) {
    const bool is_match =
        key.name.ends_with('.') ? entry.key.starts_with(key.name) : entry.key == key.name;
    if (is_match) return (this->*key.read)(entry);
  }
  return std::nullopt;
}

Status WatchReader::read_expect(const IniEntry& entry) {
  const auto states = expectable_states();
  auto alternatives = parse_alternatives(entry.value);
  if (!alternatives.ok()) return in_context(entry.key, alternatives.error());
  for (const Pattern& alternative : *alternatives) {
    if (!alternative.is_literal() ||
        std::find(states.begin(), states.end(), alternative.text()) == states.end()) {
      const std::string word = alternative.is_literal() ? alternative.text() : entry.value;
      return invalid(entry.key + ": \"" + word + "\" is no activation that can be expected" +
                     did_you_mean(word, {states.begin(), states.end()}));
    }
    watch_.expect.push_back(alternative.text());
  }
  return {};
}

Status WatchReader::read_from(const IniEntry& entry) {
  if (entry.value != "any" && entry.value != "all") return wrong_value(entry, "any or all");
  watch_.from = entry.value == "any" ? From::kAny : From::kAll;
  return {};
}

Status WatchReader::read_start(const IniEntry& entry) {
  TRY_ASSIGN(watch_.start, read_moment(entry));
  return {};
}

Status WatchReader::read_duration(const IniEntry& entry) {
  has_duration_ = true;
  watch_.line = entry.line;
  TRY_ASSIGN(watch_.duration, read_moment(entry));
  return {};
}

Status WatchReader::read_interval(const IniEntry& entry) {
  const auto interval = parse_duration(entry.value);
  if (!interval || *interval < kMinInterval || *interval > kMaxMomentDuration) {
    return wrong_value(entry, "a duration from " + format_duration(kMinInterval) + " to " +
                                  format_duration(kMaxMomentDuration) + ": 15m");
  }
  watch_.interval = *interval;
  return {};
}

Status WatchReader::read_max_intervals(const IniEntry& entry) {
  watch_.max_intervals = parse_int(entry.value, 1, kMaxIntervals);
  if (!watch_.max_intervals) {
    return wrong_value(entry, "a whole number from 1 to " + std::to_string(kMaxIntervals));
  }
  return {};
}

Status WatchReader::read_hours(const IniEntry& entry) {
  auto hours = parse_hours(entry.value);
  if (!hours.ok()) return in_context(entry.key, hours.error());
  watch_.hours = *std::move(hours);
  return {};
}

Status WatchReader::read_catch_up(const IniEntry& entry) {
  if (entry.value == "all") {
    watch_.catch_up = CatchUp::kAll;
  } else if (entry.value == "last") {
    watch_.catch_up = CatchUp::kLast;
  } else if (entry.value == "skip") {
    watch_.catch_up = CatchUp::kSkip;
  } else {
    return wrong_value(entry, "all, last or skip");
  }
  return {};
}

Status WatchReader::read_burst(const IniEntry& entry) {
  const auto burst = parse_int(entry.value, 1, kMaxBurst);
  if (!burst) return wrong_value(entry, "a whole number from 1 to " + std::to_string(kMaxBurst));
  watch_.burst = *burst;
  has_burst_ = true;
  return {};
}

Status WatchReader::read_on_interval(const IniEntry& entry) {
  return on_interval_.read(entry, "on_interval.", TableKind::kPreset);
}

Status WatchReader::read_on_expire(const IniEntry& entry) {
  return on_expire_.read(entry, "on_expire.", TableKind::kPreset);
}

Status WatchReader::read_on_activate(const IniEntry& entry) {
  return on_activate_.read(entry, "on_activate.", TableKind::kPreset);
}

Status WatchReader::read_escalate(const IniEntry& entry) {
  const auto text = std::string_view(entry.key).substr(std::string_view("escalate.").size());
  const auto number = parse_int(text, 1, kMaxCommandNumber);
  if (!number) return invalid(entry.key + ": number the steps escalate.1, escalate.2 …");
  auto command = parse_escalation(entry.value, entry.line);
  if (!command.ok()) return in_context(entry.key, command.error());
  EscalationStep step;
  step.after = *parse_duration(command->arguments.at("after").text());
  command->arguments.erase("after");
  step.command = *std::move(command);
  if (!steps_.emplace(*number, std::move(step)).second) {
    return invalid(entry.key + ": there is another step with this number");
  }
  return {};
}

Status WatchReader::check_complete() const {
  if (watch_.expect.empty()) {
    return invalid("the preset does not say what it waits for; write expect = accepted");
  }
  if (!has_duration_) {
    return invalid("the preset does not say how long it waits; write duration = 2h");
  }
  if (on_interval_.empty() && on_expire_.empty() && on_activate_.empty() && steps_.empty()) {
    return invalid("the preset does nothing; write on_interval.1, on_expire.1 or escalate.1");
  }
  if (watch_.interval && on_interval_.empty()) {
    return invalid("interval without on_interval.1: what is to be done each time?");
  }
  if (!watch_.interval && !on_interval_.empty()) {
    return invalid("on_interval without interval: how often? write interval = 15m");
  }
  if (!watch_.interval && watch_.max_intervals) {
    return invalid("max_intervals without interval: there is nothing to count");
  }
  if (has_burst_ && watch_.catch_up != CatchUp::kAll) {
    return invalid("burst counts with catch_up = all only");
  }
  if (steps_.size() > kMaxEscalationSteps) {
    return {{Code::kLimit,
             "more than " + std::to_string(kMaxEscalationSteps) + " steps of escalation"}};
  }
  return {};
}

Status WatchReader::take_commands() {
  TRY_ASSIGN(watch_.on_interval, on_interval_.take("on_interval."));
  TRY_ASSIGN(watch_.on_expire, on_expire_.take("on_expire."));
  TRY_ASSIGN(watch_.on_activate, on_activate_.take("on_activate."));
  for (auto& [number, step] : steps_) watch_.escalate.push_back(std::move(step));
  return {};
}

Status WatchReader::finish(Row& row) {
  TRY(check_complete());
  TRY(take_commands());
  row.watch = std::make_shared<const Watch>(std::move(watch_));
  return {};
}

}  // namespace yizhan::rules
