// What goes wrong, on purpose: processes that end, lines that break, clocks that jump; the
// questions that people ask in the middle of it; and the mutants.

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "store/rows.h"
#include "tests/sim/world.h"
#include "wire/codec.h"

namespace yizhan::sim {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

Micros restart_delay(Chance& chance, bool repaired) {
  if (repaired) return milliseconds(10);
  return chance.percent(60) ? chance.between(milliseconds(10), seconds(1))
                            : chance.between(seconds(1), seconds(20));
}

}  // namespace

/// The process is gone; with the power, sometimes, and then the disk forgets and the clock that
/// counts from the start begins again.
void World::end_process(Machine& machine) {
  machine.process_ended();
  if (!chance_.percent(30)) return;
  note(machine.name, "the power fails");
  machine.disk.crash();
  machine.steady_offset = chance_.between(Micros{0}, hours(10)) - timeline_.now();
}

void World::crash_agent(std::size_t agent, const char* how) {
  AgentMachine& node = *agents_[agent];
  note(node.name, std::string("dies ") + how);
  ++crashes_;
  node.core.reset();
  node.inputs.clear();
  node.silent_death = false;
  ++node.life;
  end_process(node);
  network_->agent_stopped(agent);
  timeline_.in(restart_delay(chance_, repaired_), [this, agent] { start_agent(agent); });
}

void World::crash_broker(const char* how) {
  note(broker_->name, std::string("dies ") + how);
  ++crashes_;
  broker_->core.reset();
  broker_->inputs.clear();
  broker_->silent_death = false;
  ++broker_->life;
  end_process(*broker_);
  network_->broker_stopped();
  timeline_.in(restart_delay(chance_, repaired_), [this] { start_broker(); });
}

void World::plan_fault() {
  const Micros mean = scenario_.fault_interval;
  timeline_.in(chance_.between(Micros{0}, 2 * mean), [this] {
    if (repaired_) return;
    fault();
    plan_fault();
  });
}

/// The process will die, or meet an error, at one of its next calls.
void World::hurt(Machine& machine, bool* silent_death) {
  using store::Fault;
  if (machine.db == nullptr) return;
  switch (chance_.below(8)) {
    case 0:
      *silent_death = true;
      break;
    case 1:
      machine.arm_disk(chance_.number(1, 12), false);
      break;
    case 2:
      machine.arm_disk(chance_.number(1, 5), true);
      break;
    case 3:
      machine.db->arm({.fault = Fault::kFailStatement, .at = chance_.number(1, 40)});
      break;
    case 4:
      machine.db->arm({.fault = Fault::kCrashStatement, .at = chance_.number(1, 40)});
      break;
    case 5:
      machine.db->arm({.fault = Fault::kFailCommit, .at = chance_.number(1, 3)});
      break;
    case 6:
      machine.db->arm({.fault = Fault::kCrashBeforeCommit, .at = chance_.number(1, 3)});
      break;
    default:
      machine.db->arm({.fault = Fault::kCrashAfterCommit, .at = chance_.number(1, 3)});
      break;
  }
}

void World::fault() {
  const std::size_t agent = chance_.index(agents_.size());
  AgentMachine& node = *agents_[agent];
  switch (chance_.below(12)) {
    case 0:
    case 1:
      note(node.name, "its line is cut");
      network_->cut(agent);
      break;
    case 2:
      note(node.name, "its line is partitioned");
      network_->partition(agent);
      timeline_.in(chance_.between(seconds(1), seconds(40)), [this, agent] {
        note(agents_[agent]->name, "its partition ends");
        network_->heal(agent);
      });
      break;
    case 3:
    case 4:
      if (node.core != nullptr) crash_agent(agent, "between two steps");
      break;
    case 5:
      if (broker_->core != nullptr) crash_broker("between two steps");
      break;
    case 6:
    case 7:
    case 8:
      hurt(node, &node.silent_death);
      break;
    case 9:
    case 10:
      hurt(*broker_, &broker_->silent_death);
      break;
    default: {
      Machine& machine = chance_.percent(70) ? static_cast<Machine&>(node) : *broker_;
      if (scenario_.max_clock_offset == Micros{0}) break;
      note(machine.name, "its clock jumps");
      machine.wall_offset += chance_.between(-hours(2), hours(2));
      break;
    }
  }
}

// ---- people who ask

void World::plan_question() {
  timeline_.in(chance_.between(seconds(1), seconds(30)), [this] {
    if (repaired_) return;
    ask(chance_.index(agents_.size()));
    plan_question();
  });
}

void World::ask(std::size_t agent) {
  static const std::vector<std::string> kVerbs = {
      "status", "tasks.list", "trace", "ping", "ledger", "dead.list", "rescan", "report", "report"};
  wire::Request request;
  request.set_ref(chance_.next());
  request.set_verb(chance_.pick(kVerbs));
  nlohmann::json arguments = nlohmann::json::object();
  if (request.verb() == "trace" && !load_->drops().empty()) {
    arguments["id"] = format_uuid(chance_.pick(load_->drops()).id);
  }
  if (request.verb() == "report") {
    const auto rows = need(agents_[agent]->store.recent_incoming(0, 20));
    if (rows.empty()) return;
    static const std::vector<std::string> kEvents = {"opened", "accepted", "declined"};
    arguments["id"] = format_uuid(chance_.pick(rows).id);
    arguments["event"] = chance_.pick(kEvents);
  }
  request.set_json(arguments.dump());
  note(agents_[agent]->name, "is asked for " + request.verb());
  give(agent, agent::ControlRequest{"asker" + std::to_string(chance_.below(3)),
                                    request.SerializeAsString()});
}

// ---- mutants

void World::forget_received(std::size_t agent, const std::string& bytes) {
  const auto frame = wire::decode_from_broker(bytes);
  if (!frame.ok()) return;
  store::Db& db = *agents_[agent]->database;
  for (const auto& one : frame->deliver().deliveries()) {
    store::Statement* remove = need(db.prepare("DELETE FROM incoming WHERE id = ?"));
    need(remove->run(store::Statement::Blob{one.message().id()}));
    if (db.changes() == 0) continue;
    need(db.execute("UPDATE ledger SET received = received - 1"));
  }
}

void World::forget_pushed(std::size_t agent, const std::string& bytes) {
  const wire::FromAgent frame = need(wire::decode_from_agent(bytes));
  store::Db& db = *agents_[agent]->database;
  for (const wire::Message& message : frame.push().messages()) {
    store::Statement* update =
        need(db.prepare("UPDATE outgoing SET state = 1 WHERE id = ? AND state = 0"));
    need(update->run(store::Statement::Blob{message.id()}));
    if (db.changes() == 0) continue;
    need(db.execute("UPDATE ledger SET queued = queued - 1, done = done + 1"));
  }
}

void World::forget_changes(std::size_t agent, const std::string& bytes) {
  const wire::FromAgent frame = need(wire::decode_from_agent(bytes));
  if (!frame.has_sync_push()) return;
  store::Db& db = *agents_[agent]->database;
  store::Statement* remove = need(db.prepare("DELETE FROM push WHERE id = ?"));
  need(remove->run(store::Statement::Blob{frame.sync_push().id()}));
}

/// Every third page.
std::string World::without_records(const std::string& bytes) {
  auto frame = wire::decode_from_broker(bytes);
  if (!frame.ok() || !frame->has_sync_page() || ++pages_ % 3 != 0) return bytes;
  frame->mutable_sync_page()->clear_records();
  return wire::encode(*frame);
}

}  // namespace yizhan::sim
