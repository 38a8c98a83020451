#include "agent/time_zone.h"

#include <algorithm>
#include <cstddef>

namespace yizhan::agent {

namespace {

constexpr std::size_t kLongestName = 64;  // the longest of the tz database has 32
constexpr std::string_view kFolder = "zoneinfo/";
constexpr std::string_view kBlanks = " \t\r\n";

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// "Asia/Shanghai", "Etc/GMT+8", "UTC"; neither "CST-8" nor "EST5EDT,M3.2.0,M11.1.0".
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestName || !is_letter(text.front())) return false;
  const bool is_clean = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
  });
  if (!is_clean || text.back() == '/' || text.find("//") != std::string_view::npos) return false;
  return text.find('/') != std::string_view::npos ||
         std::all_of(text.begin(), text.end(), is_letter);
}

/// The name in one hint: alone, behind a colon, or at the end of a path into the database.
std::string name_in(std::string_view hint) {
  const std::size_t first = hint.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  hint = hint.substr(first, hint.find_last_not_of(kBlanks) - first + 1);
  if (hint.starts_with(':')) hint.remove_prefix(1);
  if (const std::size_t folder = hint.rfind(kFolder); folder != std::string_view::npos) {
    hint = hint.substr(folder + kFolder.size());
    // Copies of the whole database, with and without leap seconds.
    for (const std::string_view copy : {"posix/", "right/"}) {
      if (hint.starts_with(copy)) hint.remove_prefix(copy.size());
    }
  }
  return is_name(hint) ? std::string(hint) : "";
}

}  // namespace

std::string zone_name(const ZoneHints& hints) {
  for (const std::string& hint : {hints.variable, hints.localtime, hints.timezone_file}) {
    if (std::string name = name_in(hint); !name.empty()) return name;
  }
  return "";
}

}  // namespace yizhan::agent
