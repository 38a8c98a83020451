#include "tests/sim/machine.h"

namespace yizhan::sim {

Machine::Machine(std::string machine_name)
    : name(std::move(machine_name)),
      database(need(store::open_sqlite(":memory:"))),
      commits(*database) {
  disk.set_fault([this](std::string_view call, const std::string&) { return disk_call(call); });
}

void Machine::process_ended() {
  disarm();
  db.reset();
  commits.process_ended();
}

void Machine::disarm() {
  disk_left_ = 0;
  if (db != nullptr) db->disarm();
}

std::optional<Error> Machine::disk_call(std::string_view call) {
  const bool reads =
      call == "list" || call == "info" || call == "read" || call == "read_at" || call == "digest";
  if (!running_core || disk_left_ == 0 || (reads && disk_full_) || --disk_left_ > 0) {
    return std::nullopt;
  }
  if (!disk_full_) throw store::CrashPoint{store::Fault::kCrashStatement, 0};
  return Error{Code::kIo, "made-up failure: no space left on device"};
}

AgentMachine::AgentMachine(std::string machine_name, AgentOptions agent_options,
                           agent::Machine self)
    : Machine(std::move(machine_name)),
      options(std::move(agent_options)),
      identity(std::move(self)),
      store(need(store::ClientStore::open(*database))) {}

BrokerMachine::BrokerMachine(BrokerOptions broker_options)
    : Machine("broker"),
      options(std::move(broker_options)),
      store(need(store::ServerStore::open(*database))) {}

}  // namespace yizhan::sim
