#pragma once
// Cuts connections that make libzmq hold more memory than any honest peer can.
//
// libzmq gives a message to us when its last part is there, and counts only whole messages against
// the receive queue: a message of parts without end is kept without bound, before we have seen a
// byte of it. What a connection holds is therefore measured from outside: the bytes that the kernel
// gave to libzmq less those that libzmq gave to us. A connection above the limit is shut down, and
// libzmq frees the message that will never end.

#include <dirent.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "config/daemon.h"
#include "config/result.h"

namespace yizhan::broker {

/// Has a thread of its own, so that a broker that waits for its disk is guarded too.
class FloodGuard {
 public:
  /// In bytes on the wire. In memory the same can be two to three times as much: libzmq takes
  /// about a hundred bytes for each part.
  struct Limits {
    std::uint64_t connection;  ///< what one connection may hold
    std::uint64_t all;         ///< what all may: above it those that hold most are cut
    /// The connections are looked at when the process's resident memory has grown by this.
    std::uint64_t growth;
    std::chrono::milliseconds interval;  ///< how often the memory is looked at
  };

  /// Guards the connections that this process has accepted on the TCP port `port`. kIo without
  /// /proc or when descriptors are short; it needs no further descriptor later, when they may be.
  static Result<std::unique_ptr<FloodGuard>> open(std::uint16_t port, const Limits& limits);
  ~FloodGuard();
  FloodGuard(const FloodGuard&) = delete;
  FloodGuard& operator=(const FloodGuard&) = delete;

  /// libzmq gave us what had been `bytes` on the wire of the connection with descriptor `fd`. Too
  /// few are taken for bytes that are held still, in the end for a flood. Any thread.
  void handed_over(int fd, std::uint64_t bytes);

  std::uint64_t looks() const { return looks_; }  ///< how often all connections were looked at
  std::uint64_t cut() const { return cut_; }      ///< connections shut down

 private:
  struct Holder {
    int fd;
    std::uint64_t taken;  ///< by libzmq from the kernel
    std::uint64_t held;
  };

  FloodGuard(std::uint16_t port, const Limits& limits) : port_(port), limits_(limits) {}
  void watch();
  std::uint64_t resident_bytes() const;
  void look();
  std::vector<Holder> holders();
  void cut_off(const Holder& holder);

  std::uint16_t port_;
  Limits limits_;
  Descriptor memory_;  ///< /proc/self/statm
  Descriptor spare_;   ///< its number is lent to a connection while that is cut
  std::unique_ptr<DIR, int (*)(DIR*)> descriptors_{nullptr, ::closedir};
  std::uint64_t resident_ = 0;  ///< when last looked at, or less since
  std::atomic<std::uint64_t> looks_ = 0;
  std::atomic<std::uint64_t> cut_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;                   // under mutex_
  std::vector<std::uint64_t> handed_over_;  // by descriptor; under mutex_
  std::thread thread_;
};

}  // namespace yizhan::broker
