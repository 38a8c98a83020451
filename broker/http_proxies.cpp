#include "broker/http_proxies.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace yizhan::broker {

namespace {

constexpr std::string_view kHeader = "x-forwarded-for";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "192.0.2.7", "192.0.2.7:1234", "2001:db8::1", "[2001:db8::1]:1234": some proxies write the port.
std::optional<std::string> address_in(std::string_view entry) {
  if (entry.starts_with('[')) {
    entry = entry.substr(1, std::min(entry.find(']'), entry.size()) - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    entry = entry.substr(0, entry.find(':'));
  }
  const auto bytes = ip_bytes(entry);
  return bytes ? std::optional(ip_text(*bytes)) : std::nullopt;
}

/// All entries of all such headers, in their order.
std::string joined(const HttpHead& head) {
  std::string all;
  for (const auto& [name, value] : head.fields) {
    if (name == kHeader) all += (all.empty() ? "" : ",") + value;
  }
  return all;
}

}  // namespace

bool TrustedProxies::trusts(const std::string& address) const {
  const auto bytes = ip_bytes(address);
  return bytes && std::any_of(networks_.begin(), networks_.end(),
                              [&](const Network& network) { return network.contains(*bytes); });
}

std::string TrustedProxies::client_of(const std::string& peer, const HttpHead& head) const {
  std::string client = peer;
  if (networks_.empty() || !trusts(peer)) return client;
  const std::string all = joined(head);
  std::string_view left = all;
  while (!left.empty() && trusts(client)) {
    const std::size_t comma = left.rfind(',');
    const std::string_view entry =
        trimmed(comma == std::string_view::npos ? left : left.substr(comma + 1));
    const auto address = address_in(entry);
    if (!address) break;
    client = *address;
    left = left.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  return client;
}

}  // namespace yizhan::broker
