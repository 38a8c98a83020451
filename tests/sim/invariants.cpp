// The promises that hold at any time.

#include "tests/sim/invariants.h"

#include <algorithm>

#include "store/rows.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::sim {

namespace {

/// How often each name lies in `folder`, of claimed files without what the agent put in front.
void count_names(AgentMachine& agent, const std::string& folder, std::size_t prefix,
                 std::map<std::string, int>& count) {
  const auto files = agent.disk.list(folder);
  if (!files.ok()) return;
  for (const store::FileInfo& file : *files) {
    if (file.type == store::FileType::kRegular && file.name.size() > prefix) {
      ++count[file.name.substr(prefix)];
    }
  }
}

}  // namespace

void broken(const std::string& what) {
  throw Violation{what};
}

std::vector<MessageId> Invariants::ids_of(store::Db& db, const std::string& sql) {
  std::vector<MessageId> ids;
  store::Rows rows(need(db.prepare(sql)));
  for (bool row = need(rows.first()); row; row = need(rows.next())) {
    ids.push_back(*MessageId::from(rows->column_blob(0)));
  }
  return ids;
}

std::int64_t Invariants::number_of(store::Db& db, const std::string& sql) {
  store::Rows rows(need(db.prepare(sql)));
  return need(rows.first()) ? rows->column_int(0) : 0;
}

bool Invariants::agent_has_incoming(std::size_t agent, const MessageId& id) {
  store::Rows rows(need(agents_[agent]->database->prepare(
      "SELECT 1 FROM incoming WHERE id = ? UNION ALL SELECT 1 FROM known_incoming WHERE id = ?")));
  return need(rows.first(store::blob(id), store::blob(id)));
}

bool Invariants::agent_knows(std::size_t agent, const MessageId& id) {
  // What was dropped on two machines may have come back from the other before it was looked at.
  return need(agents_[agent]->store.find_outgoing(id)) || agent_has_incoming(agent, id);
}

bool Invariants::expires(const MessageId& id) const {
  const auto& drops = load_.drops();
  return std::any_of(drops.begin(), drops.end(),
                     [&](const Drop& drop) { return drop.id == id && drop.expires; });
}

void Invariants::agent_says(std::size_t agent, std::uint64_t connection, const std::string& bytes) {
  const wire::FromAgent frame = need(wire::decode_from_agent(bytes));
  Window& window = unanswered_[agent];
  if (window.connection != connection || frame.has_hello()) window = {connection, {}};
  for (const wire::Message& message : frame.push().messages()) window.ids.insert(message.id());
  if (window.ids.size() > wire::kPushWindowMessages) {
    broken(agents_[agent]->name + " has " + std::to_string(window.ids.size()) +
           " unanswered messages in the air");
  }
  for (const auto& result : frame.deliver_result().results()) {
    for (auto& [peer, seqs] : unanswered_deliveries_) seqs.erase(result.seq());
    const auto found = delivered_ids_.find(result.seq());
    if (found == delivered_ids_.end()) broken("an answer to a delivery that was never made");
    if (result.outcome() == wire::DeliverResult::One::REFUSED && !expires(found->second)) {
      broken(agents_[agent]->name + " refuses a good message: " + result.reason());
    }
    if (!agent_has_incoming(agent, found->second)) {
      broken(agents_[agent]->name + " answers for message " + format_uuid(found->second) +
             ", which is not in its store");
    }
  }
}

void Invariants::broker_says(const std::string& peer, const std::string& bytes) {
  const wire::FromBroker frame = need(wire::decode_from_broker(bytes));
  for (const auto& result : frame.push_result().results()) {
    for (Window& window : unanswered_) window.ids.erase(result.id());
    if (result.outcome() != wire::PushResult::One::STORED) continue;
    const MessageId id = *MessageId::from(result.id());
    if (!need(broker_.store.find_message(id))) {
      broken("the broker acknowledges message " + format_uuid(id) + ", which is not in its store");
    }
  }
  if (frame.has_welcome()) unanswered_deliveries_.clear();
  std::set<std::uint64_t>& window = unanswered_deliveries_[peer];
  for (const auto& one : frame.deliver().deliveries()) {
    delivered_ids_[one.seq()] = wire::id_of(one.message());
    window.insert(one.seq());
  }
  if (window.size() > wire::kDeliverWindowMessages) {
    broken("the broker has " + std::to_string(window.size()) + " unanswered deliveries to " + peer);
  }
}

void Invariants::handler_starts(std::size_t agent, const agent::StartHandler& start) {
  const AgentOptions& options = agents_[agent]->options;
  const auto& argv = start.command.argv;
  bool allowed = false;
  for (const HandlerOptions& handler : options.handlers) {
    allowed = allowed || (!argv.empty() && argv[0] == handler.run[0] && argv.size() == 3);
  }
  if (!allowed) broken(options.user + " starts a program that is not configured");
  const auto id = parse_uuid(argv[2]);
  if (!id) broken("a handler was not given the id of its message");
  if (++starts_[{agent, *id}] > 1) {
    broken(agents_[agent]->name + " starts the handler of message " + format_uuid(*id) + " twice");
  }
  const auto row = need(agents_[agent]->store.incoming(*id));
  if (!row || row->state != store::IncomingState::kStarted) {
    broken(agents_[agent]->name + " starts a handler that its store does not know as started");
  }
}

void Invariants::agent_ledger(std::size_t agent) {
  const store::ClientLedger kept = need(agents_[agent]->store.ledger_counters());
  const store::ClientLedger counted = need(agents_[agent]->store.ledger_recount());
  const bool sums =
      kept.accepted == kept.done + kept.queued + kept.expired + kept.dead + kept.purged;
  if (!(kept == counted) || !sums) broken("the ledger of " + agents_[agent]->name + " is off");
}

void Invariants::broker_ledger() {
  const store::Ledger kept = need(broker_.store.ledger_counters());
  const store::Ledger counted = need(broker_.store.ledger_recount());
  const bool sums =
      kept.accepted == kept.done + kept.queued + kept.expired + kept.dead + kept.purged;
  if (!(kept == counted) || !sums) broken("the ledger of the broker is off");
  probes();
}

void Invariants::probes() {
  store::Db& db = *broker_.database;
  if (number_of(db, "SELECT COUNT(*) FROM probe WHERE state = 0 AND due_us = 0") > 0) {
    broken("a probe waits for nothing");
  }
  // Every turn is counted in its probe's row before it speaks, and none after the activation.
  if (number_of(db,
                "SELECT COUNT(*) FROM probe p WHERE (SELECT COUNT(*) FROM firing f"
                " WHERE f.message = p.message AND f.version = p.id"
                " AND f.rule LIKE 'preset/' || p.preset || ' %') > p.intervals +"
                " CASE WHEN p.escalations >= 0 THEN 1 + p.escalations ELSE 0 END") > 0) {
    broken("a probe has spoken more often than it has had turns");
  }
  // What was answered in time and what expired exclude each other.
  if (number_of(db,
                "SELECT COUNT(*) FROM probe p JOIN message_flag a ON a.message = p.message AND"
                " a.flag = 'sim-late' JOIN message_flag b ON b.message = p.message AND"
                " b.flag = 'sim-answered' WHERE p.preset = 'sim-fast' AND p.escalations < 0") > 0) {
    broken("a probe has expired and was answered before");
  }
}

void Invariants::places(std::size_t agent) {
  AgentMachine& machine = *agents_[agent];
  const std::string& inbox = machine.options.watches[0].path;
  constexpr std::size_t kPrefix = 17;  // sixteen digits and "-"
  std::map<std::string, int> count;
  count_names(machine, inbox, 0, count);
  for (const char* folder : {"/.yizhan/claimed", "/.yizhan/sent", "/.yizhan/rejected"}) {
    count_names(machine, inbox + folder, kPrefix, count);
  }
  for (const Drop& drop : load_.drops()) {
    if (drop.agent != agent || drop.place != Place::kManaged) continue;
    if (files_are_swept_ && count[drop.name] == 0) continue;
    if (count[drop.name] != 1) {
      broken(machine.name + ": task file " + drop.name + " lies in " +
             std::to_string(count[drop.name]) + " places");
    }
    if (count[drop.name + ".accepted"] == 0 || drop.name.starts_with("opened-")) continue;
    if (!accepted_[agent].insert(drop.id).second) continue;
    if (!agent_knows(agent, drop.id)) {
      broken(machine.name + ": " + drop.name + " was accepted and is not in the store");
    }
  }
}

void Invariants::across() {
  for (std::size_t agent = 0; agent < agents_.size(); ++agent) {
    AgentMachine& machine = *agents_[agent];
    for (const MessageId& id :
         ids_of(*machine.database, "SELECT id FROM outgoing WHERE state IN (1, 2, 3)")) {
      if (!need(broker_.store.find_message(id))) {
        broken(machine.name + " holds message " + format_uuid(id) +
               " for stored, and the broker does not have it");
      }
    }
    for (const MessageId& id : accepted_[agent]) {
      if (!agent_knows(agent, id)) {
        broken(machine.name + " accepted message " + format_uuid(id) + " and has lost it");
      }
    }
    for (const MessageId& id :
         ids_of(*broker_.database,
                "SELECT m.id FROM delivery d JOIN message m ON m.seq = d.message"
                " WHERE d.state BETWEEN 1 AND 7 AND d.client = " +
                    std::to_string(agent + 1))) {
      if (!agent_has_incoming(agent, id)) {
        broken("the broker holds message " + format_uuid(id) + " for delivered, and " +
               machine.name + " does not have it");
      }
    }
  }
}

}  // namespace yizhan::sim
