#include "rules/simulate.h"

#include <utility>

#include "rules/match.h"
#include "rules/schedule.h"
#include "rules/watch.h"

namespace yizhan::rules {
namespace {

using Timeline = std::vector<TimelineEntry>;

std::string verbs_of(const std::vector<Command>& commands) {
  std::string text;
  for (const Command& command : commands) text += (text.empty() ? "" : ", ") + command.verb;
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

std::string with_commands(std::string text, const std::vector<Command>& commands) {
  return commands.empty() ? text : std::move(text) + ": " + verbs_of(commands);
}

std::string describe(const Watch& watch, const Due& due) {
  const std::string number = std::to_string(due.number);
  switch (due.kind) {
    case Due::Kind::kInterval:
      return with_commands("interval " + number, watch.on_interval);
    case Due::Kind::kExpire:
      return with_commands("expired", watch.on_expire);
    case Due::Kind::kEscalate: {
      const Command& command = watch.escalate.at(static_cast<std::size_t>(due.number) - 1).command;
      return "escalation " + number + ": to " + command.arguments.at("recipient").text();
    }
    case Due::Kind::kFinished:
      break;
  }
  return "finished; the activation has not come";
}

std::string activation(const Watch& watch, const Progress& progress, Instant at) {
  std::string text = "activated (" + joined(watch.expect) + ")";
  if (is_late(progress, at)) text += ", late";
  return with_commands(std::move(text), watch.on_activate);
}

Timeline not_watched(Instant start, const std::string& why) {
  return {{start, "not watched: " + why}};
}

}  // namespace

Result<std::vector<TimelineEntry>> simulate(const Row& preset, const FieldSource& message,
                                            Instant start, std::optional<Micros> activate_at,
                                            const Zone& local) {
  CHECK_THAT_HOLDS(preset.watch != nullptr);
  const Watch& watch = *preset.watch;
  if (const auto reason = why_not(preset, message)) return not_watched(start, *reason);
  TRY_ASSIGN(const std::optional<Progress> begun, begin(watch, start, message));
  if (!begun) return not_watched(start, "the message lacks the field that its times are about");
  Progress progress = *begun;
  const std::optional<Instant> activated =
      activate_at ? std::optional(start + *activate_at) : std::nullopt;
  if (activated && *activated <= progress.started) {
    return Timeline{{*activated, activation(watch, progress, *activated) + "; nothing to watch"}};
  }
  Timeline timeline = {{progress.started, "waiting for " + joined(watch.expect) + " until " +
                                              format_time(progress.ends)}};
  while (timeline.size() < kMaxTimeline) {
    const Due due = next(watch, progress, local);
    // At the same instant the activation is first: nothing starts after it.
    if (activated && (due.kind == Due::Kind::kFinished || *activated <= due.at)) {
      timeline.push_back({*activated, activation(watch, progress, *activated)});
      return timeline;
    }
    timeline.push_back({due.at, describe(watch, due)});
    if (due.kind == Due::Kind::kFinished) return timeline;
    pass(progress, due);
  }
  timeline.back().what = "cut here: more than " + std::to_string(kMaxTimeline) + " turns";
  return timeline;
}

}  // namespace yizhan::rules
