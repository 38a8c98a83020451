#pragma once
// Reports are messages of kind receipt and status that say how another message fares. The agent
// says them about what it received, and reads those about what it sent. No report causes another.

#include <string>

#include "agent/context.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// Queues a report about a received message to its sender: a receipt for "opened", "accepted" and
/// "declined", a status for all other words. Its id follows from the message, the word and our key:
/// said once, however often it is asked for. Nothing is said about a report, or when the sender
/// wants none (ack = none). `more` become further keys; values must be clean text.
Status say_report(Context& context, const wire::Message& about, const std::string& word,
                  const Details& more);

/// As say_report() for "accepted", but a person can say it again, of a job that was paused: what he
/// says within one minute is said once.
Status say_acceptance(Context& context, const wire::Message& about, const Details& more);

/// Queues a status of our own: about the message `about` (a UUID as text) to `recipient`, with
/// `state` and what `more` says. Said once for each `id`, however often it is asked for. Values
/// must be clean text.
Status say_status(Context& context, const MessageId& id, const std::string& about,
                  const std::string& recipient, const std::string& state, const Details& more);

/// What the reason of a recipient's state begins with, after he has delivered the job.
inline constexpr const char* kDeliveredReason = "delivered";

/// Takes in what a received report or reply says about a message of ours. Reports about anything
/// else, and words that move no state (progress), change nothing.
Status take_report(Context& context, const wire::Message& report);

}  // namespace yizhan::agent
