#pragma once
// A machine of the simulated world: what outlives its process (database, disk, clocks), and the
// process, which can end at any call it makes. One core runs on it, through `Process`.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/core.h"
#include "broker/core.h"
#include "config/options.h"
#include "config/time.h"
#include "store/client_store.h"
#include "store/db.h"
#include "store/server_store.h"
#include "tests/sim/late_db.h"
#include "tests/store/faulty_db.h"
#include "tests/store/virtual_disk.h"

namespace yizhan::sim {

/// When every world begins, by the right clock: 2026-03-02 08:00 UTC.
inline constexpr Instant kBeginning{std::chrono::seconds(1772438400)};

/// A value that only a broken simulator can lack: ends the program with the error.
template <class T>
T need(Result<T> result) {
  if (!result.ok()) detail::check_failed(result.error().message.c_str(), __FILE__, __LINE__);
  return std::move(result).value();
}
inline void need(const Status& status) {
  if (!status.ok()) detail::check_failed(status.error().message.c_str(), __FILE__, __LINE__);
}

class Machine {
 public:
  explicit Machine(std::string machine_name);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Now clocks(Micros now) const {
    return {kBeginning + now + wall_offset, Steady{now + steady_offset}};
  }
  Micros from_steady(Steady when) const { return when.time_since_epoch() - steady_offset; }

  void process_begins() { db = std::make_unique<store::FaultyDb>(commits); }
  void process_ended();
  /// The process dies at the `calls`th call of the disk, or meets a full disk there, which only
  /// what writes can meet.
  void arm_disk(int calls, bool full) {
    disk_left_ = calls;
    disk_full_ = full;
  }
  void disarm();

  const std::string name;
  std::unique_ptr<store::Db> database;  ///< the checks read this one; it never fails
  LateDb commits;
  std::unique_ptr<store::FaultyDb> db;  ///< what the process gets
  store::VirtualDisk disk;
  Micros wall_offset{};
  Micros steady_offset{};
  bool running_core = false;  ///< only calls of the core are armed, not those of checks and people

 private:
  std::optional<Error> disk_call(std::string_view call);

  int disk_left_ = 0;  // 0: nothing is armed
  bool disk_full_ = false;
};

/// Whether a core failed because it was made to.
inline bool was_made_up(const Error& error) {
  return error.message.find("made-up") != std::string::npos;
}

/// A core on its machine, and what its shell keeps for it. `Core` is agent::Core or broker::Core.
template <class Core, class Input>
struct Process {
  std::unique_ptr<Core> core;  ///< null: not running
  std::vector<Input> inputs;   ///< waiting for the next step
  std::uint64_t life = 0;      ///< counts starts; what was planned for an older life is void
  std::uint64_t plan = 0;      ///< counts plans for the next step; older ones are void
  Micros planned{};            ///< when the next step is, if one is planned
  bool has_plan = false;
  bool silent_death = false;  ///< dies after the next commit, before or after it spoke
  int idle_spins = 0;         ///< steps in a row that had no input and left no time to pass
  Micros second{};            ///< the virtual second that is being counted, and steps in it
  int steps_in_second = 0;
};

struct AgentMachine : Machine, Process<agent::Core, agent::Input> {
  AgentMachine(std::string machine_name, AgentOptions agent_options, agent::Machine self);

  const AgentOptions options;
  const agent::Machine identity;
  store::ClientStore store;  ///< for the checks
};

struct BrokerMachine : Machine, Process<broker::Core, broker::Input> {
  explicit BrokerMachine(BrokerOptions broker_options);

  const BrokerOptions options;
  store::ServerStore store;  ///< for the checks
};

}  // namespace yizhan::sim
