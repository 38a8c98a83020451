#include "config/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace yizhan {

namespace {

constexpr int kAllBits = 128;
constexpr int kIpv4Bits = 32;
constexpr std::size_t kIpv4Offset = 12;
constexpr std::size_t kLongestAddress = 45;  // INET6_ADDRSTRLEN - 1

Error invalid(std::string_view text) {
  return {Code::kInvalid, "\"" + std::string(text) +
                              "\" is no address or network such as 192.0.2.7, 10.0.0.0/8 or "
                              "2001:db8::/32"};
}

bool is_set(const IpBytes& bytes, int bit) {
  return (bytes[static_cast<std::size_t>(bit / 8)] & (0x80 >> (bit % 8))) != 0;
}

}  // namespace

std::optional<IpBytes> ip_bytes(std::string_view text) {
  const std::string address(text.substr(0, text.find('%')));
  // inet_pton ends at a NUL.
  if (address.size() > kLongestAddress || address.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  IpBytes bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  bytes = {};
  bytes[10] = bytes[11] = 0xFF;
  if (inet_pton(AF_INET, address.c_str(), bytes.data() + kIpv4Offset) == 1) return bytes;
  return std::nullopt;
}

std::string ip_text(const IpBytes& bytes) {
  const bool is_ipv4 =
      bytes[10] == 0xFF && bytes[11] == 0xFF &&
      std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char byte) { return byte == 0; });
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes.data() + (is_ipv4 ? kIpv4Offset : 0), text.data(),
            text.size());
  return text.data();
}

bool Network::contains(const IpBytes& address) const {
  for (int bit = 0; bit < bits; ++bit) {
    if (is_set(bytes, bit) != is_set(address, bit)) return false;
  }
  return true;
}

Result<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const auto bytes = ip_bytes(address);
  if (!bytes || address.find('%') != std::string_view::npos) return invalid(text);
  Network network{*bytes, kAllBits};
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  const bool is_ipv4 = address.find(':') == std::string_view::npos;
  const int most = is_ipv4 ? kIpv4Bits : kAllBits;
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > most) {
    return invalid(text);
  }
  network.bits = kAllBits - most + bits;
  for (int bit = network.bits; bit < kAllBits; ++bit) {
    if (!is_set(network.bytes, bit)) continue;
    return Error{Code::kInvalid, "\"" + std::string(text) + "\" has bits set behind the first " +
                                     std::to_string(bits) +
                                     "; write the network's first address, or the address alone"};
  }
  return network;
}

Status check_network(std::string_view text) {
  TRY(parse_network(text));
  return {};
}

}  // namespace yizhan
