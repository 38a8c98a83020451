// Who has a project open locks its file (OmegaT does, on every system). Asking takes no lock, so it
// is in nobody's way; but closing any descriptor of a file drops the locks that a process has on
// it.

#include <fcntl.h>

#include "store/posix_file.h"

namespace yizhan::store {

bool has_lock(const std::string& path) {
  // Never blocks on a FIFO and never follows a link.
  const FileHandle fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  if (fd.get() < 0) return false;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace yizhan::store
