#pragma once
// A broker core and a few agent cores that synchronise history, in virtual time, with everything a
// test wants to do to them: cut the line, lose frames, kill a process at any statement, put back
// an old database, set a clock wrong.

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/core.h"
#include "broker/core.h"
#include "config/options.h"
#include "store/db.h"
#include "tests/sim/chance.h"
#include "tests/store/faulty_db.h"
#include "tests/store/virtual_disk.h"
#include "wire/session.pb.h"

namespace yizhan::history_lab {

using Json = nlohmann::json;

struct Person {
  std::string user;
  std::vector<std::string> roles;
  std::vector<std::string> groups = {"P"};
  bool has_project = false;  ///< his agent follows an OmegaT project in kProject
  bool runs_commands = false;  ///< his agent has a program for them
};
inline constexpr const char* kProject = "/home/gear";

/// What outlives a process, and the process.
template <class CoreType>
struct Host {
  std::unique_ptr<store::Db> database;
  std::unique_ptr<store::FaultyDb> db;
  store::VirtualDisk disk;
  std::unique_ptr<CoreType> core;
  Micros skew{};  ///< of its wall clock
  int starts = 0;
};

class Lab {
 public:
  /// Agents are accepted, with their roles and groups; group P may write slices of project P.
  explicit Lab(std::vector<Person> people, std::uint64_t seed = 1, const std::string& rules = "");

  std::size_t size() const { return agents_.size(); }

  // -- the world
  void online(std::size_t agent, bool on);
  void all_online(bool on);
  /// Lets everybody say what he has to say until nobody has, and the agents' files are taken.
  void settle();
  /// So many rounds of it, whatever is still to be said.
  void rounds(int count);
  void advance(Micros time) { now_.steady += time, now_.wall += time; }
  int lose_percent = 0;   ///< of frames
  int crash_percent = 0;  ///< of steps, at a statement or a commit of them
  void crash_agent(std::size_t agent);
  void crash_broker();
  sim::Chance chance;
  std::vector<std::string> log;  ///< warnings and worse of everybody

  // -- databases, as files that somebody copies
  std::string copy_agent(std::size_t agent);
  void put_back_agent(std::size_t agent, const std::string& copy);
  std::string copy_broker();
  void put_back_broker(const std::string& copy);
  void skew(std::size_t agent, Micros skew) { agents_[agent].skew = skew; }

  // -- people
  Json ask(std::size_t agent, const std::string& verb, const Json& args = Json::object());
  Json operate(const std::string& verb, const Json& args = Json::object());
  /// Writes a unit source → target; returns its id.
  std::string unit(std::size_t agent, const std::string& source, const std::string& target,
                   const Json& more = Json::object());
  void edit(std::size_t agent, const std::string& id, const Json& fields,
            const std::string& kind = "unit");
  void remove(std::size_t agent, const std::string& id, const std::string& kind = "unit");
  /// `fields`, `deleted`, `revisions`, … as `tm show` prints them; null if it is not there.
  Json record(std::size_t agent, const std::string& id, const std::string& kind = "unit");
  std::string target(std::size_t agent, const std::string& id);
  /// Puts a spool of changes into the agent's import folder, as `yizhan import` does.
  void spool(std::size_t agent, const std::string& name, const std::vector<wire::SyncPush>& chunks);
  /// OmegaT has saved its project with these units in it; what stands in a file of the project.
  void save_project(std::size_t agent, const std::string& units);
  std::string project_file(std::size_t agent, const std::string& name);
  /// Programs that were started for messages.
  int started(std::size_t agent) const { return agents_[agent].started; }
  /// Opens a task file: `body` is everything behind version, id and created. Returns its id.
  std::string send(std::size_t agent, const std::string& body,
                   const std::string& created = "2026-03-02T08:00:00Z");
  /// Replies to the newest message of `kind` that reached the agent.
  void reply(std::size_t agent, const std::string& kind, const Json& fields);
  /// Messages of `kind` that reached an agent.
  std::vector<std::string> inbox(std::size_t agent, const std::string& kind);

  /// Everything in every agent's and the server's tables of records and revisions, as text: equal
  /// where everybody has synchronised.
  std::string contents(std::size_t agent);
  std::string server_contents();

  /// For tests that change what an earlier version left there; start the process anew behind it.
  store::Db& database(std::size_t agent) { return *agents_[agent].database; }
  store::Db& server_database() { return *broker_.database; }
  /// How many frames of a kind an agent was sent.
  int received(std::size_t agent, wire::FromBroker::BodyCase body) {
    return agents_[agent].received[body];
  }

  /// Lines that only one of the two has.
  static std::string difference(const std::string& a, const std::string& b);

  static constexpr const char* kSlice = "C/P/en-US/zh-CN";

 private:
  struct Agent : Host<agent::Core> {
    AgentOptions options;
    agent::Machine machine;
    bool online = false;
    bool linked = false;
    broker::PeerId peer;
    std::vector<agent::Input> inputs;
    std::map<std::uint64_t, Json> replies;
    std::map<wire::FromBroker::BodyCase, int> received;
    int started = 0;
  };
  bool round(bool rough);
  void start_agent(std::size_t agent);
  void start_broker();
  void step_agent(std::size_t agent);
  void step_broker();
  template <class HostType>
  void arm(HostType& host);
  Now clock(Micros skew) const { return {now_.wall + skew, now_.steady}; }
  std::string contents_of(store::Db& db);

  Now now_;
  std::string rules_;
  std::vector<Agent> agents_;
  Host<broker::Core> broker_;
  BrokerOptions broker_options_;
  PublicKey admin_;
  std::vector<broker::Input> broker_inputs_;
  std::map<std::uint64_t, Json> admin_replies_;
  std::uint64_t last_ref_ = 0;
  int connections_ = 0;
};

}  // namespace yizhan::history_lab
