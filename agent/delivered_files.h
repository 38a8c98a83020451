#pragma once
// A delivered message as files, for people, programs and handlers: STATE_DIR/inbox/<id>/<kind>.ini
// with its attachments beside it. Derived from the store and the blobs, so never synced: whoever
// needs them again makes them again.

#include <string>

#include "agent/context.h"
#include "config/ids.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// The folder of a delivered message.
std::string delivered_folder(const AgentOptions& options, const MessageId& id);

/// Writes the files and returns the path of the task file. All attachments must be in the blobs.
/// Repeating it replaces the task file and completes the attachments.
Result<std::string> write_delivered_files(Context& context, const wire::Message& message);

}  // namespace yizhan::agent
