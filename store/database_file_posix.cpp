#include "store/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace yizhan::store {

Status create_database_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0 && errno == EEXIST) return {};
  if (fd < 0) {
    return Error{Code::kIo, "creating database " + path + ": " + std::strerror(errno)};
  }
  const bool synced = ::fsync(fd) == 0;
  const int why = errno;
  ::close(fd);
  if (!synced) return Error{Code::kIo, "syncing database " + path + ": " + std::strerror(why)};

  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder.assign(1, '.');  // g++ 12 warns of = "."
  const int folder_fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool folder_synced = folder_fd >= 0 && ::fsync(folder_fd) == 0;
  const int folder_why = errno;
  if (folder_fd >= 0) ::close(folder_fd);
  if (folder_synced) return {};
  return Error{Code::kIo, "syncing folder " + folder + ": " + std::strerror(folder_why)};
}

void lengthen_file(const std::string& path, int bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return;
  const std::string zeros(1 << 20, '\0');
  off_t size = ::lseek(fd, 0, SEEK_END);
  while (size >= 0 && size < bytes) {
    const auto part = std::min(zeros.size(), static_cast<std::size_t>(bytes - size));
    const ssize_t put = ::pwrite(fd, zeros.data(), part, size);
    if (put <= 0) break;
    size += put;
  }
  ::fsync(fd);
  ::close(fd);
}

}  // namespace yizhan::store
