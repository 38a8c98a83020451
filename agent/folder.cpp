#include "agent/folder.h"

#include <algorithm>
#include <array>

#include "agent/outgoing.h"

namespace yizhan::agent {

namespace {

constexpr std::size_t kHexDigits = 16;
constexpr std::size_t kMaxNameKept = 200;  // of the 255 bytes that a directory entry may have

// Browsers, download managers and copy tools write under these names and rename at the end.
constexpr std::array<std::string_view, 8> kTemporarySuffixes = {
    ".part", ".crdownload", ".tmp", ".partial", ".download", ".filepart", ".opdownload", "~"};

bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) {
  if (text.size() < suffix.size()) return false;
  return std::equal(suffix.begin(), suffix.end(),
                    text.end() - static_cast<std::ptrdiff_t>(suffix.size()), [](char a, char b) {
                      return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
                    });
}

}  // namespace

bool is_never_taken(std::string_view file_name) {
  if (file_name.empty() || file_name.front() == '.') return true;
  const auto ends = [file_name](std::string_view suffix) {
    return ends_with_ignoring_case(file_name, suffix);
  };
  return std::any_of(kTemporarySuffixes.begin(), kTemporarySuffixes.end(), ends) ||
         ends(kAcceptedSuffix) || ends(kRejectedSuffix) || ends(kDoneSuffix);
}

std::string claimed_name(const std::string& hex16, const std::string& file_name) {
  return hex16 + "-" + file_name.substr(0, kMaxNameKept);
}

std::string name_of_claimed(const std::string& claimed_name) {
  const bool ours = claimed_name.size() > kHexDigits + 1 && claimed_name[kHexDigits] == '-';
  return ours ? claimed_name.substr(kHexDigits + 1) : claimed_name;
}

std::string_view last_component(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace yizhan::agent
