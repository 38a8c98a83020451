// Linux grants a read lease on a file only while nobody has it open for writing. Asking for one and
// giving it back at once tells a slow writer that pauses from one who is done.

#include <fcntl.h>
#include <signal.h>

#include <cerrno>

#include "store/posix_file.h"

namespace yizhan::store {

bool has_writer(int fd) {
  // Who opens the file for writing meanwhile makes the kernel signal us. SIGIO, the default, would
  // end the process; SIGURG is ignored unless somebody asks for it.
  if (::fcntl(fd, F_SETSIG, SIGURG) != 0) return false;
  if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
  }
  // Other failures (not the owner, no such thing on this file system) tell nothing.
  return errno == EAGAIN;
}

}  // namespace yizhan::store
