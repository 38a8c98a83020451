// The promises of retention: what is kept is whole, and what is not kept is gone.

#include "store/rows.h"
#include "tests/sim/invariants.h"
#include "wire/codec.h"

namespace yizhan::sim {

/// The attachments of all messages that a query gives.
std::set<Sha256> Invariants::named_by(store::Db& db, const std::string& sql) {
  std::set<Sha256> named;
  store::Rows rows(need(db.prepare(sql)));
  for (bool row = need(rows.first()); row; row = need(rows.next())) {
    wire::Message message;
    if (!message.ParseFromString(std::string(rows->column_blob(0)))) broken("an unreadable row");
    for (const wire::Attachment& attachment : message.attachments()) {
      named.insert(*Sha256::from(attachment.sha256()));
    }
  }
  return named;
}

void Invariants::check_blobs(Machine& machine, const std::string& folder,
                             const std::set<Sha256>& named, Instant oldest) {
  std::set<Sha256> there;
  for (const store::FileInfo& part : need(machine.disk.list(folder))) {
    for (const store::FileInfo& file : need(machine.disk.list(folder + "/" + part.name))) {
      const bool old = file.changed_ns / 1000 < to_micros(oldest);
      const auto hash = sha256_from_hex(file.name);
      if (hash && part.name != "partial") there.insert(*hash);
      if (old && (!hash || part.name == "partial" || !named.contains(*hash))) {
        broken(machine.name + " still has the attachment " + part.name + "/" + file.name);
      }
    }
  }
  for (const Sha256& hash : named) {
    if (!there.contains(hash)) broken(machine.name + " has lost the attachment " + to_hex(hash));
  }
}

void Invariants::after_retention(Micros now, Micros longest) {
  broker_ledger();
  across();
  const auto oldest_at = [&](Machine& machine) { return machine.clocks(now).wall - longest; };
  check_blobs(broker_, broker_.options.state_dir + "/blobs",
              named_by(*broker_.database, "SELECT envelope FROM message"), oldest_at(broker_));
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    AgentMachine& agent = *agents_[i];
    agent_ledger(i);
    places(i);
    check_blobs(agent, agent.options.state_dir + "/blobs",
                named_by(*agent.database,
                         "SELECT message FROM outgoing UNION ALL SELECT message FROM incoming"),
                oldest_at(agent));
    for (const char* folder : {"/.yizhan/sent", "/.yizhan/rejected"}) {
      for (const auto& file : need(agent.disk.list(agent.options.watches[0].path + folder))) {
        if (file.changed_ns / 1000 < to_micros(oldest_at(agent))) {
          broken(agent.name + " still has " + folder + "/" + file.name);
        }
      }
    }
  }
}

}  // namespace yizhan::sim
