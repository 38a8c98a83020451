#pragma once
// A whole fleet in one thread, from one seed: a broker, agents, their databases, disks, clocks and
// wires, people who drop files, and everything that goes wrong. Both cores are the product's; what
// is around them here does what their shells do, and worse.
//
// A world is busy for a while under faults, then everything is repaired, and within bounded virtual
// time all must come to its right end. The checks run after every step.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/chance.h"
#include "tests/sim/invariants.h"
#include "tests/sim/machine.h"
#include "tests/sim/network.h"
#include "tests/sim/scenario.h"
#include "tests/sim/timeline.h"
#include "tests/sim/trace.h"
#include "tests/sim/writers.h"

namespace yizhan::sim {

/// A deliberate mistake, made from outside, to see that the checks would find it.
enum class Mutant {
  kNone,
  kSpeakBeforeCommit,  ///< the broker's commits become durable only when the next one begins
  kForgetReceived,     ///< agents do not know a message that comes again
  kForgetPushed,       ///< agents take a message for stored as soon as it is pushed
  kSkipRecords,        ///< some pages of history move an agent's cursor and bring no rows
  kForgetChanges,      ///< agents take changes of history for judged as soon as they are pushed
};

struct WorldOptions {
  Mutant mutant = Mutant::kNone;
  bool trace = false;  ///< print what happens
  /// Changes what the seed gave, before anything happens.
  std::function<void(Scenario&)> adjust;
};

struct Outcome {
  std::uint64_t seed = 0;
  std::string violation;   ///< empty: every promise was kept
  std::uint64_t hash = 0;  ///< of everything that happened
  Micros length{};         ///< virtual
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  std::size_t drops = 0;
  std::size_t handler_starts = 0;
  std::size_t texts = 0;  ///< of units, that agents have answered for
};

/// Runs the world of `seed` from its beginning to its end.
Outcome run_world(std::uint64_t seed, const WorldOptions& options = {});

class World final : public Ends {
 public:
  World(std::uint64_t seed, const WorldOptions& options);
  ~World() override;

  /// Throws Violation.
  void run();
  Outcome outcome() const;

  // -- Ends: what the network brings
  void frame_to_broker(std::size_t agent, const std::string& peer,
                       const std::string& bytes) override;
  void frame_to_agent(std::size_t agent, const std::string& bytes) override;
  void link_up(std::size_t agent) override;
  void link_down(std::size_t agent, const std::string& reason) override;

 private:
  // -- the beginning (world_setup.cpp)
  void make_people();
  void make_broker();
  void make_agent(std::size_t number);

  // -- processes (world.cpp)
  void start_agent(std::size_t agent);
  void start_broker();
  void step_agent(std::size_t agent);
  void step_broker();
  void perform(std::size_t agent, std::vector<agent::Output> outputs);
  void start_handler(std::size_t agent, const agent::StartHandler& start);
  void give(std::size_t agent, agent::Input input);
  template <class Node, class Step>
  void plan_step(Node& node, Micros when, Step step);
  void plan_agent(std::size_t agent, Micros when);
  void plan_broker(Micros when);
  template <class Node>
  void check_idle(Node& node, bool had_input, bool has_more);

  // -- faults (faults.cpp)
  void crash_agent(std::size_t agent, const char* how);
  void crash_broker(const char* how);
  void end_process(Machine& machine);
  void plan_fault();
  void fault();
  void hurt(Machine& machine, bool* silent_death);
  void ask(std::size_t agent);
  void plan_question();

  // -- mutants (faults.cpp)
  void forget_received(std::size_t agent, const std::string& bytes);
  void forget_pushed(std::size_t agent, const std::string& bytes);
  void forget_changes(std::size_t agent, const std::string& bytes);
  std::string without_records(const std::string& bytes);

  void note(const std::string& who, const std::string& what, std::string_view bytes = {}) {
    trace_.add(timeline_.now(), who, what, bytes);
  }

  const std::uint64_t seed_;
  const WorldOptions options_;
  Chance chance_;
  Timeline timeline_;
  Trace trace_;
  Scenario scenario_;
  std::vector<PublicKey> keys_;
  std::vector<Person> people_;
  Agents agents_;
  std::unique_ptr<BrokerMachine> broker_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Invariants> invariants_;
  std::unique_ptr<Writers> writers_;  ///< in every other world
  std::uint64_t pages_ = 0;
  std::string rules_;
  bool repaired_ = false;
  std::uint64_t steps_ = 0;
  std::uint64_t crashes_ = 0;
};

}  // namespace yizhan::sim
