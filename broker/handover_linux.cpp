#include "broker/handover_linux.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace yizhan::broker {

Result<Descriptor> open_event() {
  Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event.open()) return event;
  return Error{Code::kIo, std::string("making an event for the loop: ") + std::strerror(errno)};
}

void raise_event(const Descriptor& event) {
  const std::uint64_t one = 1;
  // Can only fail when it is raised 2^64 times over, and then it is readable.
  [[maybe_unused]] const ssize_t written = ::write(event.get(), &one, sizeof one);
}

void clear_event(const Descriptor& event) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event.get(), &count, sizeof count);
}

}  // namespace yizhan::broker
