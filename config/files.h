#pragma once
// Whole files, read with a bound and written so that a crash leaves the old or the new content.

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan {

/// The content of the regular file at `path`. Never blocks on a FIFO or device.
/// Fails with kNotFound if there is none, kLimit if it holds more than `max_bytes`, kInvalid if it
/// is not a regular file, kIo otherwise. Links are followed: for files that others can plant, the
/// agent has its own, stricter way.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// Makes `bytes` the content of `path`, durably: when it returns, both content and name are on
/// disk. A reader, or a crash, sees the old file or the new one. `mode` is exact, whatever the
/// umask is. Fails with kIo; then `path` is unchanged, except that after a failed fsync of the
/// folder the new file may be visible and yet not survive a power cut.
Status write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode);

}  // namespace yizhan
