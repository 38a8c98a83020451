#include "config/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace yizhan {

namespace {

/// Closes on every way out. close() errors say nothing that fsync did not.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error os_error(const std::string& doing, const std::string& path) {
  const int number = errno;
  return {number == ENOENT || number == ENOTDIR ? Code::kNotFound : Code::kIo,
          doing + " " + path + ": " + std::strerror(number)};
}

/// A name that exists until it has been renamed to its final one.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  void forget() { path_.clear(); }

 private:
  std::string path_;
};

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error("writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& folder) {
  const Descriptor descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open() || fsync(descriptor.get()) != 0) {
    return Error{Code::kIo, os_error("syncing folder", folder).message};
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.open()) return os_error("reading", path);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return os_error("reading", path);
  if (!S_ISREG(status.st_mode)) {
    return Error{Code::kInvalid, "reading " + path + ": not a regular file"};
  }
  const Error too_long{Code::kLimit,
                       "reading " + path + ": more than " + std::to_string(max_bytes) + " bytes"};
  if (static_cast<std::size_t>(status.st_size) > max_bytes) return too_long;

  // The file may grow while it is read, and files of /proc have size 0: read until the end.
  std::string bytes;
  char chunk[16 * 1024];
  while (true) {
    const ssize_t count = read(file.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error("reading", path);
    if (count == 0) return bytes;
    bytes.append(chunk, static_cast<std::size_t>(count));
    if (bytes.size() > max_bytes) return too_long;
  }
}

Status write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::string folder = folder_of(path);
  // In the same folder, so that the rename cannot cross file systems; hidden and with a suffix
  // that no watcher takes; not made of `path`, whose name may already be as long as names can be.
  std::string temporary = folder + "/.yizhan-XXXXXX.tmp";
  const Descriptor file(mkostemps(temporary.data(), 4, O_CLOEXEC));
  if (!file.open()) return Error{Code::kIo, os_error("creating a file for", path).message};
  TemporaryName name(temporary);
  TRY(write_all(file.get(), bytes, path));
  if (fchmod(file.get(), mode) != 0 || fsync(file.get()) != 0 ||
      rename(temporary.c_str(), path.c_str()) != 0) {
    return Error{Code::kIo, os_error("writing", path).message};
  }
  name.forget();
  return sync_folder(folder);
}

}  // namespace yizhan
