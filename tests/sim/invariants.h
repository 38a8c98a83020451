#pragma once
// What must hold, checked beside the product: from the stores, the disks and the frames, never from
// the inside of a core. A broken promise is thrown as a Violation.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/ids.h"
#include "tests/sim/machine.h"
#include "tests/sim/scenario.h"
#include "tests/sim/trace.h"

namespace yizhan::sim {

using Agents = std::vector<std::unique_ptr<AgentMachine>>;

class Invariants {
 public:
  Invariants(Agents& agents, BrokerMachine& broker, const std::vector<Person>& people,
             const Load& load)
      : agents_(agents),
        broker_(broker),
        people_(people),
        load_(load),
        accepted_(agents.size()),
        unanswered_(agents.size()) {}

  // -- persist, then speak: what a frame claims is committed when it leaves the process
  void agent_says(std::size_t agent, std::uint64_t connection, const std::string& bytes);
  void broker_says(const std::string& peer, const std::string& bytes);

  /// Nothing takes effect twice.
  void handler_starts(std::size_t agent, const agent::StartHandler& start);

  /// Ledgers balance.
  void agent_ledger(std::size_t agent);
  void broker_ledger();
  void probes();  ///< their turns and activations
  /// Each task file that was dropped in the managed folder lies in one place, and what was answered
  /// as accepted is in the store.
  void places(std::size_t agent);
  /// What one side says of the other is so.
  void across();

  /// Empty when nothing is under way any more; else one thing that is. For after the faults.
  std::string unsettled();
  /// When nothing is under way any more: everything has come to its right end.
  void at_the_end();

  /// From now on what was moved to `sent` and `rejected` may be gone.
  void retention_begins() { files_are_swept_ = true; }
  /// What is kept has its attachments, and nothing else is left that came longer than `longest`
  /// ago.
  void after_retention(Micros now, Micros longest);

  std::size_t handler_starts() const { return starts_.size(); }

 private:
  struct Window {
    std::uint64_t connection = 0;
    std::set<std::string> ids;
  };

  bool agent_has_incoming(std::size_t agent, const MessageId& id);
  bool agent_knows(std::size_t agent, const MessageId& id);
  std::vector<MessageId> ids_of(store::Db& db, const std::string& sql);
  std::int64_t number_of(store::Db& db, const std::string& sql);
  bool exists(const Drop& drop, const std::string& suffix);
  bool expires(const MessageId& id) const;
  void check_accepted(const Drop& drop);
  void check_rejected(const Drop& drop);
  void check_untouched(const Drop& drop);
  void check_dead(const Drop& drop, const store::Outgoing& row);
  void check_deliveries(const Drop& drop, const store::StoredMessage& message);
  void check_attachments(const Drop& drop, std::size_t recipient);
  void check_routing(const Drop& drop, const store::StoredMessage& message);
  void check_handled(std::size_t agent);
  void check_final_status(std::size_t agent, const store::Incoming& row);
  std::set<Sha256> named_by(store::Db& db, const std::string& sql);
  void check_blobs(Machine& machine, const std::string& folder, const std::set<Sha256>& named,
                   Instant oldest);
  bool judged_once(const Drop& drop) const;

  bool files_are_swept_ = false;
  Agents& agents_;
  BrokerMachine& broker_;
  const std::vector<Person>& people_;
  const Load& load_;
  std::map<std::pair<std::size_t, MessageId>, int> starts_;
  std::map<std::uint64_t, MessageId> delivered_ids_;  // the broker's seq → id
  std::vector<std::set<MessageId>> accepted_;         // by agent: answered with a file
  std::vector<Window> unanswered_;                    // by agent: pushed and not answered
  std::map<std::string, std::set<std::uint64_t>> unanswered_deliveries_;  // by peer
};

/// Throws the violation.
[[noreturn]] void broken(const std::string& what);

}  // namespace yizhan::sim
