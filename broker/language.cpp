#include "broker/language.h"

#include <algorithm>
#include <optional>
#include <string>

#include "broker/http_form.h"
#include "broker/http_limits.h"

namespace yizhan::broker {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<Language> language_of(std::string_view tag) {
  std::string primary(tag.substr(0, tag.find('-')));
  std::transform(primary.begin(), primary.end(), primary.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (primary == "zh") return Language::kChinese;
  if (primary == "en" || primary == "*") return Language::kEnglish;
  return std::nullopt;
}

/// "q=0.8" in thousandths; empty if it is anything else.
std::optional<int> read_weight(std::string_view text) {
  if (!text.starts_with("q=") && !text.starts_with("Q=")) return std::nullopt;
  text.remove_prefix(2);
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int place = 100;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    weight += (text[i] - '0') * place;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

}  // namespace

const char* language_code(Language language) {
  return language == Language::kChinese ? "zh" : "en";
}

Language choose_language(std::string_view target, std::string_view accept_language) {
  const auto wanted = form_value(query_of(target), "lang");
  if (wanted == "zh") return Language::kChinese;
  if (wanted == "en") return Language::kEnglish;
  Language best = Language::kEnglish;
  int best_weight = 0;
  std::string_view rest = accept_language;
  for (std::size_t i = 0; i < kMaxLanguageRanges && !rest.empty(); ++i) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view range = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t semicolon = range.find(';');
    const auto language = language_of(trimmed(range.substr(0, semicolon)));
    const auto weight = semicolon == std::string_view::npos
                            ? std::optional(1000)
                            : read_weight(trimmed(range.substr(semicolon + 1)));
    if (!language || !weight || *weight <= best_weight) continue;
    best = *language;
    best_weight = *weight;
  }
  return best;
}

}  // namespace yizhan::broker
