#pragma once
// Operations that the agent carries out itself, without a handler: the broker's rules ask for
// `push_tm` and `push_terms` (docs/omegat.md). The projects take them from Context::orders; until
// one is answered its message stays `ready`, so a restart takes it up again.

#include <string>

#include "store/client_store.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

inline constexpr const char* kPushMemory = "push_tm";
inline constexpr const char* kPushTerms = "push_terms";

/// Whether `message`, of the row `row`, is such an operation and comes from the broker itself: what
/// only says so in a file does not. Pure.
bool is_push_order(const store::Incoming& row, const wire::Message& message);

}  // namespace yizhan::agent
