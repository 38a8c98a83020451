#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "config/daemon.h"

namespace yizhan {

namespace {

Error os_error(const std::string& doing) {
  return {Code::kIo, doing + ": " + std::strerror(errno)};
}

Status make_folder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  const std::size_t slash = folder.find_last_of('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0) {
    return os_error("making folder " + folder);
  }
  TRY(make_folder(folder.substr(0, slash)));
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return os_error("making folder " + folder);
}

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Status make_private_folder(const std::string& folder) {
  TRY(make_folder(folder));
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return os_error("looking at folder " + folder);
  if (!S_ISDIR(status.st_mode)) return Error{Code::kInvalid, folder + " is not a folder"};
  if (status.st_uid != geteuid()) {
    return Error{Code::kDenied, "folder " + folder + " belongs to another user (uid " +
                                    std::to_string(status.st_uid) +
                                    "); name a state_dir of your own"};
  }
  if ((status.st_mode & 022) != 0) {
    return Error{Code::kDenied,
                 "folder " + folder + " may be written by others; run: chmod 700 " + folder};
  }
  return {};
}

Result<InstanceLock> InstanceLock::acquire(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.open()) return os_error("opening lock " + path);
  struct flock lock = whole_file(F_WRLCK);
  if (fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) return os_error("locking " + path);
    std::array<char, 32> text{};
    const ssize_t size = pread(file.get(), text.data(), text.size() - 1, 0);
    std::string pid(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    pid.erase(std::remove(pid.begin(), pid.end(), '\n'), pid.end());
    return Error{Code::kConflict, path + " is held by another process (" + pid +
                                      "): it is running already; stop that one first"};
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  // For people only: a lock without its number still locks.
  if (ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(file.get(), pid.data(), pid.size(), 0);
  }
  return InstanceLock(std::move(file));
}

bool InstanceLock::is_held(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.open()) return false;
  // Asking takes no lock itself, so a daemon that starts at this moment is not disturbed.
  struct flock lock = whole_file(F_RDLCK);
  return fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Result<Signals> Signals::block() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return os_error("blocking signals");
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return os_error("ignoring SIGPIPE");
  Descriptor fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.open()) return os_error("making a signal descriptor");
  return Signals(std::move(fd));
}

Signals::Seen Signals::drain() {
  Seen seen;
  signalfd_siginfo info{};
  while (read(fd_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      seen.reopen_log = true;
    } else {
      seen.stop = true;
    }
  }
  return seen;
}

Result<WakeTimer> WakeTimer::open() {
  Descriptor fd(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd.open()) return os_error("making a timer");
  return WakeTimer(std::move(fd));
}

void WakeTimer::set(Steady when, Micros early) {
  // Compared by subtraction of a set time only: max() is no time to reckon with.
  if (when == when_ || (when_ < when && when != Steady::max() && when - when_ <= early)) return;
  when_ = when;
  itimerspec spec{};
  if (when != Steady::max()) {
    // Zero would disarm: the first microsecond after boot is past in any case.
    const std::int64_t us = std::max<std::int64_t>(when.time_since_epoch().count(), 1);
    spec.it_value.tv_sec = us / 1'000'000;
    spec.it_value.tv_nsec = us % 1'000'000 * 1000;
  }
  CHECK_THAT_HOLDS(timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
}

void WakeTimer::drain() {
  std::uint64_t times = 0;
  if (read(fd_.get(), &times, sizeof times) == sizeof times) when_ = Steady::max();
}

Supervisor::Supervisor() {
  std::uint64_t us = 0;
  // Half of what is allowed, as sd_watchdog_enabled(3) advises.
  if (sd_watchdog_enabled(0, &us) > 0) interval_ = Micros{static_cast<std::int64_t>(us / 2)};
}

void Supervisor::ready(std::string_view status) {
  const std::string text = "READY=1\nSTATUS=" + std::string(status);
  sd_notify(0, text.c_str());
}

void Supervisor::stopping() {
  sd_notify(0, "STOPPING=1");
}

void Supervisor::keep_alive(Steady now) {
  if (!interval_ || now < alive_due_) return;
  alive_due_ = now + *interval_;
  sd_notify(0, "WATCHDOG=1");
}

}  // namespace yizhan
