#pragma once
// Whom an HTTP request really comes from, behind reverse proxies. Pure.

#include <string>
#include <vector>

#include "broker/http_head.h"
#include "config/networks.h"

namespace yizhan::broker {

class TrustedProxies {
 public:
  /// None: nobody's word about another address is taken.
  TrustedProxies() = default;
  explicit TrustedProxies(std::vector<Network> networks) : networks_(std::move(networks)) {}

  bool trusts(const std::string& address) const;

  /// The address that a request counts for which came from `peer`. Each proxy writes the address it
  /// was asked from at the end of X-Forwarded-For; so from the right, the first that is no trusted
  /// proxy's. What stands further left anybody could have written. `peer` itself, if it is not
  /// trusted or says nothing; where an entry is no address, the last good one before it.
  std::string client_of(const std::string& peer, const HttpHead& head) const;

 private:
  std::vector<Network> networks_;
};

}  // namespace yizhan::broker
