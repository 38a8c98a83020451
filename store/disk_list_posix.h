#pragma once
// Disk::list() and Disk::info() of the POSIX disk.

#include <string>
#include <vector>

#include "config/result.h"
#include "store/disk.h"

namespace yizhan::store {

Result<FileInfo> info_posix(const std::string& path);
Result<std::vector<FileInfo>> list_posix(const std::string& path);

}  // namespace yizhan::store
