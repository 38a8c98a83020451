#include "broker/http_clients.h"

#include <catch2/catch.hpp>
#include <string>

#include "config/options.h"

namespace yizhan::broker {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Steady kStart{std::chrono::hours{1}};

}  // namespace

TEST_CASE("an address has kMaxConnectionsPerAddress connections and no more") {
  HttpClients clients({});
  for (std::size_t i = 0; i < kMaxConnectionsPerAddress; ++i) CHECK(clients.enter("10.0.0.1"));
  CHECK_FALSE(clients.enter("10.0.0.1"));
  CHECK(clients.enter("10.0.0.2"));
  clients.leave("10.0.0.1");
  CHECK(clients.enter("10.0.0.1"));
  CHECK_FALSE(clients.enter("10.0.0.1"));
}

TEST_CASE("an address has its probe requests a minute, and then one after the other") {
  HttpClients clients({});
  for (int i = 0; i < kProbeRequestsPerMinute; ++i) {
    CHECK(clients.take_probe("a", kStart) == Micros::zero());
  }
  CHECK(clients.take_probe("a", kStart) == seconds{1});
  CHECK(clients.take_probe("a", kStart) == seconds{1});
  CHECK(clients.take_probe("b", kStart) == Micros::zero());
  CHECK(clients.take_probe("a", kStart + seconds{1}) == Micros::zero());
  CHECK(clients.take_probe("a", kStart + seconds{1}) == seconds{1});
  for (int i = 0; i < kProbeRequestsPerMinute; ++i) {
    CHECK(clients.take_probe("a", kStart + minutes{2}) == Micros::zero());
  }
  CHECK(clients.take_probe("a", kStart + minutes{2}) > Micros::zero());
}

TEST_CASE("what broker.ini says when it says nothing are the limits of the server") {
  CHECK(BrokerOptions{}.http_connections == static_cast<int>(kMaxConnectionsPerAddress));
  CHECK(BrokerOptions{}.http_requests_per_minute == kProbeRequestsPerMinute);
}

TEST_CASE("a limit of zero probe requests is none") {
  HttpClients clients({.probes_per_minute = 0});
  for (int i = 0; i < 10'000; ++i) CHECK(clients.take_probe("a", kStart) == Micros::zero());
}

TEST_CASE("at most kMaxAddresses addresses are remembered") {
  HttpClients clients({});
  for (std::size_t i = 0; i < kMaxAddresses; ++i) clients.take_probe(std::to_string(i), kStart);
  CHECK(clients.remembered() == kMaxAddresses);
  clients.take_probe("one more while all are busy", kStart);
  CHECK(clients.remembered() == 1);
  for (std::size_t i = 0; i < kMaxAddresses - 1; ++i) {
    clients.take_probe(std::to_string(i), kStart + minutes{i == 0 ? 5 : 1});
  }
  CHECK(clients.remembered() == kMaxAddresses);
  clients.take_probe("one more while most are idle", kStart + minutes{5});
  CHECK(clients.remembered() == 2);
}

TEST_CASE("the addresses of one IPv6 network share, those of IPv4 do not") {
  CHECK(share_of("2001:db8:1:2::1") == share_of("2001:db8:1:2:ffff::9"));
  CHECK(share_of("2001:db8:1:2::1") != share_of("2001:db8:1:3::1"));
  CHECK(share_of("fe80::1%eth0") == share_of("fe80::2"));
  CHECK(share_of("10.0.0.1") == "10.0.0.1");
}

}  // namespace yizhan::broker
