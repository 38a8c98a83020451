#pragma once
// The file of a new SQLite database.

#include <string>

#include "config/result.h"

namespace yizhan::store {

/// Creates the file for its owner only, whatever the umask is, and makes it durable in its folder.
/// An existing file is left alone: to open and close it would drop the locks that another
/// connection of this process holds.
Status create_database_file(const std::string& path);

/// Writes zeros behind what the file holds until it is `bytes` long, and makes that durable;
/// creates it if need be. Best effort: a disk without the room only makes commits slower.
void lengthen_file(const std::string& path, int bytes);

}  // namespace yizhan::store
