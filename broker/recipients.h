#pragma once
// Who a rule's command may speak to: what its writer wrote, and one address for each `${…}` in it.

#include <string>

#include "rules/expand.h"

namespace yizhan::broker {

/// Whether `expanded`, the value of a `recipient=` that was written as `written`, names an address
/// that its writer did not ask for. A `${…}` stands for one address, or a part of one; but where
/// the whole value is `${recipient}` or `${sender}`, of the message or of the one it answers, it
/// stands for everybody in that field of the envelope. Those the broker has judged when the message
/// came; every other field of a message is text, by whoever sent it.
bool adds_recipient(const rules::Template& written, const std::string& expanded);

}  // namespace yizhan::broker
