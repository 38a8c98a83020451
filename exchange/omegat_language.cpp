// Which languages' data may go into a project, by the likely script of a tag (CLDR, as ICU has it).

#include <unicode/uloc.h>

#include <algorithm>
#include <array>
#include <string>

#include "exchange/omegat_project.h"

namespace yizhan::exchange {

namespace {

using Buffer = std::array<char, ULOC_FULLNAME_CAPACITY>;

struct Tag {
  std::string language, script, region;
  bool names_region = false;
};

/// "zh_Hans_CN" as ICU writes it; empty if `tag` is none.
std::string locale_of(std::string_view tag) {
  std::string text(tag);
  std::replace(text.begin(), text.end(), '_', '-');
  Buffer locale{};
  std::int32_t parsed = 0;
  UErrorCode status = U_ZERO_ERROR;
  uloc_forLanguageTag(text.c_str(), locale.data(), static_cast<std::int32_t>(locale.size()),
                      &parsed, &status);
  const bool whole = U_SUCCESS(status) && static_cast<std::size_t>(parsed) == text.size();
  return whole && locale[0] != '\0' && locale[0] != '_' ? locale.data() : std::string();
}

template <class Getter>
std::string part(Getter getter, const std::string& locale) {
  Buffer buffer{};
  UErrorCode status = U_ZERO_ERROR;
  getter(locale.c_str(), buffer.data(), static_cast<std::int32_t>(buffer.size()), &status);
  return U_SUCCESS(status) ? buffer.data() : "";
}

Tag read(std::string_view text) {
  const std::string locale = locale_of(text);
  Tag tag;
  if (locale.empty()) return tag;
  tag.region = part(uloc_getCountry, locale);
  tag.names_region = !tag.region.empty();
  const std::string likely = part(uloc_addLikelySubtags, locale);
  tag.language = part(uloc_getLanguage, likely);
  tag.script = part(uloc_getScript, likely);
  return tag;
}

}  // namespace

std::string omegat_language(std::string_view tag) {
  const std::string locale = locale_of(tag);
  if (locale.empty()) return {};
  Buffer out{};
  UErrorCode status = U_ZERO_ERROR;
  uloc_toLanguageTag(locale.c_str(), out.data(), static_cast<std::int32_t>(out.size()), true,
                     &status);
  return U_SUCCESS(status) ? out.data() : "";
}

bool omegat_language_fits(std::string_view tag, std::string_view wanted, bool source) {
  const Tag have = read(tag);
  const Tag want = read(wanted);
  if (have.language.empty() || have.language != want.language) return false;
  if (have.script != want.script) return false;
  return source || !have.names_region || !want.names_region || have.region == want.region;
}

}  // namespace yizhan::exchange
