#pragma once
// The seam to files: what agent and broker do with folders. One real implementation
// (disk_posix.cpp), one fake that behaves and forgets what was not synced
// (tests/store/virtual_disk.h), one contract suite (tests/store/disk_contract.h). Calls are
// synchronous; one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"

namespace yizhan::store {

enum class FileType { kRegular, kDirectory, kOther };  ///< kOther: symlink, FIFO, device, socket

struct FileInfo {
  std::string name;  ///< within its folder
  FileType type = FileType::kOther;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  /// When content, name or rights last changed, by the system's clock: how long the file has been
  /// lying where it is. Not before mtime_ns on most systems, which programs can set.
  std::int64_t changed_ns = 0;

  /// The same file with the same content; where and since when it lies does not count.
  bool operator==(const FileInfo& other) const {
    return name == other.name && type == other.type && size == other.size &&
           mtime_ns == other.mtime_ns && inode == other.inode;
  }
};

class Disk {
 public:
  virtual ~Disk() = default;

  /// Entries of `folder`, without "." and "..", sorted by name; symlinks are not followed.
  virtual Result<std::vector<FileInfo>> list(const std::string& folder) = 0;
  virtual Result<FileInfo> info(const std::string& path) = 0;  ///< kNotFound if nothing is there

  /// All bytes of a regular file. Never blocks on a FIFO or device and never follows a symlink in
  /// the last component: kInvalid for anything but a regular file, kLimit if it has more than
  /// `max_bytes`, kNotFound, kDenied, kIo.
  virtual Result<std::string> read(const std::string& path, std::size_t max_bytes) = 0;
  /// At most `size` bytes from `offset`; shorter only at the end of the file.
  virtual Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                                      std::size_t size) = 0;

  /// Atomic within one file system; kInvalid between two. kConflict if `to` exists; nothing is
  /// changed on failure. Durable after sync(to).
  virtual Status rename(const std::string& from, const std::string& to) = 0;

  /// The same, but takes the place of the file that is at `to`: readers see the old one or the new
  /// one, never neither. kInvalid between two file systems, or if `to` is a folder.
  virtual Status replace(const std::string& from, const std::string& to) = 0;

  /// Whole content at once (temporary name + rename), so that nobody reads half of it; replaces.
  /// With `durable` it survives a power cut when this returns (fsync of file and folder).
  virtual Status write(const std::string& path, std::string_view bytes, bool durable) = 0;

  /// Writes `bytes` at `offset` of a private file, creating it (0600). Not durable until sync().
  virtual Status write_at(const std::string& path, std::uint64_t offset,
                          std::string_view bytes) = 0;
  /// fsync of the file and its folder. After a failure the file's content is unknown: do not try
  /// again, recover from what is known to be on disk.
  virtual Status sync(const std::string& path) = 0;

  /// A copy of a regular file under a new name, whole or not at all, durable (fsync, rename,
  /// fsync). kConflict if `to` exists. What is appended to `from` meanwhile is not copied.
  virtual Status copy_durable(const std::string& from, const std::string& to) = 0;

  /// Whether some process has the file open for writing just now, so that what it holds may be
  /// half of what it will. False also where the system cannot tell: a hint, beside waiting.
  virtual bool being_written(const std::string& path) {
    (void)path;
    return false;
  }

  /// Whether another process holds a POSIX write lock on the file, as a program does that has a
  /// project open. False if there is no such file, and where the system cannot tell. Must not be
  /// asked about a file that this process has locked: asking drops its own locks.
  virtual bool locked(const std::string& path) {
    (void)path;
    return false;
  }

  struct Digest {
    Sha256 sha256;
    std::uint64_t size = 0;
  };
  /// Of a regular file, as read() understands it; what is appended meanwhile does not count.
  virtual Result<Digest> digest(const std::string& path) = 0;

  virtual Status remove(const std::string& path) = 0;  ///< fine if it is not there
  /// With parents, 0700; fine if there. With `durable` it survives a power cut; without, it costs
  /// no fsync: for what can be made again.
  virtual Status make_folder(const std::string& path, bool durable = true) = 0;
  /// An empty one; fine if it is not there. kIo if it holds anything.
  virtual Status remove_folder(const std::string& path) = 0;
};

std::unique_ptr<Disk> make_posix_disk();

}  // namespace yizhan::store
