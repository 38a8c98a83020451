#include "exchange/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

#include "config/time.h"

namespace yizhan::exchange {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

std::string_view look_up(std::span<const Row> rows, std::string_view word) {
  for (const auto& [from, to] : rows) {
    if (from.size() == word.size() &&
        std::equal(from.begin(), from.end(), word.begin(), [](char a, char b) {
          return std::tolower(static_cast<unsigned char>(a)) ==
                 std::tolower(static_cast<unsigned char>(b));
        })) {
      return to;
    }
  }
  return {};
}

constexpr std::array<Row, 8> kOwn = {{
    {"draft", "draft"},
    {"translated", "translated"},
    {"reviewed", "reviewed"},
    {"final", "final"},
    {"rejected", "rejected"},
    {"proposed", "proposed"},
    {"disputed", "disputed"},
    {"approved", "reviewed"},
}};
// The first of those with one of our words is the one written.
constexpr std::array<Row, 7> kTrados = {{
    {"Draft", "draft"},
    {"Translated", "translated"},
    {"ApprovedTranslation", "reviewed"},
    {"ApprovedSignOff", "final"},
    {"RejectedTranslation", "rejected"},
    {"RejectedSignOff", "rejected"},
    {"Unspecified", "draft"},
}};
constexpr std::array<Row, 18> kMemoq = {{
    {"NotStarted", "draft"},
    {"PartiallyEdited", "draft"},
    {"Pretranslated", "draft"},
    {"AssembledFromFragments", "draft"},
    {"Edited", "draft"},
    {"MachineTranslated", "draft"},
    {"XTranslated", "draft"},
    {"Confirmed", "translated"},
    {"ConfirmedTranslator", "translated"},
    {"ManuallyConfirmed", "translated"},
    {"TranslatorConfirmed", "translated"},
    {"ConfirmedReviewer1", "reviewed"},
    {"Reviewer1Confirmed", "reviewed"},
    {"Reviewer1", "reviewed"},
    {"ConfirmedReviewer2", "final"},
    {"Reviewer2Confirmed", "final"},
    {"Proofread", "final"},
    {"Rejected", "rejected"},
}};
constexpr std::array<Row, 10> kXliff1 = {{
    {"new", "draft"},
    {"needs-translation", "draft"},
    {"needs-adaptation", "draft"},
    {"needs-l10n", "draft"},
    {"translated", "translated"},
    {"final", "final"},
    {"signed-off", "final"},
    {"needs-review-translation", "rejected"},
    {"needs-review-adaptation", "translated"},
    {"needs-review-l10n", "translated"},
}};
constexpr std::array<Row, 4> kXliff2 = {{
    {"initial", "draft"},
    {"translated", "translated"},
    {"reviewed", "reviewed"},
    {"final", "final"},
}};
constexpr std::array<Row, 24> kTerm = {{
    {"preferredTerm-admn-sts", "preferred"},
    {"admittedTerm-admn-sts", "admitted"},
    {"deprecatedTerm-admn-sts", "deprecated"},
    {"supersededTerm-admn-sts", "deprecated"},
    {"preferredTerm", "preferred"},
    {"admittedTerm", "admitted"},
    {"deprecatedTerm", "deprecated"},
    {"supersededTerm", "deprecated"},
    {"preferred", "preferred"},
    {"admitted", "admitted"},
    {"deprecated", "deprecated"},
    {"superseded", "deprecated"},
    {"obsolete", "deprecated"},
    {"forbidden", "forbidden"},
    {"notRecommended", "deprecated"},
    {"proposed", "proposed"},
    {"allowed", "admitted"},
    {"approved", "preferred"},
    {"standardizedTerm", "preferred"},
    {"standardized", "preferred"},
    {"regulatedTerm", "preferred"},
    {"legalTerm", "admitted"},
    {"prohibited", "forbidden"},
    {"rejected", "forbidden"},
}};
constexpr std::array<std::string_view, 4> kRanks = {"draft", "translated", "reviewed", "final"};

constexpr std::size_t kIsoSize = std::string_view("2024-03-05T10:15:00Z").size();

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string> iso_time(std::string_view text) {
  std::string iso(text);
  if (text.size() >= 8 && all_digits(text.substr(0, 8))) {
    iso = std::string(text.substr(0, 4)) + "-" + std::string(text.substr(4, 2)) + "-" +
          std::string(text.substr(6));
  }
  if (iso.size() == 10) iso += "T00:00:00Z";
  if (iso.size() >= 17 && iso[10] == 'T' && all_digits(std::string_view(iso).substr(11, 6))) {
    iso = iso.substr(0, 13) + ":" + iso.substr(13, 2) + ":" + iso.substr(15);
  }
  if (iso.size() == 19) iso += "Z";
  const std::optional<Instant> time = parse_time(iso);
  if (!time) return std::nullopt;
  if (iso.size() == kIsoSize && iso.back() == 'Z') return iso;  // nearly all: nothing to convert
  return format_time(std::chrono::floor<std::chrono::seconds>(*time));
}

std::optional<std::string> tmx_time(std::string_view iso) {
  const std::optional<Instant> time = parse_time(iso);
  if (!time) return std::nullopt;
  const bool as_is = iso.size() == kIsoSize && iso.back() == 'Z';
  std::string text =
      as_is ? std::string(iso) : format_time(std::chrono::floor<std::chrono::seconds>(*time));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  if (text.size() != 16) return std::nullopt;  // a year of five digits
  return text;
}

std::string_view status_from_word(std::string_view word) {
  return look_up(kOwn, word);
}
std::string_view status_from_trados(std::string_view level) {
  return look_up(kTrados, level);
}
std::string_view trados_from_status(std::string_view status) {
  for (const auto& [theirs, ours] : kTrados) {
    if (ours == status) return theirs;
  }
  return {};
}
std::string_view status_from_memoq(std::string_view status) {
  return look_up(kMemoq, status);
}
std::string_view status_from_xliff1(std::string_view state) {
  return look_up(kXliff1, state);
}
std::string_view status_from_xliff2(std::string_view state) {
  return look_up(kXliff2, state);
}

int status_rank(std::string_view status) {
  if (status == "rejected" || status == "disputed" || status == "proposed") return 0;
  const auto* const found = std::find(kRanks.begin(), kRanks.end(), status);
  return found == kRanks.end() ? -1 : static_cast<int>(found - kRanks.begin());
}

std::string_view term_status_from(std::string_view word) {
  return look_up(kTerm, word);
}

std::string_view tbx_from_term_status(std::string_view status) {
  if (status == "forbidden") return "deprecatedTerm-admn-sts";
  for (const auto& [theirs, ours] : kTerm) {
    if (ours == status) return theirs == "proposed" ? std::string_view() : theirs;
  }
  return {};
}

}  // namespace yizhan::exchange
