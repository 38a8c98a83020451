#pragma once
// A task file as text, and the message it becomes. Pure: parsing has no side effect and opens
// nothing that the file names. Format: SPEC section 2; keys: docs/task-file.md.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// A file named in [files] or as attach.N, to be found beside the task file.
struct AttachmentClaim {
  std::string name;
  std::optional<Sha256> sha256;       ///< as the task file says; computed by the agent if absent
  std::optional<std::uint64_t> size;
  int line = 0;                       ///< where it is named, for errors
};

struct TaskFile {
  wire::Message message;                     ///< without attachments, and sender as claimed
  /// Entries with a `.ref` and no local file are not listed.
  std::vector<AttachmentClaim> attachments;
  bool complete = false;                     ///< its last section is [end]
  std::vector<std::string> warnings;         ///< encoding guessed, …
};

/// True if the first section is [yizhan]: only then the file is ours to judge. Looks at a bounded
/// prefix, so any other file costs nothing, whatever its size.
bool is_task_file(std::string_view bytes);

/// True if the last section header is [end].
bool is_complete(std::string_view bytes);

/// kInvalid or kLimit with "FILE:LINE: what is wrong, and what would be right".
Result<TaskFile> parse_task_file(std::string_view bytes, const std::string& file_name);

/// Text that parse_task_file reads back to the same message (UTF-8, LF, closed by [end]); how a
/// delivered message is shown to people, programs and handlers.
std::string format_task_file(const wire::Message& message);

/// A valid file of `kind` with the required keys filled in and the common ones as examples in
/// comments: `yizhan new`. `id` and `created` are the caller's, since time and chance are.
std::string new_task_file(wire::Kind kind, const MessageId& id, const std::string& created,
                          const std::string& recipient);

/// All values by "section.key" (envelope keys bare), for handler conditions and ${…}.
std::optional<std::string> field_of(const wire::Message& message, const wire::Body& body,
                                    std::string_view name);

}  // namespace yizhan::agent
