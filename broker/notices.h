#pragma once
// Messages that the broker itself writes because a rule says so: notices for people, and operations
// for agents. Their ids are a function of what ordered them, so that a repeated step makes the same
// message.

#include <string>
#include <utility>
#include <vector>

#include "broker/event.h"
#include "config/time.h"
#include "store/server_store.h"

namespace yizhan::broker {

/// Why a message is written: which rule, and which of its orders about this subject.
struct Order {
  std::string rule;            ///< as in the record of firings: "route-question", "preset/offer"
  std::string purpose;         ///< unique among all that this subject is the reason for
  store::ClientId client = 0;  ///< the only recipient that is waited for; 0: any of them
};

struct Notice {
  std::string event;      ///< of the receipt: the subject's state, "reminder", "notice", …
  std::string recipient;  ///< as the rule says it; who gets it is the caller's
  std::string subject;    ///< may be empty
  std::string text;       ///< may be empty
  std::string link;       ///< of a probe, or empty
};

/// A receipt about `about`, said by the broker.
store::StoredMessage make_notice(const Subject& about, const Order& order, const Notice& notice,
                                 Instant now);

/// An operation for agents: [command] with `operation` and its arguments.
store::StoredMessage make_command(const Subject& about, const Order& order,
                                  const std::string& recipient, const std::string& operation,
                                  const std::vector<std::pair<std::string, std::string>>& arguments,
                                  Instant now);

}  // namespace yizhan::broker
