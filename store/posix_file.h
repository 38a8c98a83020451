#pragma once
// What the files of the POSIX disk share: errors with their errno, and descriptors that close.

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "config/result.h"

namespace yizhan::store {

/// `number` (an errno) as an Error: "DOING: TEXT".
inline Error posix_error(const std::string& doing, int number) {
  Code code = Code::kIo;
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      code = Code::kNotFound;
      break;
    case EEXIST:
      code = Code::kConflict;
      break;
    case EACCES:
    case EPERM:
      code = Code::kDenied;
      break;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EXDEV:
      code = Code::kInvalid;
      break;
    case EMFILE:
    case ENFILE:
      code = Code::kUnavailable;
      break;
    default:
      break;
  }
  return {code, doing + ": " + std::strerror(number)};
}

class FileHandle {
 public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Whether another process has the file behind `fd` (open for reading) open for writing; false also
/// where that cannot be told. In has_writer_linux.cpp.
bool has_writer(int fd);

/// Whether another process holds a POSIX write lock on the file at `path`. In has_lock_posix.cpp.
bool has_lock(const std::string& path);

}  // namespace yizhan::store
