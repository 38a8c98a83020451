// Listing folders and describing files; apart from the rest for the sake of its length only.

#include "store/disk_list_posix.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "store/posix_file.h"

namespace yizhan::store {

namespace {

FileInfo info_of(std::string name, const struct stat& status) {
  FileInfo info;
  info.name = std::move(name);
  if (S_ISREG(status.st_mode)) info.type = FileType::kRegular;
  if (S_ISDIR(status.st_mode)) info.type = FileType::kDirectory;
  info.size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  info.mtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  info.inode = status.st_ino;
  info.changed_ns = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
  return info;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

Result<FileInfo> info_posix(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return posix_error("look at " + path, errno);
  return info_of(path.substr(path.rfind('/') + 1), status);
}

Result<std::vector<FileInfo>> list_posix(const std::string& path) {
  const std::string doing = "list folder " + path;
  FileHandle fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return posix_error(doing, errno);
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(fd.get()));
  if (folder == nullptr) return posix_error(doing, errno);
  const int at = fd.release();  // closed with the folder
  std::vector<FileInfo> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (::fstatat(at, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      entries.push_back(info_of(std::string(name), status));
    } else if (errno != ENOENT) {  // gone since: fine
      return posix_error(doing + ": look at " + std::string(name), errno);
    }
  }
  if (errno != 0) return posix_error(doing, errno);
  std::sort(entries.begin(), entries.end(),
            [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
  return entries;
}

}  // namespace yizhan::store
