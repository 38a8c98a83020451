#include "broker/http_clients.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace yizhan::broker {

namespace {

constexpr Micros kMinute = std::chrono::minutes{1};

}  // namespace

std::string share_of(const std::string& address) {
  constexpr std::size_t kNetworkBytes = 8;
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), bytes.data()) != 1) {
    return address;
  }
  return std::string(bytes.data(), kNetworkBytes);
}

bool HttpClients::enter(const std::string& share) {
  std::size_t& count = connections_[share];
  if (count >= limits_.connections) {
    if (count == 0) connections_.erase(share);
    return false;
  }
  ++count;
  return true;
}

void HttpClients::leave(const std::string& share) {
  const auto found = connections_.find(share);
  if (found == connections_.end()) return;
  if (--found->second == 0) connections_.erase(found);
}

Micros HttpClients::take_probe(const std::string& share, Steady now) {
  if (limits_.probes_per_minute <= 0) return Micros::zero();
  if (buckets_.size() >= kMaxAddresses && !buckets_.contains(share)) forget_idle(now);
  Bucket& bucket = buckets_[share];
  bucket.debt = std::max(Micros::zero(), bucket.debt - (now - bucket.at));
  bucket.at = now;
  const Micros price = kMinute / limits_.probes_per_minute;
  if (bucket.debt + price > kMinute) return bucket.debt + price - kMinute;
  bucket.debt += price;
  return Micros::zero();
}

void HttpClients::forget_idle(Steady now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return entry.second.debt <= now - entry.second.at; });
  // All of them busy: somebody has that many addresses, and no bucket would stop him.
  if (buckets_.size() >= kMaxAddresses) buckets_.clear();
}

}  // namespace yizhan::broker
