#pragma once
// How much of the HTTP server one address may have: connections at once, and probe requests a
// minute as a token bucket. Pure.

#include <cstddef>
#include <map>
#include <string>

#include "broker/http_limits.h"
#include "config/time.h"

namespace yizhan::broker {

/// Whose share `address` counts on: itself, or, for IPv6, its /64, which is one customer's.
std::string share_of(const std::string& address);

class HttpClients {
 public:
  struct Limits {
    std::size_t connections = kMaxConnectionsPerAddress;
    int probes_per_minute = kProbeRequestsPerMinute;  ///< 0: no limit
  };
  explicit HttpClients(Limits limits) : limits_(limits) {}

  /// Counts a connection, or is false if the address has all it may have.
  bool enter(const std::string& share);
  void leave(const std::string& share);

  /// Zero, and the request is counted; or how long until the next one may come.
  Micros take_probe(const std::string& share, Steady now);

  std::size_t remembered() const { return buckets_.size(); }

 private:
  struct Bucket {
    Micros debt{};  ///< at `at`; pays itself back with time
    Steady at{};
  };
  void forget_idle(Steady now);

  Limits limits_;
  std::map<std::string, std::size_t> connections_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace yizhan::broker
