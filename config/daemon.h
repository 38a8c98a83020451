#pragma once
// What the main of a daemon needs from Linux: one instance per folder, signals as a descriptor, a
// wake-up that also counts suspended time, and the word to the supervisor. One thread.

#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"
#include "config/time.h"

namespace yizhan {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Makes `folder` with its parents, 0700; fine if it is there. kDenied if it is there and belongs
/// to another user or may be written by others; kIo.
Status make_private_folder(const std::string& folder);

/// Holds `path` locked (an open-file lock) as long as it lives: at most one daemon per state
/// folder. The file holds the process id, for people.
class InstanceLock {
 public:
  /// kConflict if another process holds it, with its process id in the message.
  static Result<InstanceLock> acquire(const std::string& path);
  /// Whether a process holds it now. False also if the file does not exist.
  static bool is_held(const std::string& path);

 private:
  explicit InstanceLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

/// TERM, INT and HUP, blocked for the process and read from a descriptor. Made before any thread is
/// started, since threads inherit the mask. SIGPIPE is ignored: a closed peer is an error value.
class Signals {
 public:
  static Result<Signals> block();
  int fd() const { return fd_.get(); }
  struct Seen {
    bool stop = false;        ///< TERM or INT
    bool reopen_log = false;  ///< HUP
  };
  Seen drain();

 private:
  explicit Signals(Descriptor fd) : fd_(std::move(fd)) {}
  Descriptor fd_;
};

/// Wakes a poll at a Steady time. It counts the time a machine sleeps (CLOCK_BOOTTIME), which a
/// poll's own timeout does not: after a resume, what is due is done at once.
class WakeTimer {
 public:
  static Result<WakeTimer> open();
  int fd() const { return fd_.get(); }
  /// Steady::max() disarms. A time in the past wakes at once. Nothing is done if it is set so, or
  /// to a time up to `early` before `when`: a deadline that is put off again and again is armed
  /// anew once in that time, for one wake-up that may find nothing due.
  void set(Steady when, Micros early = {});
  void drain();

 private:
  explicit WakeTimer(Descriptor fd) : fd_(std::move(fd)) {}
  Descriptor fd_;
  Steady when_ = Steady::max();
};

/// systemd, or any supervisor that set NOTIFY_SOCKET; without one, every call does nothing.
class Supervisor {
 public:
  Supervisor();
  void ready(std::string_view status);  ///< start-up is over; `status` is one line for people
  void stopping();
  /// Says that the daemon lives, if that is due at `now`: to be called in every round of its loop.
  void keep_alive(Steady now);
  /// When keep_alive() must be called next; Steady::max() if nobody watches.
  Steady alive_due() const { return interval_ ? alive_due_ : Steady::max(); }

 private:
  std::optional<Micros> interval_;
  Steady alive_due_{};
};

}  // namespace yizhan
