#pragma once
// What happens to the messages of this agent: queued, stored by the broker, finished. Each change
// is a row, an event, and for files from managed folders a result file beside where they lay.

#include <string>
#include <string_view>

#include "agent/context.h"
#include "config/result.h"
#include "store/client_store.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

// What stands behind a task file's name in the names of its result files.
inline constexpr std::string_view kAcceptedSuffix = ".accepted";
inline constexpr std::string_view kRejectedSuffix = ".rejected";
inline constexpr std::string_view kDoneSuffix = ".done";

/// Origins of messages, as in store::Outgoing::origin.
std::string watch_origin(const std::string& watch, const std::string& file_name);

/// Puts a checked message into the outbox, inside the step's transaction. kConflict if its id is
/// taken: the caller has looked before.
Status queue_outgoing(Context& context, const wire::Message& message, const std::string& origin,
                      const std::string& claimed);

/// Writes the row with its new state, says so to listeners, and, when the message is refused or
/// finished, to whoever dropped the file. `row.state` is set by the caller.
Status change_outgoing(Context& context, store::Outgoing& row);

/// Raises a stored message to done or failed, as far as what is known of its recipients asks for,
/// and refreshes the result file of a finished one. Does nothing to other messages.
Status settle_outgoing(Context& context, store::Outgoing& row);

/// Where the result of a file called `file_name` in `folder` is put: long names are cut.
std::string result_path(const std::string& folder, const std::string& file_name,
                        std::string_view suffix);

}  // namespace yizhan::agent
