#pragma once
// People who write units of their projects while everything goes wrong. Kept beside what is
// promised: what an agent has answered for is never lost, and in the end everybody who may read a
// slice has the same rows, and nobody else any.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/core.h"
#include "tests/sim/chance.h"
#include "tests/sim/invariants.h"
#include "tests/sim/timeline.h"

namespace yizhan::sim {

class Writers {
 public:
  using Ask = std::function<void(std::size_t agent, const agent::ControlRequest& request)>;

  Writers(Timeline& timeline, std::uint64_t seed, const std::vector<Person>& people, Agents& agents,
          BrokerMachine& broker, Ask ask)
      : timeline_(timeline),
        chance_(seed),
        people_(people),
        agents_(agents),
        broker_(broker),
        ask_(std::move(ask)) {}

  /// Plans `edits` from now until `until`.
  void plan(int edits, Micros until);
  void on_reply(const agent::ControlReply& reply);

  /// Empty when everybody has what he may have; else what somebody lacks.
  std::string unsettled();
  /// Throws a Violation if a text is lost.
  void at_the_end();
  std::size_t promised() const { return promised_.size(); }

 private:
  void write();
  std::string rows_of(store::Db& db, const std::string& slice);
  bool may_read(std::size_t agent, const std::string& slice);

  Timeline& timeline_;
  Chance chance_;  ///< of its own: worlds without writers are as they were
  const std::vector<Person>& people_;
  Agents& agents_;
  BrokerMachine& broker_;
  Ask ask_;
  std::map<std::uint64_t, std::string> asked_;  ///< texts by the request's number
  std::set<std::string> promised_;
  std::uint64_t texts_ = 0;
};

}  // namespace yizhan::sim
