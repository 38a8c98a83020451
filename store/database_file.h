#pragma once
// The file of a new SQLite database.

#include <string>

#include "config/result.h"

namespace yizhan::store {

/// Creates the file for its owner only, whatever the umask is, and makes it durable in its folder.
/// An existing file is left alone: to open and close it would drop the locks that another
/// connection of this process holds.
Status create_database_file(const std::string& path);

}  // namespace yizhan::store
