#include "broker/flood_guard_linux.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "config/log.h"

namespace yizhan::broker {

namespace {

// States of the kernel's in which a peer can still have libzmq take something. Those that we have
// shut down are in others. (netinet/tcp.h has the names, but not the whole tcp_info.)
constexpr std::uint8_t kTcpEstablished = 1;
constexpr std::uint8_t kTcpCloseWait = 8;

Error proc_error(const char* what) {
  return {Code::kIo, std::string("opening ") + what + ": " + std::strerror(errno) +
                         "; the broker needs /proc to see what its connections hold"};
}

std::uint16_t port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

std::string peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char text[INET6_ADDRSTRLEN] = "";
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "a gone peer";
  const void* ip = address.ss_family == AF_INET
                       ? static_cast<const void*>(&reinterpret_cast<sockaddr_in&>(address).sin_addr)
                       : &reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
  ::inet_ntop(address.ss_family, ip, text, sizeof text);
  return text;
}

/// Bytes that were read from `fd`, or nothing if it is no open connection to our `port`.
std::optional<std::uint64_t> bytes_taken(int fd, std::uint16_t port) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) return std::nullopt;
  if (port_of(own) != port) return std::nullopt;
  // First what waits, then all: what arrives between the two must not make it look like less than
  // was handed over.
  int waiting = 0;
  if (::ioctl(fd, FIONREAD, &waiting) != 0) return std::nullopt;
  tcp_info info{};
  size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (info.tcpi_state != kTcpEstablished && info.tcpi_state != kTcpCloseWait) return std::nullopt;
  const std::uint64_t received = info.tcpi_bytes_received;
  return received - std::min<std::uint64_t>(received, static_cast<std::uint64_t>(waiting));
}

}  // namespace

Result<std::unique_ptr<FloodGuard>> FloodGuard::open(std::uint16_t port, const Limits& limits) {
  auto guard = std::unique_ptr<FloodGuard>(new FloodGuard(port, limits));
  guard->memory_ = Descriptor(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (!guard->memory_.open()) return proc_error("/proc/self/statm");
  guard->spare_ = Descriptor(::fcntl(guard->memory_.get(), F_DUPFD_CLOEXEC, 0));
  if (!guard->spare_.open()) return proc_error("/proc/self/statm once more");
  guard->descriptors_.reset(::opendir("/proc/self/fd"));
  if (guard->descriptors_ == nullptr) return proc_error("/proc/self/fd");
  guard->resident_ = guard->resident_bytes();
  guard->thread_ = std::thread([guard = guard.get()] { guard->watch(); });
  return guard;
}

FloodGuard::~FloodGuard() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FloodGuard::handed_over(int fd, std::uint64_t bytes) {
  if (fd < 0) return;
  const auto index = static_cast<std::size_t>(fd);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (index >= handed_over_.size()) handed_over_.resize(index + 1);
  handed_over_[index] += bytes;
}

void FloodGuard::watch() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!wake_.wait_for(lock, limits_.interval, [this] { return stopping_; })) {
    lock.unlock();
    const std::uint64_t resident = resident_bytes();
    resident_ = std::min(resident_, resident);
    if (resident - resident_ >= limits_.growth) {
      resident_ = resident;
      look();
    }
    lock.lock();
  }
}

std::uint64_t FloodGuard::resident_bytes() const {
  // Pages: all, resident, and more.
  char text[128] = "";
  if (::pread(memory_.get(), text, sizeof text - 1, 0) <= 0) return 0;
  char* end = text;
  std::strtoull(text, &end, 10);
  return std::strtoull(end, nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void FloodGuard::look() {
  std::vector<Holder> held = holders();
  std::sort(held.begin(), held.end(),
            [](const Holder& a, const Holder& b) { return a.held > b.held; });
  std::uint64_t all = 0;
  for (const Holder& holder : held) all += holder.held;
  for (const Holder& holder : held) {
    if (holder.held <= limits_.connection && all <= limits_.all) break;
    cut_off(holder);
    all -= holder.held;
  }
  ++looks_;
}

std::vector<FloodGuard::Holder> FloodGuard::holders() {
  std::vector<Holder> found;
  std::vector<std::uint64_t> handed;
  {
    // Before the kernel is asked, so that nobody was handed more than was taken.
    const std::lock_guard<std::mutex> lock(mutex_);
    handed = handed_over_;
  }
  ::rewinddir(descriptors_.get());
  while (const dirent* entry = ::readdir(descriptors_.get())) {
    const int fd = std::atoi(entry->d_name);
    const std::optional<std::uint64_t> taken = bytes_taken(fd, port_);
    if (!taken) continue;
    const auto index = static_cast<std::size_t>(fd);
    const std::uint64_t given = index < handed.size() ? handed[index] : 0;
    if (given > *taken) {
      // The rest was an earlier connection's with this descriptor. It must not count for this one.
      const std::lock_guard<std::mutex> lock(mutex_);
      handed_over_[index] -= given - *taken;
      continue;
    }
    found.push_back({fd, *taken, *taken - given});
  }
  return found;
}

void FloodGuard::cut_off(const Holder& holder) {
  // libzmq may close the descriptor at any time, and its number may then be another's. A duplicate
  // stays what it is, and a connection of that moment cannot have brought as many bytes.
  if (::dup3(holder.fd, spare_.get(), O_CLOEXEC) < 0) return;
  const std::optional<std::uint64_t> taken = bytes_taken(spare_.get(), port_);
  if (taken && *taken >= holder.taken && ::shutdown(spare_.get(), SHUT_RDWR) == 0) {
    ++cut_;
    log_warning("cut a connection from " + peer_of(spare_.get()) + ": it made the broker hold " +
                std::to_string(holder.held) + " bytes of unfinished messages");
  }
  ::dup3(memory_.get(), spare_.get(), O_CLOEXEC);
}

}  // namespace yizhan::broker
