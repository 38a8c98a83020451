#pragma once
// Words that only the broker says, and by which agents know it.

namespace yizhan::wire {

/// Sender of what the broker writes; a message to it is for the broker alone.
inline constexpr const char* kBrokerAddress = "role:broker";
/// The event of the receipt that tells whoever sent a message that it is in quarantine.
inline constexpr const char* kQuarantinedEvent = "quarantined";

}  // namespace yizhan::wire
