#pragma once
#include <optional>
#include <string>

namespace yizhan::agent {

/// Why this machine has no way to `broker` ("tcp://HOST:PORT"), whatever the broker does: no route,
/// or an interface without an address or carrier. Empty if it has one, or if that cannot be told.
/// Asks the kernel only: sends nothing and resolves no name, so it never waits.
std::optional<std::string> why_no_route(const std::string& broker);

}  // namespace yizhan::agent
