#include "wire/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "wire/limits.h"

namespace yizhan::wire {

namespace {

constexpr std::array<std::string_view, 6> kKinds = {"user", "code", "mac", "ip", "role", "group"};
constexpr const char* kKindList = "user:, code:, mac:, ip:, role: or group:";

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

Error invalid(std::string_view item, const std::string& why) {
  return {Code::kInvalid, "address '" + std::string(item) + "': " + why};
}

/// "AA-BB-CC-DD-EE-FF" and "aa:bb:cc:dd:ee:ff" are one card; empty if it is neither.
std::string normal_mac(std::string value) {
  constexpr std::size_t kMacText = 17;
  if (value.size() != kMacText) return {};
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool between = i % 3 == 2;
    if (between && (value[i] == '-' || value[i] == ':')) {
      value[i] = ':';
    } else {
      value[i] = lower(value[i]);
      if (between || !is_hex(value[i])) return {};
    }
  }
  return value;
}

Status normalise(std::string_view item, Address& address) {
  std::string& value = address.value;
  if (address.kind == "code") {
    std::transform(value.begin(), value.end(), value.begin(), upper);
  } else if (address.kind == "mac") {
    value = normal_mac(std::move(value));
    if (value.empty()) return invalid(item, "a MAC address is written aa:bb:cc:dd:ee:ff");
  } else if (address.kind == "ip") {
    std::transform(value.begin(), value.end(), value.begin(), lower);
    const bool plausible = std::all_of(value.begin(), value.end(),
                                       [](char c) { return is_hex(c) || c == '.' || c == ':'; });
    if (!plausible) return invalid(item, "an IP address is written 192.0.2.7 or 2001:db8::7");
  }
  return {};
}

Result<Address> parse_one(std::string_view item) {
  for (const char c : item) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return Error{Code::kInvalid, "an address has a control character in it"};
    }
  }
  Address address{"user", std::string(item)};
  const std::size_t colon = item.find(':');
  if (colon != std::string_view::npos) {
    address.kind = std::string(trim(item.substr(0, colon)));
    std::transform(address.kind.begin(), address.kind.end(), address.kind.begin(), lower);
    address.value = std::string(trim(item.substr(colon + 1)));
    if (std::find(kKinds.begin(), kKinds.end(), address.kind) == kKinds.end()) {
      return invalid(item, std::string("write a user name, or ") + kKindList + " and a value");
    }
  }
  if (address.value.empty()) return invalid(item, "nothing follows the colon");
  TRY(normalise(item, address));
  return address;
}

}  // namespace

Result<std::vector<Address>> parse_addresses(std::string_view list) {
  if (list.size() > kMaxRecipientBytes) {
    return Error{Code::kLimit, "the list of addresses is longer than " +
                                   std::to_string(kMaxRecipientBytes) + " bytes; use a group"};
  }
  if (trim(list).empty()) return Error{Code::kInvalid, "no address is given"};
  std::vector<Address> addresses;
  std::size_t items = 0;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trim(list.substr(0, comma));
    if (item.empty()) return Error{Code::kInvalid, "an address between two commas is empty"};
    if (++items > kMaxListItems) {
      return Error{Code::kLimit,
                   "more than " + std::to_string(kMaxListItems) + " addresses; use a group"};
    }
    TRY_ASSIGN(Address address, parse_one(item));
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
    if (comma == std::string_view::npos) return addresses;
    list.remove_prefix(comma + 1);
  }
}

std::string format_address(const Address& address) {
  return address.kind + ":" + address.value;
}

}  // namespace yizhan::wire
