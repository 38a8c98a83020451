// Files of POSIX systems. Paths come from the configuration and from names in watched folders, and
// those folders are anybody's: no open here follows a link, blocks on a FIFO or wakes a device.

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "store/disk.h"
#include "store/disk_list_posix.h"
#include "store/posix_file.h"
#include "store/sha256.h"

namespace yizhan::store {

namespace {

constexpr int kStrict = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
constexpr mode_t kPrivate = 0600;
constexpr std::size_t kBufferBytes = 256 * 1024;

Error not_regular(const std::string& path) {
  return {Code::kInvalid, "open " + path + ": it is not a regular file (a link, FIFO or device?)"};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

struct OpenFile {
  FileHandle fd;
  std::uint64_t size = 0;
};

/// A regular file, for reading or (with O_WRONLY) writing; see the top of this file.
Result<OpenFile> open_regular(const std::string& path, int flags) {
  OpenFile file{FileHandle(::open(path.c_str(), flags | kStrict, kPrivate)), 0};
  if (file.fd.get() < 0) {
    // ELOOP: a link; ENXIO: a socket, or a FIFO that nobody reads; EISDIR: a folder.
    if (errno == ELOOP || errno == ENXIO || errno == EISDIR) return not_regular(path);
    return posix_error("open " + path, errno);
  }
  struct stat status {};
  if (::fstat(file.fd.get(), &status) != 0) return posix_error("look at " + path, errno);
  if (!S_ISREG(status.st_mode)) return not_regular(path);
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

/// Reads until `size` bytes are there or the file ends; returns how many.
Result<std::size_t> read_fully(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                               const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, buffer + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error("read " + path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status write_fully(int fd, std::string_view bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return posix_error("write " + path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

Status sync_folder(const std::string& folder) {
  const FileHandle fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return posix_error("open folder " + folder, errno);
  if (::fsync(fd.get()) != 0) return posix_error("fsync folder " + folder, errno);
  return {};
}

Status sync_data(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return posix_error("fsync " + path, errno);
  return {};
}

Status rename_new(const std::string& from, const std::string& to) {
  const std::string doing = "rename " + from + " to " + to;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return posix_error(doing, errno);
  // The file system cannot refuse to replace (NFS, some FUSE). A link can, where there are links.
  if (::link(from.c_str(), to.c_str()) == 0) {
    if (::unlink(from.c_str()) != 0) return posix_error(doing, errno);
    return {};
  }
  if (errno == EEXIST) return posix_error(doing, errno);
  // No links either (or a folder): look first. Only we put files under the names that are used
  // here.
  struct stat status {};
  if (::lstat(to.c_str(), &status) == 0) return posix_error(doing, EEXIST);
  if (::rename(from.c_str(), to.c_str()) != 0) return posix_error(doing, errno);
  return {};
}

/// A new file that disappears unless it gets its name.
class TemporaryFile {
 public:
  /// Beside `target`, hidden, with a suffix that no watcher takes. `number` tells two apart.
  static Result<TemporaryFile> make(const std::string& target, std::uint64_t number) {
    const std::string path = folder_of(target) + "/.yizhan-" + std::to_string(::getpid()) + "-" +
                             std::to_string(number) + ".tmp";
    ::unlink(path.c_str());  // of a process that died and had our number
    FileHandle fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | kStrict, kPrivate));
    if (fd.get() < 0) return posix_error("create a file in " + folder_of(target), errno);
    return TemporaryFile(path, std::move(fd));
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }  ///< it has been renamed

 private:
  TemporaryFile(std::string path, FileHandle fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  FileHandle fd_;
};

/// For file systems without copy_file_range, and between two of them on old kernels.
Status copy_by_hand(int from, int to, std::uint64_t offset, std::uint64_t size,
                    const std::string& path) {
  std::string buffer(kBufferBytes, '\0');
  while (offset < size) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, size - offset));
    TRY_ASSIGN(const std::size_t got, read_fully(from, buffer.data(), wanted, offset, path));
    if (got == 0) break;
    TRY(write_fully(to, std::string_view(buffer).substr(0, got), offset, path));
    offset += got;
  }
  return {};
}

Status copy_bytes(int from, int to, std::uint64_t size, const std::string& path) {
  off_t read_at = 0;
  off_t write_at = 0;
  while (static_cast<std::uint64_t>(read_at) < size) {
    const auto left = size - static_cast<std::uint64_t>(read_at);
    const ssize_t copied = ::copy_file_range(from, &read_at, to, &write_at, left, 0);
    if (copied < 0 && errno == EINTR) continue;
    // Zero at once is also how some file systems (/proc, old FUSE) say that they cannot.
    if (copied <= 0 && read_at == 0) return copy_by_hand(from, to, 0, size, path);
    if (copied < 0) return posix_error("copy " + path, errno);
    if (copied == 0) break;
  }
  return {};
}

class PosixDisk final : public Disk {
 public:
  Result<std::vector<FileInfo>> list(const std::string& folder) override {
    return list_posix(folder);
  }
  Result<FileInfo> info(const std::string& path) override { return info_posix(path); }

  Result<std::string> read(const std::string& path, std::size_t max_bytes) override {
    TRY_ASSIGN(const OpenFile file, open_regular(path, O_RDONLY));
    // One byte more than allowed tells a file that grew since from one that is just as long.
    if (file.size > max_bytes) return too_large(path, file.size, max_bytes);
    const auto expected = static_cast<std::size_t>(file.size);
    std::string bytes(expected + 1, '\0');
    TRY_ASSIGN(std::size_t got, read_fully(file.fd.get(), bytes.data(), bytes.size(), 0, path));
    while (got == bytes.size() && got <= max_bytes) {  // it grew, or its size is not known (0)
      bytes.resize(got + std::min(got + 4096, max_bytes - got + 1));
      TRY_ASSIGN(const std::size_t more,
                 read_fully(file.fd.get(), bytes.data() + got, bytes.size() - got, got, path));
      got += more;
    }
    if (got > max_bytes) return too_large(path, got, max_bytes);
    bytes.resize(got);
    return bytes;
  }

  Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                              std::size_t size) override {
    TRY_ASSIGN(const OpenFile file, open_regular(path, O_RDONLY));
    if (offset >= file.size) return std::string();
    const auto there = std::min<std::uint64_t>(size, file.size - offset);
    std::string bytes(static_cast<std::size_t>(there), '\0');
    TRY_ASSIGN(const std::size_t got,
               read_fully(file.fd.get(), bytes.data(), bytes.size(), offset, path));
    bytes.resize(got);
    return bytes;
  }

  Status rename(const std::string& from, const std::string& to) override {
    return rename_new(from, to);
  }

  Status replace(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return posix_error("rename " + from + " to " + to, errno);
  }

  Status write(const std::string& path, std::string_view bytes, bool durable) override {
    TRY_ASSIGN(TemporaryFile file, TemporaryFile::make(path, ++temporary_));
    TRY(write_fully(file.fd(), bytes, 0, path));
    if (durable) TRY(sync_data(file.fd(), path));
    if (::rename(file.path().c_str(), path.c_str()) != 0)
      return posix_error("write " + path, errno);
    file.keep();
    if (durable) return sync_folder(folder_of(path));
    return {};
  }

  Status write_at(const std::string& path, std::uint64_t offset, std::string_view bytes) override {
    TRY_ASSIGN(const OpenFile file, open_regular(path, O_WRONLY | O_CREAT));
    return write_fully(file.fd.get(), bytes, offset, path);
  }

  Status sync(const std::string& path) override {
    TRY_ASSIGN(const OpenFile file, open_regular(path, O_RDONLY));
    TRY(sync_data(file.fd.get(), path));
    return sync_folder(folder_of(path));
  }

  Status copy_durable(const std::string& from, const std::string& to) override {
    TRY_ASSIGN(const OpenFile source, open_regular(from, O_RDONLY));
    TRY_ASSIGN(TemporaryFile file, TemporaryFile::make(to, ++temporary_));
    TRY(copy_bytes(source.fd.get(), file.fd(), source.size, from));
    TRY(sync_data(file.fd(), to));
    TRY(rename_new(file.path(), to));
    file.keep();
    return sync_folder(folder_of(to));
  }

  bool locked(const std::string& path) override { return has_lock(path); }

  bool being_written(const std::string& path) override {
    const Result<OpenFile> file = open_regular(path, O_RDONLY);
    return file.ok() && has_writer(file->fd.get());
  }

  Result<Digest> digest(const std::string& path) override {
    TRY_ASSIGN(const OpenFile file, open_regular(path, O_RDONLY));
    Sha256Stream hash;
    Digest digest;
    std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, file.size)),
                       '\0');
    while (digest.size < file.size) {
      const auto wanted = std::min<std::uint64_t>(buffer.size(), file.size - digest.size);
      TRY_ASSIGN(const std::size_t got,
                 read_fully(file.fd.get(), buffer.data(), static_cast<std::size_t>(wanted),
                            digest.size, path));
      if (got == 0) break;
      hash.add(std::string_view(buffer).substr(0, got));
      digest.size += got;
    }
    digest.sha256 = hash.finish();
    return digest;
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return posix_error("remove " + path, errno);
  }

  Status make_folder(const std::string& path, bool durable) override {
    constexpr mode_t kPrivateFolder = 0700;
    if (::mkdir(path.c_str(), kPrivateFolder) == 0) {
      return durable ? sync_folder(folder_of(path)) : Status();
    }
    const int number = errno;
    if (number == EEXIST) {
      struct stat status {};
      if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
      return Error{Code::kConflict, "make folder " + path + ": something else has that name"};
    }
    const std::string parent = folder_of(path);
    if (number != ENOENT || parent == path) return posix_error("make folder " + path, number);
    TRY(make_folder(parent, durable));
    return make_last(path, durable);
  }

  Status remove_folder(const std::string& path) override {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    return posix_error("remove folder " + path, errno);
  }

 private:
  static Error too_large(const std::string& path, std::uint64_t size, std::size_t limit) {
    return {Code::kLimit, "read " + path + ": " + std::to_string(size) +
                              " bytes or more are over the limit of " + std::to_string(limit)};
  }

  /// The folder itself, now that its parents are there.
  static Status make_last(const std::string& path, bool durable) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return posix_error("make folder " + path, errno);
    }
    return durable ? sync_folder(folder_of(path)) : Status();
  }

  std::uint64_t temporary_ = 0;  ///< number of the last temporary file
};

}  // namespace

std::unique_ptr<Disk> make_posix_disk() {
  return std::make_unique<PosixDisk>();
}

}  // namespace yizhan::store
