// What single values must look like, with what to write instead.

#include <algorithm>

#include "agent/task_file_keys.h"
#include "config/ids.h"
#include "config/nearest.h"
#include "config/printable.h"
#include "config/time.h"
#include "wire/address.h"
#include "wire/codec.h"

namespace yizhan::agent {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_whole(std::string_view text) {
  constexpr std::size_t kMostDigits = 18;  // fits a signed 64-bit number
  return !text.empty() && text.size() <= kMostDigits &&
         std::all_of(text.begin(), text.end(), is_digit);
}

bool is_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return is_whole(text);
  return is_whole(text.substr(0, point)) && is_whole(text.substr(point + 1));
}

bool is_currency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// The form of BCP 47, not its registry: a language of two or three letters (or "x", "i" and a
/// private one), then subtags of one to eight letters and digits.
bool is_language(std::string_view text) {
  std::size_t subtags = 0;
  while (true) {
    const std::size_t hyphen = text.find('-');
    const std::string_view subtag = text.substr(0, hyphen);
    if (subtag.empty() || subtag.size() > 8) return false;
    const bool first = subtags++ == 0;
    for (const char c : subtag) {
      if (!is_letter(c) && (first || !is_digit(c))) return false;
    }
    if (first && subtag.size() == 1 && hyphen == std::string_view::npos) return false;
    if (hyphen == std::string_view::npos) return true;
    text.remove_prefix(hyphen + 1);
  }
}

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const std::size_t blank = words.find(' ');
    list.push_back(words.substr(0, blank));
    words.remove_prefix(blank == std::string_view::npos ? words.size() : blank + 1);
  }
  return list;
}

std::string quoted(std::string_view value) {
  constexpr std::size_t kShown = 60;
  return "'" + printable(value, kShown) + "'";
}

std::optional<std::string> wrong_word(const KeyRule& rule, std::string_view value) {
  const std::vector<std::string_view> words = split_words(rule.words);
  if (std::find(words.begin(), words.end(), value) != words.end()) return std::nullopt;
  constexpr std::string_view kPenalty = "penalty-";
  if (rule.type == ValueType::kWords && value.substr(0, kPenalty.size()) == kPenalty &&
      is_whole(value.substr(kPenalty.size()))) {
    return std::nullopt;
  }
  std::string text = quoted(value) + " is not a word for it; write ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + std::string(words[i]);
  }
  if (rule.type == ValueType::kWords) text += ", or penalty-10";
  const std::string_view nearest = nearest_name(value, words);
  if (!nearest.empty()) text += "; did you mean \"" + std::string(nearest) + "\"?";
  return text;
}

std::optional<std::string> wrong_language(std::string_view value) {
  if (is_language(value)) return std::nullopt;
  std::string hyphens(value);
  std::replace(hyphens.begin(), hyphens.end(), '_', '-');
  if (hyphens != value && is_language(hyphens)) {
    return quoted(value) + " is not a language tag; write " + hyphens + " (a hyphen, not '_')";
  }
  return quoted(value) + " is not a language tag; write one like zh-CN or en";
}

std::optional<std::string> wrong_unless(bool good, std::string_view value, const char* what) {
  if (good) return std::nullopt;
  return quoted(value) + " is not " + what;
}

}  // namespace

std::optional<std::string> wrong_value(const KeyRule& rule, std::string_view value) {
  switch (rule.type) {
    case ValueType::kText:
      return std::nullopt;
    case ValueType::kWord:
    case ValueType::kWords:
      return wrong_word(rule, value);
    case ValueType::kYesNo:
      return wrong_unless(value == "yes" || value == "no", value, "yes or no");
    case ValueType::kTime:
      return wrong_unless(parse_time(value).has_value(), value,
                          "a time; write it with its offset, like 2026-03-04T09:12:00+08:00");
    case ValueType::kDuration:
      return wrong_unless(parse_duration(value).has_value(), value,
                          "a duration; write a number and a unit, like 15m or 2h");
    case ValueType::kLanguage:
      return wrong_language(value);
    case ValueType::kWhole:
      return wrong_unless(is_whole(value), value, "a whole number; write digits only, like 5240");
    case ValueType::kDecimal:
      return wrong_unless(is_decimal(value), value,
                          "a decimal number; write digits and a point, like 712.80");
    case ValueType::kCurrency:
      return wrong_unless(is_currency(value), value,
                          "a currency; write three capital letters (ISO 4217), like CNY");
    case ValueType::kUuid:
      return wrong_unless(parse_uuid(value).has_value(), value,
                          "a UUID, like 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01");
    case ValueType::kSha256: {
      std::string lower(value);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      return wrong_unless(sha256_from_hex(lower).has_value(), value, "64 hex digits");
    }
    case ValueType::kAddress:
    case ValueType::kAddresses: {
      const auto addresses = wire::parse_addresses(value);
      if (!addresses.ok()) return addresses.error().message;
      return wrong_unless(rule.type == ValueType::kAddresses || addresses->size() == 1, value,
                          "one address; write user: and a name");
    }
    case ValueType::kFileName: {
      const Status name = wire::check_attachment_name(value);
      if (name.ok()) return std::nullopt;
      return name.error().message;
    }
  }
  return std::nullopt;
}

}  // namespace yizhan::agent
