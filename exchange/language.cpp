#include "exchange/language.h"

#include <unicode/locid.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace yizhan::exchange {
namespace {

constexpr std::size_t kMaxTagBytes = 35;
constexpr std::size_t kMaxCached = 1000;

using Pair = std::pair<std::string_view, std::string_view>;
// What ICU does not know: the older three-letter codes of ISO 639-2, and the names of old Windows.
constexpr std::array<Pair, 24> kOlder = {{
    {"alb", "sq"},
    {"arm", "hy"},
    {"baq", "eu"},
    {"bur", "my"},
    {"chi", "zh"},
    {"cze", "cs"},
    {"dut", "nl"},
    {"fre", "fr"},
    {"geo", "ka"},
    {"ger", "de"},
    {"gre", "el"},
    {"ice", "is"},
    {"mac", "mk"},
    {"mao", "mi"},
    {"may", "ms"},
    {"per", "fa"},
    {"rum", "ro"},
    {"slo", "sk"},
    {"tib", "bo"},
    {"wel", "cy"},
    {"zh-chs", "zh-Hans"},
    {"zh-cht", "zh-Hant"},
    {"zh-cn-hans", "zh-Hans-CN"},
    {"zh-tw-hant", "zh-Hant-TW"},
}};

std::optional<std::string_view> older(std::string_view tag) {
  for (const auto& [from, to] : kOlder) {
    if (from == tag) return to;
  }
  return std::nullopt;
}

/// Lower case with hyphens, empty if it cannot be a tag.
std::string tidy(std::string_view text) {
  std::string tag;
  for (const char c : text) {
    if (c == ' ' && tag.empty()) continue;
    if (c == '.' || c == '@' || c == ' ') break;  // POSIX: zh_CN.UTF-8
    const auto byte = static_cast<unsigned char>(c);
    if (c != '_' && c != '-' && (byte >= 0x80 || std::isalnum(byte) == 0)) return {};
    tag += c == '_' ? '-' : static_cast<char>(std::tolower(byte));
  }
  if (tag.size() > kMaxTagBytes) return {};
  return tag;
}

std::string known_name(const std::string& tag) {
  if (const auto whole = older(tag)) return std::string(*whole);
  const std::size_t end = std::min(tag.find('-'), tag.size());
  if (const auto first = older(std::string_view(tag).substr(0, end))) {
    return std::string(*first) + tag.substr(end);
  }
  return tag;
}

icu::Locale locale_of(const std::string& tag) {
  UErrorCode status = U_ZERO_ERROR;
  icu::Locale locale = icu::Locale::forLanguageTag(tag, status);
  if (U_FAILURE(status)) locale.setToBogus();
  return locale;
}

std::string script_of(icu::Locale locale) {
  UErrorCode status = U_ZERO_ERROR;
  locale.addLikelySubtags(status);
  return locale.getScript();
}

/// Without a script that goes without saying: zh-Hans-CN is zh-CN. "zh-Hans" stays as it is.
icu::Locale without_likely_script(const icu::Locale& locale) {
  if (*locale.getScript() == '\0' || *locale.getCountry() == '\0') return locale;
  icu::Locale shorter(locale.getLanguage(), locale.getCountry(), locale.getVariant());
  return script_of(shorter) == locale.getScript() ? shorter : locale;
}

}  // namespace

std::optional<std::string> canonical_language(std::string_view text) {
  const std::string tag = known_name(tidy(text));
  if (tag.empty() || tag == "und" || std::min(tag.find('-'), tag.size()) > 3) return std::nullopt;
  icu::Locale locale = locale_of(tag);
  if (locale.isBogus()) return std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  locale.canonicalize(status);
  if (U_FAILURE(status) || *locale.getLanguage() == '\0') return std::nullopt;
  std::string out = without_likely_script(locale).toLanguageTag<std::string>(status);
  if (U_FAILURE(status) || out.empty() || out.starts_with("und")) return std::nullopt;
  // ICU reads as far as it understands; what it left out would be lost.
  const auto parts = [](const std::string& name) {
    return std::count(name.begin(), name.end(), '-');
  };
  if (parts(out) + 1 < parts(tag)) return std::nullopt;
  return out;
}

Fit language_fit(const std::string& wanted, const std::string& language) {
  if (wanted == language) return Fit::kExact;
  const icu::Locale a = locale_of(wanted);
  const icu::Locale b = locale_of(language);
  if (a.isBogus() || b.isBogus()) return Fit::kNo;
  const std::string_view region_a = a.getCountry();
  const std::string_view region_b = b.getCountry();
  const bool same_region = region_a.empty() || region_b.empty() || region_a == region_b;
  const bool same_language = std::string_view(a.getLanguage()) == b.getLanguage();
  return same_language && same_region && script_of(a) == script_of(b) ? Fit::kLoose : Fit::kNo;
}

const std::optional<std::string>& LanguageCache::canonical(std::string_view text) {
  const auto found = canonical_.find(text);
  if (found != canonical_.end()) return found->second;
  if (canonical_.size() >= kMaxCached) return beyond_ = canonical_language(text);
  return canonical_.emplace(text, canonical_language(text)).first->second;
}

Fit LanguageCache::fit(const std::string& wanted, const std::string& language) {
  if (wanted == language) return Fit::kExact;
  const auto found = fits_.find({wanted, language});
  if (found != fits_.end()) return found->second;
  const Fit fit = language_fit(wanted, language);
  if (fits_.size() < kMaxCached) fits_.emplace(std::pair(wanted, language), fit);
  return fit;
}

}  // namespace yizhan::exchange
