#include "agent/route_linux.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "config/daemon.h"

namespace yizhan::agent {

namespace {

struct Endpoint {
  std::string host;
  std::string port;
};

/// "tcp://[::1]:8470" or "tcp://broker.example.com:8470".
Endpoint parse(std::string_view broker) {
  const std::size_t scheme = broker.find("://");
  if (scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
  const std::size_t colon = broker.rfind(':');
  Endpoint endpoint{std::string(broker.substr(0, colon)),
                    colon == std::string_view::npos ? "" : std::string(broker.substr(colon + 1))};
  std::string& host = endpoint.host;
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return endpoint;
}

using Interfaces = std::unique_ptr<ifaddrs, decltype(&freeifaddrs)>;

Interfaces interfaces() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) all = nullptr;
  return {all, &freeifaddrs};
}

bool has_ip(const ifaddrs& one) {
  return one.ifa_addr != nullptr &&
         (one.ifa_addr->sa_family == AF_INET || one.ifa_addr->sa_family == AF_INET6);
}

/// An IPv6 address of the link alone is there as soon as the interface is, and leads nowhere.
bool is_link_local(const sockaddr& address) {
  return address.sa_family == AF_INET6 &&
         IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

bool same_ip(const sockaddr& a, const sockaddr& b) {
  if (a.sa_family != b.sa_family) return false;
  if (a.sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
  }
  return IN6_ARE_ADDR_EQUAL(&reinterpret_cast<const sockaddr_in6&>(a).sin6_addr,
                            &reinterpret_cast<const sockaddr_in6&>(b).sin6_addr);
}

/// For a host whose address is not known: whether there is any network at all.
std::optional<std::string> why_no_network() {
  const Interfaces all = interfaces();
  if (all == nullptr) return std::nullopt;
  for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
    const bool usable = (one->ifa_flags & IFF_RUNNING) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
    if (usable && has_ip(*one) && !is_link_local(*one->ifa_addr)) return std::nullopt;
  }
  return "no network interface is up and has an address";
}

/// For the local address that the kernel would use: whether its interface has a carrier.
std::optional<std::string> why_no_carrier(const sockaddr& local) {
  const Interfaces all = interfaces();
  for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
    if (!has_ip(*one) || !same_ip(*one->ifa_addr, local)) continue;
    if ((one->ifa_flags & IFF_RUNNING) != 0) return std::nullopt;
    return std::string(one->ifa_name) + " has no carrier";
  }
  return std::nullopt;
}

std::optional<std::string> why_no_route_to(const addrinfo& peer, const std::string& host) {
  const Descriptor socket(::socket(peer.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return std::nullopt;
  // A datagram socket's connect() looks the route up and sends nothing.
  if (connect(socket.get(), peer.ai_addr, peer.ai_addrlen) != 0) {
    switch (errno) {
      case ENETUNREACH:
      case ENETDOWN:
      case EHOSTUNREACH:
      case EADDRNOTAVAIL:
        return "no route to " + host + " (" + std::strerror(errno) + ")";
      default:
        return std::nullopt;
    }
  }
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  auto* address = reinterpret_cast<sockaddr*>(&local);
  if (getsockname(socket.get(), address, &size) != 0) return std::nullopt;
  // A broker on this machine needs no carrier.
  return same_ip(*address, *peer.ai_addr) ? std::nullopt : why_no_carrier(*address);
}

}  // namespace

std::optional<std::string> why_no_route(const std::string& broker) {
  const Endpoint endpoint = parse(broker);
  if (endpoint.host == "localhost") return std::nullopt;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found) != 0) {
    return why_no_network();
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> peer(found, &freeaddrinfo);
  return why_no_route_to(*peer, endpoint.host);
}

}  // namespace yizhan::agent
