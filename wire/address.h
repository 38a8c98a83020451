#pragma once
// Addresses as people write them: "user:li.wei, role:pm, group:PRJ-1"; a bare name is a user.

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace yizhan::wire {

struct Address {
  std::string kind;   ///< "user", "code", "mac", "ip", "role" or "group"
  std::string value;  ///< not empty; code upper-cased, mac lower-cased with colons
  bool operator==(const Address&) const = default;
};

/// kInvalid for an empty list, an unknown kind (naming the known ones), or a value with control
/// characters; kLimit for a list longer than kMaxRecipientBytes or kMaxListItems. Order is kept,
/// repeats are dropped.
Result<std::vector<Address>> parse_addresses(std::string_view list);

std::string format_address(const Address& address);  ///< "user:li.wei"

}  // namespace yizhan::wire
