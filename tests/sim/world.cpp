// The shells of a simulated fleet: when a process steps, what it gets, what becomes of its outputs.

#include "tests/sim/world.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "rules/parse.h"
#include "tests/sim/tell.h"

namespace yizhan::sim {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Micros kStepTime = microseconds(200);  // the least a step takes
constexpr Micros kAfterLoad = seconds(10);       // the last slow copies end
constexpr Micros kLiveness = minutes(30);        // then all must be settled
constexpr Micros kLook = seconds(5);
constexpr Micros kAftermath = seconds(20);  // nothing may happen twice after the end either
// Where things are kept for a short time only, it is waited out. What came just after one hourly
// look is found by the next.
constexpr Micros kShortRetention = std::chrono::hours(1);
constexpr Micros kSweptWithin = minutes(70);
constexpr int kEdits = 25;  // of units, in a world with writers
constexpr int kIdleSpins = 3;
// A crowd of half-written files is looked at again, each after its own 500 ms.
constexpr int kIdleStepsPerSecond = 400;
constexpr std::uint64_t kAcrossEvery = 128;  // steps between two looks at everything

}  // namespace

Outcome run_world(std::uint64_t seed, const WorldOptions& options) {
  World world(seed, options);
  std::string violation;
  try {
    world.run();
  } catch (const Violation& broken_promise) {
    violation = broken_promise.what;
  }
  Outcome outcome = world.outcome();
  outcome.violation = violation;
  return outcome;
}

Outcome World::outcome() const {
  Outcome outcome;
  outcome.seed = seed_;
  outcome.hash = trace_.hash();
  outcome.length = timeline_.now();
  outcome.steps = steps_;
  outcome.crashes = crashes_;
  outcome.drops = load_->drops().size();
  outcome.handler_starts = invariants_->handler_starts();
  outcome.texts = writers_ != nullptr ? writers_->promised() : 0;
  return outcome;
}

void World::run() {
  start_broker();
  for (std::size_t i = 0; i < agents_.size(); ++i) start_agent(i);
  load_->plan(scenario_.drops, scenario_.busy);
  if (writers_ != nullptr) writers_->plan(kEdits, scenario_.busy);
  if (scenario_.fault_interval > Micros{0}) plan_fault();
  plan_question();
  timeline_.run_until(scenario_.busy + kAfterLoad);

  note("world", "everything is repaired");
  repaired_ = true;
  network_->be_good();
  broker_->disarm();
  broker_->silent_death = false;
  for (const auto& agent : agents_) {
    agent->disarm();
    agent->silent_death = false;
  }
  const Micros limit = timeline_.now() + kLiveness;
  std::string unsettled = "everything";
  while (!unsettled.empty()) {
    if (timeline_.now() >= limit)
      broken("not settled after 30 minutes without faults: " + unsettled);
    timeline_.run_until(timeline_.now() + kLook);
    unsettled = invariants_->unsettled();
    if (unsettled.empty() && writers_ != nullptr) unsettled = writers_->unsettled();
  }
  invariants_->at_the_end();
  timeline_.run_until(timeline_.now() + kAftermath);
  invariants_->at_the_end();
  if (writers_ != nullptr) writers_->at_the_end();
  if (scenario_.retention > kShortRetention) return;
  invariants_->retention_begins();
  timeline_.run_until(timeline_.now() + scenario_.retention + kSweptWithin);
  invariants_->after_retention(timeline_.now(), scenario_.retention + kSweptWithin);
}

// ---- planning

template <class Node, class Step>
void World::plan_step(Node& node, Micros when, Step step) {
  when = std::max(when, timeline_.now() + kStepTime);
  if (node.has_plan && node.planned <= when) return;
  node.has_plan = true;
  node.planned = when;
  const std::uint64_t plan = ++node.plan;
  timeline_.at(when, [&node, plan, life = node.life, step] {
    if (node.plan != plan || node.life != life || node.core == nullptr) return;
    node.has_plan = false;
    step();
  });
}

void World::plan_agent(std::size_t agent, Micros when) {
  plan_step(*agents_[agent], when, [this, agent] { step_agent(agent); });
}

void World::plan_broker(Micros when) {
  plan_step(*broker_, when, [this] { step_broker(); });
}

void World::give(std::size_t agent, agent::Input input) {
  AgentMachine& node = *agents_[agent];
  if (node.core == nullptr) return;
  node.inputs.push_back(std::move(input));
  plan_agent(agent, timeline_.now() + chance_.between(microseconds(50), milliseconds(2)));
}

void World::frame_to_broker(std::size_t agent, const std::string& peer, const std::string& bytes) {
  if (broker_->core == nullptr) return;
  broker_->inputs.push_back(broker::FrameIn{peer, keys_[agent], "127.0.0.1", bytes});
  plan_broker(timeline_.now() + chance_.between(microseconds(50), milliseconds(2)));
}

void World::frame_to_agent(std::size_t agent, const std::string& bytes) {
  const bool cut = options_.mutant == Mutant::kSkipRecords;
  give(agent, agent::FrameFromBroker{cut ? without_records(bytes) : bytes});
}
void World::link_up(std::size_t agent) {
  note(agents_[agent]->name, "link up");
  give(agent, agent::LinkUp{});
}
void World::link_down(std::size_t agent, const std::string& reason) {
  note(agents_[agent]->name, "link down: " + reason);
  give(agent, agent::LinkDown{reason, false});
}

// ---- steps

namespace {

/// Runs `call`, a call into a core, as its process: true and `result` set if it came back.
template <class Outcome, class Call>
bool run_core(Machine& machine, std::optional<Outcome>& result, Call call) {
  machine.running_core = true;
  try {
    result.emplace(call());
  } catch (const store::CrashPoint&) {
    result.reset();
  }
  machine.running_core = false;
  return result.has_value();
}

/// Takes what waits: all of it, or, because a step is bounded, only the first part.
template <class Input>
std::vector<Input> take_inputs(Chance& chance, std::vector<Input>& waiting) {
  std::size_t count = waiting.size();
  if (count > 1 && chance.percent(20)) count = 1 + chance.index(count);
  std::vector<Input> taken(std::make_move_iterator(waiting.begin()),
                           std::make_move_iterator(waiting.begin() + static_cast<long>(count)));
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<long>(count));
  return taken;
}

}  // namespace

/// No busy loop: without inputs a core steps seldom, and never asks to be woken in the past.
template <class Node>
void World::check_idle(Node& node, bool had_input, bool has_more) {
  if (had_input || has_more) {
    node.idle_spins = 0;
    return;
  }
  const Now now = node.clocks(timeline_.now());
  node.idle_spins = node.core->next_wakeup() <= now.steady ? node.idle_spins + 1 : 0;
  if (node.idle_spins > kIdleSpins)
    broken(node.name + " asks to be woken in the past, again and again");
  const Micros second = std::chrono::floor<seconds>(timeline_.now());
  if (second != node.second) node.steps_in_second = 0;
  node.second = second;
  if (++node.steps_in_second > kIdleStepsPerSecond) {
    broken(node.name + " is idle and steps more than 400 times in a second");
  }
}

void World::start_agent(std::size_t agent) {
  AgentMachine& node = *agents_[agent];
  note(node.name, "starts");
  ++node.life;
  node.has_plan = false;
  node.process_begins();
  std::optional<Result<std::unique_ptr<agent::Core>>> opened;
  const std::uint64_t seed = chance_.next();
  if (!run_core(node, opened, [&] {
        return agent::Core::open(node.options, node.identity, *node.db, node.disk, seed,
                                 node.clocks(timeline_.now()));
      })) {
    return crash_agent(agent, "while it starts");
  }
  if (!opened->ok()) {
    if (was_made_up(opened->error())) return crash_agent(agent, "because it cannot start");
    broken(node.name + " cannot start: " + opened->error().message);
  }
  node.core = std::move(**opened);
  invariants_->agent_ledger(agent);
  invariants_->places(agent);
  invariants_->across();
  network_->agent_started(agent);
  plan_agent(agent, timeline_.now());
}

void World::start_broker() {
  note(broker_->name, "starts");
  ++broker_->life;
  broker_->has_plan = false;
  broker_->process_begins();
  std::optional<Result<std::unique_ptr<broker::Core>>> opened;
  if (!run_core(*broker_, opened, [&] {
        return broker::Core::open(broker_->options, keys_.back(), broker::LinkKey{}, *broker_->db,
                                  broker_->disk, {{"rules.ini", rules_}},
                                  broker_->clocks(timeline_.now()));
      })) {
    return crash_broker("while it starts");
  }
  if (!opened->ok()) {
    if (was_made_up(opened->error())) return crash_broker("because it cannot start");
    broken("the broker cannot start: " + opened->error().message);
  }
  broker_->core = std::move(**opened);
  invariants_->broker_ledger();
  invariants_->across();
  network_->broker_started();
  plan_broker(timeline_.now());
}

void World::step_agent(std::size_t agent) {
  AgentMachine& node = *agents_[agent];
  node.disk.set_clock(node.clocks(timeline_.now()).wall);
  const auto batch = take_inputs(chance_, node.inputs);
  if (options_.mutant == Mutant::kForgetReceived) {
    for (const agent::Input& input : batch) {
      const auto* frame = std::get_if<agent::FrameFromBroker>(&input);
      if (frame != nullptr) forget_received(agent, frame->bytes);
    }
  }
  const std::uint64_t commits = node.commits.commits();
  std::optional<Result<std::vector<agent::Output>>> outputs;
  if (!run_core(node, outputs,
                [&] { return node.core->step(batch, node.clocks(timeline_.now())); })) {
    return crash_agent(agent, "in a step");
  }
  if (!outputs->ok()) {
    if (was_made_up(outputs->error())) return crash_agent(agent, "because its store fails");
    broken(node.name + " fails by itself: " + outputs->error().message);
  }
  ++steps_;
  const bool committed = node.commits.commits() != commits;
  note(node.name, "step: " + std::to_string(batch.size()) + " in, " +
                      std::to_string((*outputs)->size()) + " out" +
                      (committed ? ", committed" : ""));
  if (committed) {
    invariants_->agent_ledger(agent);
    if (node.silent_death && chance_.percent(50)) return crash_agent(agent, "before it spoke");
  }
  if (steps_ % 4 == 0) invariants_->places(agent);
  if (steps_ % kAcrossEvery == 0) invariants_->across();
  check_idle(node, !batch.empty(), node.core->has_more());
  const bool again = node.core->has_more() || !node.inputs.empty();
  const Steady wakeup = node.core->next_wakeup();
  perform(agent, std::move(**outputs));
  if (committed && node.silent_death) return crash_agent(agent, "before it tidied up");
  std::optional<Status> tidied;
  if (!run_core(node, tidied, [&] {
        node.core->tidy();
        return Status();
      })) {
    return crash_agent(agent, "while it tidied up");
  }
  if (again) {
    plan_agent(agent, timeline_.now());
  } else if (wakeup != Steady::max()) {
    plan_agent(agent, node.from_steady(wakeup));
  }
}

void World::step_broker() {
  broker_->disk.set_clock(broker_->clocks(timeline_.now()).wall);
  const auto batch = take_inputs(chance_, broker_->inputs);
  const std::uint64_t commits = broker_->commits.commits();
  std::optional<Result<std::vector<broker::Output>>> outputs;
  if (!run_core(*broker_, outputs,
                [&] { return broker_->core->step(batch, broker_->clocks(timeline_.now())); })) {
    return crash_broker("in a step");
  }
  if (!outputs->ok()) {
    if (was_made_up(outputs->error())) return crash_broker("because its store fails");
    broken("the broker fails by itself: " + outputs->error().message);
  }
  ++steps_;
  broker_->core->note_step_cost(chance_.between(microseconds(50), milliseconds(3)));
  const bool committed = broker_->commits.commits() != commits;
  note(broker_->name, "step: " + std::to_string(batch.size()) + " in, " +
                          std::to_string((*outputs)->size()) + " out" +
                          (committed ? ", committed" : ""));
  if (committed) {
    invariants_->broker_ledger();
    if (broker_->silent_death) return crash_broker("before it spoke");
  }
  check_idle(*broker_, !batch.empty(), false);
  for (const broker::Output& output : **outputs) {
    if (const auto* line = std::get_if<broker::LogLine>(&output)) {
      note(broker_->name, "log: " + line->text);
      continue;
    }
    if (!std::holds_alternative<broker::FrameOut>(output)) {
      broken("the broker orders something outside, and no rule says so");
    }
    const auto& frame = std::get<broker::FrameOut>(output);
    note(broker_->name, "frame to " + frame.peer, frame.bytes);
    if (trace_.prints()) trace_.tell(timeline_.now(), "", tell_from_broker(frame.bytes));
    invariants_->broker_says(frame.peer, frame.bytes);
    network_->send_to_agent(frame.peer, frame.bytes);
  }
  const Steady wakeup = broker_->core->next_wakeup();
  plan_broker(broker_->inputs.empty() ? broker_->from_steady(wakeup) : timeline_.now());
}

// ---- what agents ask for

void World::perform(std::size_t agent, std::vector<agent::Output> outputs) {
  const std::string& name = agents_[agent]->name;
  for (const agent::Output& output : outputs) {
    if (const auto* frame = std::get_if<agent::FrameToBroker>(&output)) {
      note(name, "frame", frame->bytes);
      if (trace_.prints()) trace_.tell(timeline_.now(), name, tell_from_agent(frame->bytes));
      invariants_->agent_says(agent, network_->connection(agent), frame->bytes);
      network_->send_to_broker(agent, frame->bytes);
      if (options_.mutant == Mutant::kForgetPushed) forget_pushed(agent, frame->bytes);
      if (options_.mutant == Mutant::kForgetChanges) forget_changes(agent, frame->bytes);
    } else if (const auto* reconnect = std::get_if<agent::Reconnect>(&output)) {
      note(name, "reconnect: " + reconnect->reason);
      network_->reconnect(agent, reconnect->delay);
    } else if (const auto* start = std::get_if<agent::StartHandler>(&output)) {
      note(name, "starts " + start->command.argv.front() + " " + start->command.argv.back());
      start_handler(agent, *start);
    } else if (const auto* reply = std::get_if<agent::ControlReply>(&output)) {
      note(name, "answers " + reply->asker, reply->bytes);
      if (writers_ != nullptr) writers_->on_reply(*reply);
    } else if (const auto* line = std::get_if<agent::LogLine>(&output)) {
      note(name, "log: " + line->text);
    }
  }
}

/// A program that runs for a while, says something and ends; some outstay their time.
void World::start_handler(std::size_t agent, const agent::StartHandler& start) {
  invariants_->handler_starts(agent, start);
  Exit exit;
  exit.run = start.run;
  Micros duration = chance_.between(milliseconds(5), seconds(6));
  if (chance_.percent(10)) {
    duration = start.command.timeout + milliseconds(10);
    exit.timed_out = true;
    exit.status = 143;
  } else if (chance_.percent(5)) {
    duration = Micros{0};
    exit.error = "there is no such program";
  } else if (chance_.percent(25)) {
    exit.status = chance_.number(1, 139);
  }
  exit.output = chance_.bytes(chance_.index(700));
  timeline_.in(duration, [this, agent, exit, life = agents_[agent]->life] {
    if (agents_[agent]->life == life) give(agent, agent::HandlerExited{exit});
  });
}

}  // namespace yizhan::sim
