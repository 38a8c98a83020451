#include "agent/machine_linux.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "agent/time_zone.h"
#include "config/daemon_start.h"
#include "config/files.h"

namespace yizhan::agent {

namespace {

constexpr const char* kInterfaces = "/sys/class/net";
constexpr std::size_t kMacTextBytes = 17;  // "02:42:ac:11:00:02"
constexpr std::size_t kMostMacs = 16;
constexpr std::size_t kMaxZoneFile = 4096;

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  return name.data();
}

/// Empty for the loopback and for interfaces without a hardware address.
std::string mac_of(const std::filesystem::path& interface) {
  const Result<std::string> text = read_file(interface / "address", 4096);
  if (!text.ok() || text->size() < kMacTextBytes) return "";
  const std::string mac = text->substr(0, kMacTextBytes);
  return mac == "00:00:00:00:00:00" ? "" : mac;
}

void tidy(std::vector<std::string>* macs) {
  std::sort(macs->begin(), macs->end());
  macs->erase(std::unique(macs->begin(), macs->end()), macs->end());
  if (macs->size() > kMostMacs) macs->resize(kMostMacs);
}

std::string time_zone() {
  ZoneHints hints;
  if (const char* variable = std::getenv("TZ")) hints.variable = variable;
  std::error_code no_link;
  hints.localtime = std::filesystem::read_symlink("/etc/localtime", no_link).string();
  if (auto text = read_file("/etc/timezone", kMaxZoneFile); text.ok()) hints.timezone_file = *text;
  return zone_name(hints);
}

}  // namespace

Machine describe_machine(const PublicKey& key) {
  namespace fs = std::filesystem;
  std::vector<std::string> cards;
  std::vector<std::string> virtual_ones;
  std::error_code failure;
  fs::directory_iterator entries(kInterfaces, failure);
  for (; !failure && entries != fs::directory_iterator(); entries.increment(failure)) {
    const std::string mac = mac_of(entries->path());
    if (mac.empty()) continue;
    // The entry is a link to the device; those made by the kernel alone lie under devices/virtual.
    std::error_code no_link;
    const std::string device = fs::read_symlink(entries->path(), no_link).string();
    const bool is_virtual = device.find("/virtual/") != std::string::npos;
    (is_virtual ? virtual_ones : cards).push_back(mac);
  }
  if (cards.empty()) cards = std::move(virtual_ones);
  tidy(&cards);
  return {host_name(), std::move(cards), key, login_name(), home_folder(), time_zone()};
}

}  // namespace yizhan::agent
