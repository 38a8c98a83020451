// The promises that hold once nothing is under way any more.

#include <algorithm>

#include "agent/task_file.h"
#include "store/rows.h"
#include "tests/sim/invariants.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::sim {

namespace {

constexpr const char* kTerminologyRule = "route-terminology-question";

std::string called(const Drop& drop) {
  return drop.name + " (message " + format_uuid(drop.id) + ")";
}

bool is_final(const wire::Message& report) {
  wire::Body body;
  if (!body.ParseFromString(report.body())) return false;
  const std::string* state = wire::find_entry(body, "status", "state");
  return state != nullptr && (*state == "done" || *state == "failed" || *state == "interrupted");
}

bool is_declined(const wire::Message& report) {
  wire::Body body;
  if (!body.ParseFromString(report.body())) return false;
  const std::string* event = wire::find_entry(body, "receipt", "event");
  return event != nullptr && *event == "declined";
}

}  // namespace

std::string Invariants::unsettled() {
  for (const auto& agent : agents_) {
    if (agent->core == nullptr) return agent->name + " is not running";
    store::Db& db = *agent->database;
    if (number_of(db, "SELECT COUNT(*) FROM outgoing WHERE state = 0") > 0) {
      return agent->name + " has messages in its outbox";
    }
    if (number_of(db,
                  "SELECT COUNT(*) FROM incoming WHERE state IN (0, 2)"
                  " OR (state = 1 AND handler <> '')") > 0) {
      return agent->name + " has messages that are fetched, or wait for or run in a handler";
    }
    const auto claimed = agent->disk.list(agent->options.watches[0].path + "/.yizhan/claimed");
    if (!claimed.ok() || !claimed->empty()) return agent->name + " has claimed files";
  }
  if (number_of(*broker_.database, "SELECT COUNT(*) FROM delivery WHERE state = 0") > 0) {
    return "the broker has waiting deliveries";
  }
  for (const Drop& drop : load_.drops()) {
    AgentMachine& agent = *agents_[drop.agent];
    if (drop.expected == Expected::kUntouched) continue;
    if (drop.place == Place::kObserved) {
      if (drop.expected == Expected::kAccepted && !need(agent.store.find_outgoing(drop.id))) {
        return agent.name + " has not found " + called(drop);
      }
    } else if (agent.disk.info(drop.path).ok()) {
      return agent.name + " has not taken " + called(drop);
    }
  }
  return "";
}

bool Invariants::exists(const Drop& drop, const std::string& suffix) {
  return agents_[drop.agent]->disk.info(drop.path + suffix).ok();
}

void Invariants::at_the_end() {
  across();
  broker_ledger();
  for (std::size_t agent = 0; agent < agents_.size(); ++agent) {
    agent_ledger(agent);
    places(agent);
    check_handled(agent);
  }
  for (const Drop& drop : load_.drops()) {
    switch (drop.expected) {
      case Expected::kAccepted:
        check_accepted(drop);
        break;
      case Expected::kRejected:
        check_rejected(drop);
        break;
      case Expected::kUntouched:
        check_untouched(drop);
        break;
      case Expected::kEither:
        if (drop.place == Place::kManaged && !exists(drop, ".accepted") &&
            !exists(drop, ".rejected")) {
          broken(called(drop) + " was taken and its result was never said");
        }
        break;
    }
  }
}

void Invariants::check_accepted(const Drop& drop) {
  AgentMachine& agent = *agents_[drop.agent];
  if (!need(agent.store.find_outgoing(drop.id))) {
    broken(called(drop) + " is good, and " + agent.name + " has not accepted it");
  }
  if (drop.place == Place::kManaged && !exists(drop, ".accepted")) {
    broken(called(drop) + " was accepted and that was never said");
  }
  const auto row = need(agent.store.outgoing(drop.id));
  if (!row) return;  // removed by retention
  if (row->state == store::OutgoingState::kDead) return check_dead(drop, *row);
  if (row->state == store::OutgoingState::kExpired) broken(called(drop) + " never expires and did");
  const auto message = need(broker_.store.message_by_id(drop.id));
  if (!message) {
    if (!need(broker_.store.find_message(drop.id)))
      broken(called(drop) + " never reached the broker");
    return;
  }
  check_deliveries(drop, *message);
  if (drop.terminology) check_routing(drop, *message);
}

void Invariants::check_dead(const Drop& drop, const store::Outgoing& row) {
  if (row.reason.empty()) broken(called(drop) + " is dead without a reason");
  const std::set<std::string>& roles = people_[drop.agent].roles;
  const bool may_command = roles.contains("pm") || roles.contains("operator");
  if (drop.needs_role && !may_command) return;
  if (load_.resolve(drop.recipient, drop.agent).empty()) return;
  broken(called(drop) + " is dead: " + row.reason);
}

void Invariants::check_deliveries(const Drop& drop, const store::StoredMessage& message) {
  const auto sender = static_cast<std::size_t>(message.sender - 1);
  const std::set<std::size_t> wanted = load_.resolve(drop.recipient, sender);
  std::set<std::size_t> found;
  for (const store::Delivery& delivery : need(broker_.store.deliveries(message.seq))) {
    const auto recipient = static_cast<std::size_t>(delivery.client - 1);
    if (delivery.cause.empty()) found.insert(recipient);
    const bool reached = delivery.state >= store::DeliveryState::kDelivered &&
                         delivery.state <= store::DeliveryState::kFailed;
    if (!reached) {
      broken(called(drop) + " to " + agents_[recipient]->name + " ended as " +
             store::delivery_state_name(delivery.state) + ": " + delivery.reason);
    }
    if (!agent_has_incoming(recipient, drop.id)) {
      broken(called(drop) + " is not in the store of " + agents_[recipient]->name);
    }
    check_attachments(drop, recipient);
  }
  if (found != wanted) broken(called(drop) + " went to other people than those addressed");
}

void Invariants::check_attachments(const Drop& drop, std::size_t recipient) {
  for (const auto& [name, bytes] : drop.attachments) {
    const std::string hash = to_hex(sha256_of(bytes));
    const auto copy = agents_[recipient]->disk.read(
        agents_[recipient]->options.state_dir + "/blobs/" + hash.substr(0, 2) + "/" + hash,
        bytes.size());
    if (!copy.ok() || *copy != bytes) {
      broken("attachment " + name + " of " + called(drop) + " is not at " +
             agents_[recipient]->name);
    }
  }
}

/// A question about a term goes to every terminologist but the one who asks, once.
void Invariants::check_routing(const Drop& drop, const store::StoredMessage& message) {
  int fired = 0;
  for (const store::Firing& firing : need(broker_.store.firings(message.seq))) {
    if (firing.rule == kTerminologyRule) ++fired;
  }
  if (fired != 1) {
    broken("the rule for terminology questions fired " + std::to_string(fired) + " times on " +
           called(drop));
  }
  const auto sender = static_cast<std::size_t>(message.sender - 1);
  for (const std::size_t terminologist : load_.resolve("role:terminologist", sender)) {
    const auto client = static_cast<store::ClientId>(terminologist + 1);
    if (!need(broker_.store.delivery(message.seq, client))) {
      broken(called(drop) + " was not routed to " + agents_[terminologist]->name);
    }
  }
}

/// If another drop made the same id a message, that one counts.
bool Invariants::judged_once(const Drop& drop) const {
  const auto& drops = load_.drops();
  return std::count_if(drops.begin(), drops.end(),
                       [&](const Drop& one) { return one.id == drop.id; }) == 1;
}

void Invariants::check_rejected(const Drop& drop) {
  AgentMachine& agent = *agents_[drop.agent];
  if (judged_once(drop) && need(agent.store.find_outgoing(drop.id))) {
    broken(called(drop) + " is bad, and " + agent.name + " has accepted it");
  }
  if (drop.place == Place::kManaged && !exists(drop, ".rejected")) {
    broken(called(drop) + " was rejected and that was never said");
  }
  if (drop.place != Place::kSpool) return;
  const auto kept = need(agent.disk.list(agent.options.state_dir + "/rejected"));
  if (std::none_of(kept.begin(), kept.end(), [&](const store::FileInfo& file) {
        return file.name.ends_with("-" + drop.name);
      })) {
    broken(called(drop) + " was rejected from the spool and is gone");
  }
}

void Invariants::check_untouched(const Drop& drop) {
  const auto bytes = agents_[drop.agent]->disk.read(drop.path, 1'000'000);
  if (!bytes.ok() || *bytes != drop.text) broken("the foreign file " + drop.name + " was touched");
  for (const char* suffix : {".accepted", ".rejected", ".done"}) {
    if (exists(drop, suffix)) broken("the foreign file " + drop.name + " was judged");
  }
}

/// Every message for which a program was started has one end, and its sender knows it.
void Invariants::check_handled(std::size_t agent) {
  AgentMachine& machine = *agents_[agent];
  for (const MessageId& id :
       ids_of(*machine.database, "SELECT id FROM incoming WHERE handler <> '' ORDER BY seq")) {
    const auto row = need(machine.store.incoming(id));
    const bool ended = row->state == store::IncomingState::kDone ||
                       row->state == store::IncomingState::kFailed ||
                       row->state == store::IncomingState::kInterrupted;
    if (!ended) broken("the handler of message " + format_uuid(id) + " has no end");
    check_final_status(agent, *row);
  }
}

void Invariants::check_final_status(std::size_t agent, const store::Incoming& row) {
  const auto message = need(broker_.store.message_by_id(row.id));
  if (!message || message->sender == 0 || message->ack == wire::ACK_NONE) return;
  int finals = 0;
  bool declined = false;  // by a person, before the program had a place: then it is not started
  for (const store::StoredMessage& reply : need(broker_.store.replies_to(row.id))) {
    if (reply.sender != static_cast<store::ClientId>(agent + 1)) continue;
    wire::Message report;
    if (!report.ParseFromString(reply.envelope)) broken("a stored envelope cannot be read");
    report.set_body(reply.body);
    if (report.kind() == wire::STATUS && is_final(report)) ++finals;
    if (report.kind() == wire::RECEIPT && is_declined(report)) declined = true;
  }
  const bool purged = number_of(*broker_.database, "SELECT COUNT(*) FROM known_id") > 0;
  if (finals > 1 || (finals == 0 && !declined && !purged)) {
    broken(agents_[agent]->name + " said " + std::to_string(finals) + " final states of message " +
           format_uuid(row.id));
  }
  const auto sender = static_cast<std::size_t>(message->sender - 1);
  if (purged || !need(agents_[sender]->store.outgoing(row.id))) return;  // removed by retention
  for (const store::RecipientState& one : need(agents_[sender]->store.recipient_states(row.id))) {
    const bool from_there = one.recipient.find(people_[agent].user) != std::string::npos;
    if (from_there && (one.state == "done" || one.state == "failed" || one.state == "declined")) {
      return;
    }
  }
  broken(agents_[sender]->name + " does not know how message " + format_uuid(row.id) +
         " ended at " + agents_[agent]->name);
}

}  // namespace yizhan::sim
