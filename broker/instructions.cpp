// Data states, activations and time. What probes do is in probes.cpp, working hours in hours.cpp.

#include "broker/instructions.h"

#include <algorithm>
#include <utility>

#include "broker/activations.h"

namespace yizhan::broker {

namespace {

std::string joined(std::string effects, const std::string& one) {
  return effects.empty() ? one : std::move(effects) + "; " + one;
}

}  // namespace

void Instructions::use(rules::Tables tables) {
  tables_ = std::move(tables);
  commands_.use(tables_);
  expected_.clear();
  named_.clear();
  any_activation_ = false;
  kinds_.clear();
  for (const rules::Table* table : {&tables_.data_state, &tables_.preset}) {
    for (const rules::Row& row : table->rows()) {
      if (row.enabled == rules::Enabled::kNo) continue;
      for (const rules::Condition& condition : row.when) {
        if (condition.field() != "kind") continue;
        const std::vector<std::string> kinds = condition.equal_to();
        kinds_.insert(kinds.begin(), kinds.end());
      }
    }
  }
  for (const rules::Row& row : tables_.preset.rows()) {
    if (row.enabled == rules::Enabled::kNo) continue;
    expected_.insert(row.watch->expect.begin(), row.watch->expect.end());
  }
  for (const rules::Row& row : tables_.activation.rows()) {
    if (row.enabled == rules::Enabled::kNo) continue;
    bool named = false;
    for (const rules::Condition& condition : row.when) {
      if (condition.field() != "state") continue;
      const std::vector<std::string> states = condition.equal_to();
      named_.insert(states.begin(), states.end());
      named = named || !states.empty();
    }
    any_activation_ = any_activation_ || !named;
  }
}

Status Instructions::replace(rules::Tables tables) {
  TRY(data_misses_.forget());
  TRY(preset_misses_.forget());
  use(std::move(tables));
  return {};
}

Status Instructions::recover() {
  TRY(data_misses_.recover());
  TRY(preset_misses_.recover());
  TRY_ASSIGN(const std::int64_t probe, probes_.next_due());
  TRY_ASSIGN(const std::int64_t row, probes_.next_deferred());
  probe_timer_.set(probe);
  hours_timer_.set(row);
  return {};
}

Status Instructions::flush() {
  TRY(data_misses_.flush());
  return preset_misses_.flush();
}

Result<bool> Instructions::on_data(Step& step, Subject subject) {
  if (tables_.data_state.rows().empty() && tables_.preset.rows().empty()) return false;
  Chain chain;
  TRY(compare(step, subject, chain));
  return chain.aside;
}

Result<bool> Instructions::minds(const Subject& subject) {
  Facts facts(store_, probes_, directory_);
  const Event event(subject, facts, from_micros(subject.stored_us));
  const bool minded =
      !tables_.data_state.match(event).empty() || !tables_.preset.match(event).empty();
  TRY(facts.failure());
  return minded;
}

Status Instructions::set_state(Step& step, Subject subject, const std::string& state,
                               const std::string& cause) {
  Chain chain;
  return apply(step, subject, {.state = state, .cause = cause}, chain);
}

Status Instructions::on_program_state(Step& step, const Effects::Verdict& verdict) {
  TRY_ASSIGN(const auto message, load(verdict.message));
  if (!message || message->subject.state == verdict.state) return {};
  // Meanwhile somebody else may have said how it stands: what was checked is then no longer it.
  TRY_ASSIGN(const auto states, probes_.states(verdict.message));
  for (const store::StateChange& change : states) {
    const bool others = change.version > verdict.version && change.cause != verdict.rule;
    if (!others || change.state == change.previous) continue;
    step.log(LogLine::kInfo, "effect " + std::to_string(verdict.effect) + " of rule " +
                                 verdict.rule + ": no set_state " + verdict.state +
                                 ", since the message has become " + change.state);
    return {};
  }
  Chain chain;
  chain.fired.insert(verdict.rule);  // what a row has started does not fire it again
  return apply(step, message->subject, {.state = verdict.state, .cause = verdict.rule}, chain);
}

Status Instructions::compare(Step& step, Subject& subject, Chain& chain) {
  if (chain.depth++ >= kMaxRuleDepth) {
    step.log(LogLine::kWarning, "message " + format_uuid(subject.id) + ": rules changed it " +
                                    std::to_string(kMaxRuleDepth) +
                                    " times in a row; no further rule is asked");
    return {};
  }
  Facts facts(store_, probes_, directory_);
  Event event(subject, facts, step.wall());
  std::vector<rules::Miss> misses;
  const std::vector<const rules::Row*> rows = tables_.data_state.match(event, &misses);
  TRY(facts.failure());
  data_misses_.note(misses, subject, step.wall_us());
  Change change;
  for (const rules::Row* row : rows) {
    // A command caused by a rule does not fire the same rule again.
    if (chain.fired.contains(row->name)) continue;
    TRY_ASSIGN(const bool may, may_fire(step, *row, row->name, subject));
    if (!may) continue;
    chain.fired.insert(row->name);
    const Order order{row->name, std::to_string(subject.version), 0};
    TRY(fire(step, *row, order, subject.version, event, &change));
  }
  TRY(begin_presets(step, event));
  TRY(facts.failure());
  chain.aside = chain.aside || change.aside;
  return apply(step, subject, change, chain);
}

Status Instructions::fire(Step& step, const rules::Row& row, const Order& order,
                          std::int64_t version, Event& event, Change* change) {
  const Subject& subject = event.subject();
  store::Firing firing{subject.seq, version, order.rule, step.wall_us(), ""};
  TRY_ASSIGN(const bool first, store_.insert_firing(firing));
  if (!first) return {};
  if (row.enabled == rules::Enabled::kShadow) {
    firing.effect = "shadow: nothing was carried out";
  } else {
    event.for_row(row.name);
    TRY_ASSIGN(firing.effect, carry_out_row(step, row, order, version, event, change));
  }
  TRY(store_.set_firing_effect(firing));
  step.happened("rule", subject.id, order.rule, firing.effect);
  return {};
}

Status Instructions::apply(Step& step, Subject& subject, const Change& change, Chain& chain) {
  if (!change.is_any()) return {};
  // A flag is part of what rules look at: setting one makes a version, maybe in the same state.
  const std::string state = change.state.empty() ? subject.state : change.state;
  TRY_ASSIGN(subject.version, store_.set_state(subject.seq, state));
  subject.previous_state = std::exchange(subject.state, state);
  TRY(probes_.insert_state({subject.seq, subject.version, subject.state, subject.previous_state,
                            step.wall_us(), change.cause}));
  return compare(step, subject, chain);
}

Result<bool> Instructions::may_fire(Step& step, const rules::Row& row, const std::string& rule,
                                    const Subject& subject) {
  if (!row.max_fires && row.cooldown == Micros{0}) return true;
  TRY_ASSIGN(const std::vector<store::Firing> firings, store_.firings(subject.seq));
  int count = 0;
  for (const store::Firing& firing : firings) {
    if (firing.rule != rule) continue;
    ++count;
    if (step.wall_us() - firing.fired_us < row.cooldown.count()) return false;
  }
  return !row.max_fires || count < *row.max_fires;
}

Result<std::string> Instructions::carry_out(Step& step, const Order& order,
                                            const std::vector<rules::Command>& commands,
                                            Event& event, Change* change) {
  std::string effects;
  int number = 0;
  for (const rules::Command& command : commands) {
    const Order one{order.rule, order.purpose + ":" + std::to_string(++number), order.client};
    TRY_ASSIGN(Outcome outcome, commands_.carry_out(step, one, command, event));
    if (!outcome.new_state.empty() && outcome.new_state != event.subject().state) {
      change->state = outcome.new_state;
      change->cause = order.rule;
    }
    change->aside = change->aside || outcome.aside;
    if (outcome.changed) {
      change->flags = true;
      change->cause = order.rule;
    }
    if (outcome.begin) {
      const rules::Row* preset = tables_.preset.find(outcome.begin->preset);
      if (preset == nullptr) {
        outcome.effect += ": there is no preset " + outcome.begin->preset;
      } else {
        TRY_ASSIGN(const auto begun, begin(step, *preset, event, outcome.begin->clients));
        outcome.effect += ", " + std::to_string(begun.size()) + " begun";
        for (const store::Probe& probe : begun) {
          const std::string link = make_link_ ? make_link_(probe.id, probe.client) : "";
          TRY(commands_.send_link(step, one, command, event, probe.client, link));
        }
      }
    }
    if (outcome.cancel) {
      TRY_ASSIGN(const auto probes, probes_.probes(event.subject().seq));
      for (const store::Probe& probe : probes) {
        if (!outcome.cancel->empty() && probe.preset != *outcome.cancel) continue;
        TRY(end(step, probe, store::ProbeState::kCancelled, "by rule " + order.rule));
      }
    }
    effects = joined(std::move(effects), outcome.effect);
  }
  return effects;
}

// ---- activations

bool Instructions::minds(std::string_view state) const {
  if (expected_.contains(state) || named_.contains(state)) return true;
  // That every message arrives is no news unless somebody names it.
  if (state == "delivered") return false;
  // Whoever has accepted has also opened.
  return any_activation_ ||
         std::any_of(expected_.begin(), expected_.end(),
                     [&](const std::string& one) { return implies(state, one); });
}

Result<bool> Instructions::on_activation(Step& step, const Subject& subject,
                                         store::Activation activation) {
  TRY_ASSIGN(const std::vector<store::Probe> probes, probes_.probes(subject.seq));
  std::vector<const store::Probe*> waited;
  for (const store::Probe& probe : probes) {
    const rules::Row* preset = tables_.preset.find(probe.preset);
    if (preset == nullptr || !is_for(probe, *preset, activation)) continue;
    waited.push_back(&probe);
    activation.expected = true;
    if (!is_in_time(probe, activation)) activation.late = true;
  }
  TRY_ASSIGN(const auto number, probes_.insert_activation(activation));
  if (!number) return false;
  step.happened("activation", subject.id, activation.user,
                activation.state + (activation.late ? ", late" : ""));

  Facts facts(store_, probes_, directory_);
  Event event(subject, facts, step.wall(), kActivationRule);
  Change change;
  for (const store::Probe* probe : waited) {
    event.about(activation, probe->preset);
    TRY_ASSIGN(const std::string effect, answer_probe(step, *probe, event, activation, &change));
    if (!effect.empty()) step.happened("probe", subject.id, probe->preset, effect);
  }
  event.about(activation, waited.empty() ? "" : waited.front()->preset);
  const std::vector<const rules::Row*> rows = tables_.activation.match(event);
  TRY(facts.failure());
  for (const rules::Row* row : rows) {
    const std::string rule = std::string(kActivationRule) + row->name;
    TRY_ASSIGN(const bool may, may_fire(step, *row, rule, subject));
    if (!may) continue;
    TRY(fire(step, *row, {rule, std::to_string(*number), 0}, *number, event, &change));
  }
  TRY(facts.failure());
  Chain chain;
  Subject changed = subject;
  TRY(apply(step, changed, change, chain));
  return changed.state != subject.state;
}

// ---- timers

Status Instructions::on_time(Step& step) {
  if (probe_timer_.is_due(step.wall_us())) {
    TRY_ASSIGN(const auto due, probes_.due_probes(step.wall_us(), kDueBatch));
    for (const store::Probe& probe : due) TRY(take_turn(step, probe));
    TRY_ASSIGN(const std::int64_t next, probes_.next_due());
    probe_timer_.set(next);
  }
  if (hours_timer_.is_due(step.wall_us())) {
    TRY_ASSIGN(const auto due, probes_.due_deferred(step.wall_us(), kDueBatch));
    for (const store::DeferredRow& row : due) TRY(carry_out_deferred(step, row));
    TRY_ASSIGN(const std::int64_t next, probes_.next_deferred());
    hours_timer_.set(next);
  }
  return {};
}

std::optional<Steady> Instructions::next_wakeup(Now now) const {
  const std::optional<Steady> probe = probe_timer_.next_wakeup(now);
  const std::optional<Steady> hours = hours_timer_.next_wakeup(now);
  if (!probe || !hours) return probe ? probe : hours;
  return std::min(*probe, *hours);
}

}  // namespace yizhan::broker
