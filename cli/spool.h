#pragma once
// `yizhan open`: a task file with its attachments, put where the agent finds it whatever happens
// next. STATE_DIR/spool/UUID/ holds the file, the attachments and `.from`, the path it came from.

#include <string>

#include "config/options.h"
#include "config/result.h"
#include "config/time.h"
#include "store/disk.h"

namespace yizhan::cli {

/// Reads and checks the file at `path`, and copies it with its attachments into the spool of
/// `options.state_dir`: whole, durable, or not at all. Returns the folder made. kInvalid with
/// FILE:LINE if it is no task file or has errors, or lacks an attachment that it is to be sent
/// with.
Result<std::string> spool_task_file(store::Disk& disk, const AgentOptions& options,
                                    const std::string& path, Now now);

}  // namespace yizhan::cli
