#pragma once
#include "agent/core.h"

namespace yizhan::agent {

/// This machine's host name and the MAC addresses of its network cards (of the virtual ones only if
/// there are no others, as in a container), ascending, with `key` as its identity, and the account
/// that this process runs as, and the time zone that the system names. What cannot be read is left
/// out.
Machine describe_machine(const PublicKey& key);

}  // namespace yizhan::agent
