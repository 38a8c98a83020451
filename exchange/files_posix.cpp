#include "exchange/files_posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace yizhan::exchange {
namespace {

Error os_error(const std::string& doing, const std::string& path) {
  const int number = errno;
  return {number == ENOENT ? Code::kNotFound : Code::kIo,
          doing + " " + path + ": " + std::strerror(number)};
}

class FileSource final : public ByteSource {
 public:
  FileSource(int fd, std::uint64_t size, std::string path)
      : fd_(fd), size_(size), path_(std::move(path)) {}
  ~FileSource() override { ::close(fd_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Result<std::size_t> read(char* into, std::size_t size) override {
    for (;;) {
      const ssize_t count = ::read(fd_, into, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return os_error("read", path_);
    }
  }
  Status rewind() override {
    if (::lseek(fd_, 0, SEEK_SET) != 0) return os_error("go back to the start of", path_);
    return {};
  }
  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

 private:
  int fd_;
  std::uint64_t size_;
  std::string path_;
};

Status sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return os_error("open the folder", folder);
  const bool synced = ::fsync(fd) == 0;
  const Error error = synced ? Error{} : os_error("sync the folder", folder);
  ::close(fd);
  if (!synced) return error;
  return {};
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_source(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return os_error("open", path);
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) {
    Error error = os_error("look at", path);
    ::close(fd);
    return error;
  }
  if (!S_ISREG(facts.st_mode)) {
    ::close(fd);
    return Error{Code::kInvalid, "read " + path + ": it is not a regular file"};
  }
  // A whole file is read once, front to back.
  (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ByteSource>(
      std::make_unique<FileSource>(fd, static_cast<std::uint64_t>(facts.st_size), path));
}

Result<std::unique_ptr<FileOutput>> FileOutput::create(const std::string& temporary) {
  // Emptied only when it is known to be a file: what is given up is removed, and that must never
  // be a device.
  const int fd = ::open(temporary.c_str(),
                        O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
  if (fd < 0) return Error{Code::kIo, "create " + temporary + ": " + std::strerror(errno)};
  struct stat facts {};
  const bool regular = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
  if (!regular || ::ftruncate(fd, 0) != 0) {
    ::close(fd);
    return Error{Code::kInvalid, "create " + temporary + ": something else stands there"};
  }
  return std::unique_ptr<FileOutput>(new FileOutput(fd, temporary));
}

FileOutput::~FileOutput() {
  discard();
}

void FileOutput::discard() {
  if (fd_ < 0) return;
  ::close(fd_);
  fd_ = -1;
  ::unlink(temporary_.c_str());
}

Status FileOutput::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{Code::kIo, "write " + temporary_ + ": " + std::strerror(errno)};
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status FileOutput::commit(const std::string& path) {
  if (::fsync(fd_) != 0 || ::rename(temporary_.c_str(), path.c_str()) != 0) {
    Error error{Code::kIo,
                "put " + temporary_ + " in place as " + path + ": " + std::strerror(errno)};
    discard();
    return error;
  }
  ::close(std::exchange(fd_, -1));
  return sync_folder_of(path);
}

}  // namespace yizhan::exchange
