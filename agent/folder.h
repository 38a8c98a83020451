#pragma once
// One folder that task files come into, and what is known of the files in it. No file access.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "config/time.h"
#include "store/disk.h"

namespace yizhan::agent {

enum class FolderMode {
  kManaged,  ///< files move on: inbox → claimed → sent or rejected, results are written beside them
  kObserved,  ///< files stay where they are, nothing is written
  kSpool,     ///< one sub-folder a file, made by `yizhan open`, removed once taken
};

// Beside the task files of a managed folder, in its file system, so that a rename is enough.
inline constexpr std::string_view kClaimedFolder = "/.yizhan/claimed";
inline constexpr std::string_view kSentFolder = "/.yizhan/sent";
inline constexpr std::string_view kRejectedFolder = "/.yizhan/rejected";

/// The name of the spool in hints and origins, and the file in a spool entry that says, in one
/// line, where the task file came from.
inline constexpr std::string_view kSpoolName = "spool";
inline constexpr std::string_view kFromFile = ".from";

struct Folder {
  std::string name;
  std::string path;
  FolderMode mode = FolderMode::kManaged;

  // -- to be looked at. A name stands in the queue once.
  std::deque<std::string> queue;
  std::set<std::string> queued;
  bool scan = true;    ///< list it, once the queue is empty
  bool usable = true;  ///< the last listing worked; a failure is reported once

  // -- looked at and left alone, until it changes: foreign, unreadable, already judged (observed)
  std::map<std::string, store::FileInfo> seen;
  /// Those among them that could not be read: a rescan tries again, because rights may have
  /// changed; that is said only once.
  std::set<std::string> unreadable;

  // -- ours, but without [end]: taken when unchanged for a while
  struct Quiet {
    store::FileInfo info;
    Steady since;
  };
  std::map<std::string, Quiet> quiet;

  void enqueue(const std::string& file_name) {
    if (queued.insert(file_name).second) queue.push_back(file_name);
  }
};

/// Hidden files, half-written downloads by their suffix, and our own result files: never taken.
bool is_never_taken(std::string_view file_name);

/// "0123456789abcdef-NAME", NAME cut so that the whole fits a directory entry; and NAME again.
std::string claimed_name(const std::string& hex16, const std::string& file_name);
std::string name_of_claimed(const std::string& claimed_name);

/// The part of a path behind its last "/".
std::string_view last_component(std::string_view path);

}  // namespace yizhan::agent
