#pragma once
// Makes a click on a task file run `yizhan open`, for one user: the MIME type (told by content), a
// desktop entry, and the entry as the type's default application. freedesktop.org's formats; what a
// package installs for all users is the same two files. Called by the CLI; blocks.

#include <string>

#include "config/result.h"

namespace yizhan::agent {

/// Where a user's desktop looks; made if missing.
struct DesktopFolders {
  std::string data_home;    ///< $XDG_DATA_HOME, by default ~/.local/share
  std::string config_home;  ///< $XDG_CONFIG_HOME, by default ~/.config
};

/// Installs or renews it; `program` is the absolute path of `yizhan`. Everything else in the user's
/// mimeapps.list stays as it is, line by line.
/// Fails with kInvalid for a path that a desktop entry cannot hold, kIo when a file cannot be
/// written, kUnavailable when update-mime-database is not installed or fails; what was done until
/// then stays, and a repeat completes it.
Status desktop_install(const DesktopFolders& folders, const std::string& program);

/// Undoes it; fine if it was not installed.
Status desktop_uninstall(const DesktopFolders& folders);

/// `list` (the text of a mimeapps.list) with yizhan as the default for its type, or without it.
std::string with_default_application(const std::string& list);
std::string without_default_application(const std::string& list);

/// A path as the first word of Exec= in a desktop entry: quoted and escaped. Empty if it cannot be.
std::string exec_word(const std::string& path);

}  // namespace yizhan::agent
