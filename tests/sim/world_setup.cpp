// How a world begins: its people, their machines, and its one source of chance.

#include <sodium.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "tests/sim/world.h"

namespace yizhan::sim {

namespace {

// The epochs of new databases come from the system's randomness, through libsodium; here they come
// from the seed, so that a world replays byte for byte.
Chance& system_randomness() {
  static Chance chance(0);
  return chance;
}

randombytes_implementation seeded_randomness() {
  randombytes_implementation seeded{};
  seeded.implementation_name = [] { return "seed of the simulation"; };
  seeded.random = [] { return static_cast<std::uint32_t>(system_randomness().next()); };
  seeded.buf = [](void* buffer, const std::size_t size) {
    const std::string bytes = system_randomness().bytes(size);
    bytes.copy(static_cast<char*>(buffer), size);
  };
  return seeded;
}

void seed_system_randomness(std::uint64_t seed) {
  static randombytes_implementation implementation = seeded_randomness();
  static const int installed = randombytes_set_implementation(&implementation);
  CHECK_THAT_HOLDS(installed == 0);
  system_randomness() = Chance(seed);
}

const std::string& default_rules() {
  static const std::string text = [] {
    std::string all;
    for (const char* name : {"jobs.ini", "questions.ini", "templates.ini"}) {
      std::ifstream file(std::string(YIZHAN_SOURCE_DIR "/config/rules/") + name);
      all.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    // The shipped presets wait for hours; a world lasts minutes.
    all += R"(
[preset sim-fast]
for.kind = task | question | guidance
expect = opened
interval = 20s
max_intervals = 3
duration = 90s
on_interval.1 = resend
on_expire.1 = set_flag flag=sim-late
escalate.1 = after=30s recipient=role:pm text="not opened"
on_activate.1 = set_flag flag=sim-answered
[activation sim-any]
when.state = opened | accepted
do.1 = set_flag flag=sim-activated
)";
    return all;
  }();
  return text;
}

PublicKey key_of(Chance& chance) {
  return *PublicKey::from(chance.bytes(PublicKey::kSize));
}

Micros offset_of(Chance& chance, Micros most) {
  return most == Micros{0} ? Micros{0} : chance.between(-most, most);
}

}  // namespace

World::World(std::uint64_t seed, const WorldOptions& options)
    : seed_(seed), options_(options), chance_(seed), trace_(options.trace) {
  seed_system_randomness(seed);
  scenario_ = scenario_of(chance_);
  if (options_.adjust) options_.adjust(scenario_);
  rules_ = default_rules();
  CHECK_THAT_HOLDS(!rules_.empty());
  make_people();
  make_broker();
  for (std::size_t i = 0; i < scenario_.agents; ++i) make_agent(i);
  network_ = std::make_unique<Network>(timeline_, chance_, *this, scenario_.agents);
  load_ = std::make_unique<Load>(
      timeline_, chance_, people_, agents_,
      [this](std::size_t agent, const std::string& watch, const std::string& name) {
        give(agent, agent::FolderHint{watch, name});
      });
  invariants_ = std::make_unique<Invariants>(agents_, *broker_, people_, *load_);
  if (seed % 2 == 0) return;
  writers_ = std::make_unique<Writers>(
      timeline_, seed, people_, agents_, *broker_,
      [this](std::size_t agent, const agent::ControlRequest& request) { give(agent, request); });
}

World::~World() = default;

void World::make_people() {
  for (std::size_t i = 0; i < scenario_.agents; ++i) {
    keys_.push_back(key_of(chance_));
    people_.push_back(person_of(chance_, i, keys_.back()));
  }
  keys_.push_back(key_of(chance_));  // the operator's
}

/// The broker knows everybody already: who becomes a client, and how, is tested elsewhere.
void World::make_broker() {
  BrokerOptions options;
  options.state_dir = "/broker";
  options.retention = scenario_.retention;
  broker_ = std::make_unique<BrokerMachine>(options);
  broker_->wall_offset = offset_of(chance_, scenario_.max_clock_offset);
  broker_->commits.set_late(options_.mutant == Mutant::kSpeakBeforeCommit);
  store::Transaction transaction = need(store::Transaction::open(*broker_->database));
  for (std::size_t i = 0; i < people_.size(); ++i) {
    store::Client client;
    client.key = keys_[i];
    client.code = people_[i].code;
    client.state = store::ClientState::kAccepted;
    client.user = people_[i].user;
    client.roles = people_[i].roles;
    client.groups = people_[i].groups;
    const store::ClientId id = need(broker_->store.save_client(client));
    CHECK_THAT_HOLDS(id == static_cast<store::ClientId>(i + 1));  // the checks rely on it
  }
  need(broker_->store.flush());
  need(transaction.commit());
}

void World::make_agent(std::size_t number) {
  agent::Machine self;
  self.host = "host" + std::to_string(number);
  self.key = keys_[number];
  agents_.push_back(std::make_unique<AgentMachine>(
      "agent" + std::to_string(number),
      agent_options_of(chance_, scenario_, number, people_[number]), self));
  AgentMachine& agent = *agents_.back();
  agent.wall_offset = offset_of(chance_, scenario_.max_clock_offset);
  agent.steady_offset = chance_.between(Micros{0}, std::chrono::hours(1000));
  for (const WatchOptions& watch : agent.options.watches) {
    need(agent.disk.make_folder(watch.path, true));
  }
  need(agent.disk.make_folder(agent.options.state_dir + "/spool", true));
}

}  // namespace yizhan::sim
