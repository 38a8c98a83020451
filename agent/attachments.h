#pragma once
// The files that a task file names, found beside it and taken into the blobs, durably, before the
// message that needs them is stored.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/context.h"
#include "agent/task_file.h"
#include "config/result.h"
#include "config/time.h"
#include "store/disk.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// How long an attachment must be unchanged, if the task file does not say its size.
inline constexpr Micros kQuiet = std::chrono::milliseconds(500);
/// How long a task file waits for an attachment, since the last change of any of them: a browser or
/// FTP client sends the files in any order.
inline constexpr Micros kAttachmentPatience = std::chrono::seconds(10);

/// What the last look found, to tell whether anything moved since.
struct AttachmentWatch {
  std::map<std::string, store::FileInfo> found;
  Steady changed{};  ///< when the last look found something else than the one before
  bool started = false;
};

struct Gathered {
  enum State {
    kAll,       ///< `attachments` is complete, everything is in the blobs
    kWaiting,   ///< look again when one of the files changes, or at `look_again`
    kRejected,  ///< `reason`
  };
  State state = kAll;
  std::string reason;  ///< of kRejected; of kWaiting: what it waits for
  Steady look_again{};
  std::vector<wire::Attachment> attachments;
  std::vector<std::string> files;  ///< paths that were taken, to be moved along with the task file
  std::uint64_t bytes = 0;         ///< copied now; for the bound on a step
};

/// Looks for all of `claims` in `folder`. `known` are the attachments of a stored message with the
/// same id: what it has under the same name need not be there again. Without `patience` whatever is
/// missing or wrong is rejected at once. Fails only if the blobs cannot be written.
Result<Gathered> gather_attachments(Context& context, const std::string& folder,
                                    const std::vector<AttachmentClaim>& claims,
                                    const std::vector<wire::Attachment>& known, bool patience,
                                    AttachmentWatch& watch);

}  // namespace yizhan::agent
