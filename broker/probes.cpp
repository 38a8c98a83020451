// Presets at work: probes, their timers, and what an activation does to them.

#include <algorithm>
#include <utility>

#include "broker/activations.h"
#include "broker/instructions.h"
#include "broker/reports.h"
#include "rules/schedule.h"
#include "rules/watch.h"

namespace yizhan::broker {

namespace {

std::string rule_of(const std::string& preset) {
  return std::string(kPresetRule) + preset;
}

rules::Progress progress_of(const store::Probe& probe) {
  rules::Progress progress;
  progress.started = from_micros(probe.started_us);
  progress.ends = from_micros(probe.ends_us);
  progress.last = from_micros(probe.last_due_us);
  progress.intervals = probe.intervals;
  progress.is_expired = probe.escalations >= 0;
  progress.escalation_step = std::max(probe.escalations, 0);
  return progress;
}

void put(const rules::Progress& progress, store::Probe* probe) {
  probe->started_us = to_micros(progress.started);
  probe->ends_us = to_micros(progress.ends);
  probe->last_due_us = to_micros(progress.last);
  probe->intervals = progress.intervals;
  probe->escalations = progress.is_expired ? progress.escalation_step : -1;
}

rules::Zone zone_of(const store::Probe& probe) {
  const auto zone = rules::Zone::named(probe.zone);
  return zone.ok() ? *zone : rules::Zone::utc();
}

/// The time of `due`, or none when nothing more is due.
std::int64_t due_us(const rules::Due& due) {
  return due.kind == rules::Due::Kind::kFinished ? 0 : std::max<std::int64_t>(1, to_micros(due.at));
}

std::string name_of(const rules::Due& due) {
  switch (due.kind) {
    case rules::Due::Kind::kInterval:
      return "interval " + std::to_string(due.number);
    case rules::Due::Kind::kExpire:
      return "expiry";
    case rules::Due::Kind::kEscalate:
      return "escalation " + std::to_string(due.number);
    case rules::Due::Kind::kFinished:
      break;
  }
  return "end";
}

}  // namespace

Result<std::unique_ptr<Instructions::Loaded>> Instructions::load(store::MessageSeq seq) {
  auto loaded = std::make_unique<Loaded>();
  TRY_ASSIGN(auto row, store_.message(seq));
  if (!row) return std::unique_ptr<Loaded>();
  loaded->row = std::move(*row);
  if (!read_envelope(loaded->row, &loaded->envelope)) return std::unique_ptr<Loaded>();
  loaded->subject = subject_of(loaded->row, loaded->envelope);
  TRY_ASSIGN(const auto states, probes_.states(seq));
  if (!states.empty()) loaded->subject.previous_state = states.back().previous;
  return loaded;
}

Status Instructions::on_delivered(Step& step, store::MessageSeq message,
                                  const store::Client& client, const std::string& address) {
  if (!named_.contains("delivered")) {
    // Cheap, because it is asked of every delivery.
    TRY_ASSIGN(const bool watched, probes_.is_watched(message));
    if (!watched) return {};
  }
  TRY_ASSIGN(const auto loaded, load(message));
  if (!loaded) return {};
  TRY(on_activation(
      step, loaded->subject,
      activation_of(client, address, message, "delivered", step.wall_us(), step.wall_us())));
  return {};
}

// ---- beginning

Status Instructions::begin_presets(Step& step, Event& event) {
  const Subject& subject = event.subject();
  std::vector<rules::Miss> misses;
  const std::vector<const rules::Row*> presets = tables_.preset.match(event, &misses);
  preset_misses_.note(misses, subject, step.wall_us());
  for (const rules::Row* preset : presets) {
    if (preset->enabled == rules::Enabled::kShadow) {
      TRY(store_.insert_firing({subject.seq, subject.version, rule_of(preset->name), step.wall_us(),
                                "shadow: nothing was begun"}));
      continue;
    }
    std::vector<store::ClientId> clients = {0};
    if (preset->watch->from == rules::From::kAll) {
      clients.clear();
      TRY_ASSIGN(const auto deliveries, store_.deliveries(subject.seq));
      for (const store::Delivery& delivery : deliveries) clients.push_back(delivery.client);
    }
    TRY_ASSIGN(const auto begun, begin(step, *preset, event, clients));
    if (!begun.empty()) {
      step.happened("probe", subject.id, preset->name, "begun, " + std::to_string(begun.size()));
    }
  }
  return {};
}

Result<std::vector<store::Probe>> Instructions::begin(Step& step, const rules::Row& preset,
                                                      Event& event,
                                                      const std::vector<store::ClientId>& clients) {
  std::vector<store::Probe> begun;
  const Subject& subject = event.subject();
  const auto progress = rules::begin(*preset.watch, step.wall(), event);
  if (!progress.ok()) {
    step.log(LogLine::kWarning, "preset " + preset.name + " cannot watch message " +
                                    format_uuid(subject.id) + ": " + progress.error().message);
    return begun;
  }
  if (!*progress) return begun;  // it lacks the field that the preset's times are about
  for (const store::ClientId client : clients) {
    store::Probe probe;
    probe.message = subject.seq;
    probe.client = client;
    probe.preset = preset.name;
    TRY_ASSIGN(const rules::Zone zone, zone_for(preset.watch->hours, subject, client));
    probe.zone = zone.name();
    put(**progress, &probe);
    probe.due_us = due_us(rules::next(*preset.watch, **progress, zone));
    TRY_ASSIGN(const auto id, probes_.insert_probe(probe));
    if (!id) continue;  // it watches, or has watched, already
    probe.id = *id;
    probe_timer_.note(probe.due_us);
    begun.push_back(std::move(probe));
  }
  return begun;
}

// ---- ending

Status Instructions::end(Step& step, const store::Probe& probe, store::ProbeState state,
                         const std::string& reason, bool* won) {
  if (probe.state != store::ProbeState::kWaiting && probe.state != store::ProbeState::kPaused) {
    return {};
  }
  store::Probe after = probe;
  after.state = state;
  after.due_us = 0;
  after.reason = reason;
  after.ended_us = step.wall_us();
  TRY_ASSIGN(const bool first, probes_.update_probe(after, probe));
  if (won != nullptr) *won = first;
  return {};
}

/// What `activation` does to a probe that waits, or waited, for it. Returns it as a text.
Result<std::string> Instructions::answer_probe(Step& step, const store::Probe& probe, Event& event,
                                               const store::Activation& activation,
                                               Change* change) {
  const rules::Row* preset = tables_.preset.find(probe.preset);
  const bool in_time = is_in_time(probe, activation);
  const Order order{rule_of(probe.preset), std::to_string(probe.id) + ":activation", probe.client};
  if (probe.state == store::ProbeState::kExpired) {
    // The word had been on its way, from a machine without a network, when we gave up.
    if (!in_time) return std::string("came after the end");
    store::Probe after = probe;
    after.state = store::ProbeState::kActivated;
    after.reason = "answered in time, " + activation.state + " at " +
                   format_time(from_micros(activation.at_us)) + ", but heard of only at " +
                   format_time(step.wall());
    TRY_ASSIGN(const bool first, probes_.update_probe(after, probe));
    if (!first) return std::string();
    TRY_ASSIGN(const std::string told, tell_escalated(step, order, probe, *preset, event));
    return after.reason + told;
  }
  bool won = false;
  TRY(end(step, probe, store::ProbeState::kActivated,
          activation.state + (in_time ? "" : ", after the deadline"), &won));
  if (!won) return std::string();
  std::string told;
  // A deadline that has passed unheard, or an escalation that has gone out, is taken back in words.
  if (probe.escalations >= 0 && in_time) {
    TRY_ASSIGN(told, tell_escalated(step, order, probe, *preset, event));
  }
  TRY_ASSIGN(const std::string effect,
             carry_out(step, order, preset->watch->on_activate, event, change));
  return activation.state + (effect.empty() ? "" : ": " + effect) + told;
}

/// Tells everybody to whom the probe has escalated that it was answered.
Result<std::string> Instructions::tell_escalated(Step& step, const Order& order,
                                                 const store::Probe& probe,
                                                 const rules::Row& preset, Event& event) {
  std::string told;
  for (int i = 0; i < probe.escalations; ++i) {
    if (static_cast<std::size_t>(i) >= preset.watch->escalate.size()) break;
    const rules::Command& escalated = preset.watch->escalate[static_cast<std::size_t>(i)].command;
    rules::Command take_back;
    take_back.verb = "notify";
    take_back.arguments.emplace("recipient", escalated.arguments.at("recipient"));
    TRY_ASSIGN(rules::Template words, rules::Template::parse("It was answered in time"));
    take_back.arguments.emplace("text", std::move(words));
    const Order one{order.rule, order.purpose + ":taken back:" + std::to_string(i), order.client};
    TRY_ASSIGN(const Outcome outcome, commands_.carry_out(step, one, take_back, event));
    told += "; " + outcome.effect;
  }
  return told;
}

// ---- timers

Status Instructions::take_turn(Step& step, const store::Probe& probe) {
  const rules::Row* preset = tables_.preset.find(probe.preset);
  if (preset == nullptr || preset->enabled == rules::Enabled::kNo) {
    return end(
        step, probe, store::ProbeState::kCancelled,
        preset == nullptr ? "the tables no longer have this preset" : "the preset is disabled");
  }
  TRY_ASSIGN(const auto message, load(probe.message));
  if (!message) {
    return end(step, probe, store::ProbeState::kCancelled, "the message is gone");
  }
  const rules::Watch& watch = *preset->watch;
  rules::Progress progress = progress_of(probe);
  const rules::Zone zone = zone_of(probe);
  const std::vector<rules::Due> turns = rules::catch_up(watch, progress, zone, step.wall());
  store::Probe after = probe;
  put(progress, &after);
  after.due_us = due_us(rules::next(watch, progress, zone));
  if (after.due_us == 0) {
    after.state = store::ProbeState::kExpired;
    after.reason = "nothing came";
    after.ended_us = step.wall_us();
  }
  // First the compare-and-set: no command goes out after an activation.
  TRY_ASSIGN(const bool first, probes_.update_probe(after, probe));
  if (!first) return {};
  for (const rules::Due& turn : turns) TRY(carry_out_turn(step, after, *preset, turn, *message));
  return {};
}

Status Instructions::carry_out_turn(Step& step, const store::Probe& probe, const rules::Row& preset,
                                    const rules::Due& due, Loaded& message) {
  const rules::Watch& watch = *preset.watch;
  const std::string rule = rule_of(preset.name);
  store::Firing firing{message.subject.seq, probe.id, rule + " " + name_of(due), step.wall_us(),
                       ""};
  TRY_ASSIGN(const bool first, store_.insert_firing(firing));
  if (!first) return {};
  Facts facts(store_, probes_, directory_);
  Event event(message.subject, facts, step.wall(), kPresetRule);
  event.set("preset", preset.name);
  std::vector<rules::Command> escalation;
  if (due.kind == rules::Due::Kind::kEscalate) {
    escalation.push_back(watch.escalate.at(static_cast<std::size_t>(due.number - 1)).command);
  }
  const std::vector<rules::Command>& commands =
      due.kind == rules::Due::Kind::kInterval ? watch.on_interval
      : due.kind == rules::Due::Kind::kExpire ? watch.on_expire
                                              : escalation;
  Change change;
  const Order order{rule, std::to_string(probe.id) + ":" + name_of(due), probe.client};
  firing.effect = "shadow: nothing was carried out";
  if (preset.enabled != rules::Enabled::kShadow) {
    event.for_row(preset.name);
    TRY_ASSIGN(firing.effect, carry_out(step, order, commands, event, &change));
  }
  TRY(facts.failure());
  TRY(store_.set_firing_effect(firing));
  step.happened("probe", message.subject.id, preset.name, name_of(due) + ": " + firing.effect);
  Chain chain;
  return apply(step, message.subject, change, chain);
}

Status Instructions::tell_probe(Step& step, store::ProbeId id, Word word,
                                const std::string& reason) {
  TRY_ASSIGN(const auto found, probes_.probe(id));
  if (!found) return Error{Code::kNotFound, "there is no probe " + std::to_string(id)};
  store::Probe after = *found;
  const bool paused = found->state == store::ProbeState::kPaused;
  if (!paused && found->state != store::ProbeState::kWaiting) {
    return Error{Code::kInvalid, "probe " + std::to_string(id) + " is over: it is " +
                                     store::probe_state_name(found->state)};
  }
  after.reason = reason;
  if (word == Word::kCancel) {
    after.state = store::ProbeState::kCancelled;
    after.due_us = 0;
    after.ended_us = step.wall_us();
  } else if (word == Word::kPause) {
    if (paused) return Error{Code::kInvalid, "probe " + std::to_string(id) + " is paused already"};
    after.state = store::ProbeState::kPaused;
    after.due_us = 0;
  } else {
    if (!paused) return Error{Code::kInvalid, "probe " + std::to_string(id) + " is not paused"};
    const rules::Row* preset = tables_.preset.find(found->preset);
    if (preset == nullptr) {
      return Error{Code::kInvalid, "the tables no longer have the preset " + found->preset};
    }
    after.state = store::ProbeState::kWaiting;
    after.due_us = due_us(rules::next(*preset->watch, progress_of(*found), zone_of(*found)));
  }
  TRY_ASSIGN(const bool first, probes_.update_probe(after, *found));
  CHECK_THAT_HOLDS(first);  // one thread, one transaction
  probe_timer_.note(after.due_us);
  return {};
}

}  // namespace yizhan::broker
