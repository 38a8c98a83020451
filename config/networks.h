#pragma once
// IP addresses and networks as people write them: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32".

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan {

/// An address of either family in one form: IPv4 as ::ffff:a.b.c.d.
using IpBytes = std::array<unsigned char, 16>;

/// Empty if `text` is no address. A zone behind "%" is left out: it means something on one machine
/// only.
std::optional<IpBytes> ip_bytes(std::string_view text);

/// The one way in which this program writes it: IPv4 dotted, IPv6 as short as it goes.
std::string ip_text(const IpBytes& bytes);

struct Network {
  IpBytes bytes{};
  int bits = 0;  ///< of `bytes` that count, 0 to 128

  bool contains(const IpBytes& address) const;
};

/// An address, which is a network of one, or ADDRESS/BITS. kInvalid with what would be right, also
/// if bits are set behind those that count: "10.0.0.7/8" is a slip more often than a network.
Result<Network> parse_network(std::string_view text);

/// parse_network() as a check of an option's value.
Status check_network(std::string_view text);

}  // namespace yizhan
