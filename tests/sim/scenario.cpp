#include "tests/sim/scenario.h"

#include <chrono>

#include "wire/address.h"

namespace yizhan::sim {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

HandlerOptions handler(const std::string& name, const std::string& kinds, Micros timeout) {
  HandlerOptions options;
  options.name = name;
  options.when = {{"kind", kinds}};
  options.run = {"/opt/" + name, "--file={file}", "{id}"};
  options.timeout = timeout;
  return options;
}

}  // namespace

Scenario scenario_of(Chance& chance) {
  Scenario scenario;
  scenario.agents = 2 + chance.index(4);
  scenario.drops = chance.number(10, 70);
  scenario.busy = chance.between(seconds(40), seconds(240));
  scenario.fault_interval =
      chance.percent(10) ? Micros{0} : chance.between(seconds(2), seconds(30));
  scenario.max_clock_offset = chance.percent(30) ? Micros{0} : Micros{hours(48)};
  scenario.retention = chance.percent(15) ? Micros{minutes(30)} : Micros{hours(24 * 90)};
  return scenario;
}

Person person_of(Chance& chance, std::size_t number, const PublicKey& key) {
  Person person;
  // Sometimes two machines belong to one user.
  person.user = "user" + std::to_string(number > 0 && chance.percent(10) ? number - 1 : number);
  person.code = unique_code(key);
  for (const char* role : {"pm", "terminologist", "client_contact", "translator"}) {
    if (chance.percent(40)) person.roles.insert(role);
  }
  for (const char* group : {"PRJ-1", "PRJ-2"}) {
    if (chance.percent(50)) person.groups.insert(group);
  }
  return person;
}

AgentOptions agent_options_of(Chance& chance, const Scenario& scenario, std::size_t number,
                              const Person& person) {
  const std::string home = "/home" + std::to_string(number);
  AgentOptions options;
  options.state_dir = home + "/state";
  options.user = person.user;
  options.heartbeat_interval = chance.between(seconds(5), seconds(20));
  options.max_handlers = chance.number(1, 4);
  options.output_limit = 512;
  options.rescan_interval = chance.between(seconds(10), seconds(60));
  options.retention = scenario.retention;
  options.watches = {{kInboxWatch, home + "/inbox", true, seconds(2)},
                     {kDownloadsWatch, home + "/downloads", false, seconds(2)}};
  if (chance.percent(70)) options.handlers.push_back(handler("omegat", "task", seconds(15)));
  if (chance.percent(40)) {
    options.handlers.push_back(handler("show", "question | reply | guidance", seconds(5)));
  }
  if (chance.percent(50)) options.handlers.push_back(handler("sync", "command", seconds(5)));
  return options;
}

std::set<std::size_t> Load::resolve(const std::string& recipient, std::size_t sender) const {
  std::set<std::size_t> found;
  for (const wire::Address& one : need(wire::parse_addresses(recipient))) {
    for (std::size_t i = 0; i < people_.size(); ++i) {
      const Person& person = people_[i];
      const bool by_attribute = (one.kind == "role" && person.roles.contains(one.value)) ||
                                (one.kind == "group" && person.groups.contains(one.value));
      if ((by_attribute && i != sender) || (one.kind == "user" && person.user == one.value) ||
          (one.kind == "code" && person.code == one.value)) {
        found.insert(i);
      }
    }
  }
  return found;
}

}  // namespace yizhan::sim
