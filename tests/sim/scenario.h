#pragma once
// Who works in a world and what they do: people with roles, groups and programs, and the task files
// they drop, with what must come of each. The judging of a file is known beforehand, because it was
// made that way; the checks (invariants.h) compare.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/options.h"
#include "config/time.h"
#include "tests/sim/chance.h"
#include "tests/sim/machine.h"
#include "tests/sim/timeline.h"

namespace yizhan::sim {

/// What a world is like. One seed gives one of them; tests change details.
struct Scenario {
  std::size_t agents = 3;
  int drops = 30;           ///< task files and other files
  Micros busy{};            ///< how long people drop files and things go wrong
  Micros fault_interval{};  ///< mean time between two faults; zero: nothing goes wrong
  Micros max_clock_offset{};
  Micros retention{};
};
Scenario scenario_of(Chance& chance);

struct Person {
  std::string user;
  std::string code;
  std::set<std::string> roles;
  std::set<std::string> groups;
};

inline constexpr const char* kInboxWatch = "inbox";          // managed
inline constexpr const char* kDownloadsWatch = "downloads";  // observed

/// People, and the options of their agents.
Person person_of(Chance& chance, std::size_t number, const PublicKey& key);
AgentOptions agent_options_of(Chance& chance, const Scenario& scenario, std::size_t number,
                              const Person& person);

enum class Place { kManaged, kObserved, kSpool };

/// What must have come of a file when all is over.
enum class Expected {
  kAccepted,  ///< it is a message of this agent, and reaches everybody it is for
  kRejected,
  kEither,     ///< judged one way or the other, by clocks or by who came first
  kUntouched,  ///< not ours: it lies where it was dropped
};

struct Drop {
  std::size_t agent = 0;
  Place place = Place::kManaged;
  std::string name;
  std::string path;  ///< where it was dropped; for the spool, its entry
  MessageId id;
  Expected expected = Expected::kAccepted;
  std::string text;
  std::string recipient;
  bool expires = false;
  bool needs_role = false;   ///< kind command: the broker may refuse it
  bool terminology = false;  ///< a question that a rule sends to role:terminologist
  std::map<std::string, std::string> attachments;  ///< name → bytes
};

class Load {
 public:
  /// Tells an agent's watcher that something changed in a folder.
  using Hint =
      std::function<void(std::size_t agent, const std::string& watch, const std::string& name)>;

  Load(Timeline& timeline, Chance& chance, const std::vector<Person>& people,
       std::vector<std::unique_ptr<AgentMachine>>& agents, Hint hint)
      : timeline_(timeline),
        chance_(chance),
        people_(people),
        agents_(agents),
        hint_(std::move(hint)) {}

  /// Plans `drops` files from now until `until`.
  void plan(int drops, Micros until);

  /// Everything that was dropped so far.
  const std::vector<Drop>& drops() const { return drops_; }
  /// Who a message to `recipient` from `sender` is for.
  std::set<std::size_t> resolve(const std::string& recipient, std::size_t sender) const;

 private:
  void drop_something();
  Drop new_message();
  void attach(Drop& drop);
  void lay(Drop drop);
  void lay_in_folder(Drop drop);
  void lay_in_spool(Drop drop);
  void lay_again();
  void lay_conflict();
  void lay_foreign();
  void lay_forged();
  void lay_bad();
  void lay_delivered();
  std::string folder_of(const Drop& drop) const;
  std::string recipients();
  void write(std::size_t agent, const std::string& path, const std::string& bytes);
  void tell(std::size_t agent, const std::string& watch, const std::string& name);
  const Drop* earlier();
  void enter(Drop drop);
  void expect_either(const MessageId& id);

  Timeline& timeline_;
  Chance& chance_;
  const std::vector<Person>& people_;
  std::vector<std::unique_ptr<AgentMachine>>& agents_;
  Hint hint_;
  std::vector<Drop> drops_;
  std::set<MessageId> contested_;  ///< several files compete for these
  int names_ = 0;
};

}  // namespace yizhan::sim
