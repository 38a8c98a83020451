#pragma once
// What the functions that carry out commands of rules share; for broker/commands*.cpp only.

#include <string>

#include "broker/commands.h"

namespace yizhan::broker {

/// One command being carried out.
struct Commands::Call {
  Step& step;
  const Order& order;
  const rules::Command& command;
  Event& event;
  Outcome outcome{};
  std::string missing{};  ///< fields the event does not have, for people

  const Subject& subject() const { return event.subject(); }
};

/// "1 client", "3 clients".
inline std::string clients_in_words(int count) {
  return std::to_string(count) + (count == 1 ? " client" : " clients");
}

}  // namespace yizhan::broker
