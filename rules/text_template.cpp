#include "rules/text_template.h"

#include <algorithm>
#include <utility>

namespace yizhan::rules {
namespace {

constexpr std::array<std::string_view, 2> kBuiltin = {"forward", "receipt"};

std::size_t language_number(std::string_view tag) {
  const std::string_view primary = tag.substr(0, tag.find_first_of("-_"));
  const auto found = std::find(kLanguages.begin(), kLanguages.end(), primary);
  return found == kLanguages.end() ? 0 : static_cast<std::size_t>(found - kLanguages.begin());
}

using Part = std::optional<Template> TextTemplate::Text::*;

// The part in the wanted language, else in any; null if it is in none.
const Template* find_part(const TextTemplate& text, std::size_t wanted, Part part) {
  const auto& preferred = text.languages.at(wanted).*part;
  if (preferred) return &*preferred;
  for (const TextTemplate::Text& language : text.languages) {
    if (language.*part) return &*(language.*part);
  }
  return nullptr;
}

Status expand_part(const Template* part, const FieldSource& event, std::string& result,
                   std::vector<std::string>& missing) {
  if (part == nullptr) return {};
  TRY_ASSIGN(Expansion expansion, expand(*part, event));
  result = std::move(expansion.text);
  for (std::string& field : expansion.missing) {
    if (std::find(missing.begin(), missing.end(), field) == missing.end()) {
      missing.push_back(std::move(field));
    }
  }
  return {};
}

}  // namespace

std::span<const std::string_view> builtin_templates() {
  return kBuiltin;
}

Result<Rendered> render(const TextTemplate& text, std::string_view language,
                        const FieldSource& event) {
  const std::size_t wanted = language_number(language);
  Rendered rendered;
  TRY(expand_part(find_part(text, wanted, &TextTemplate::Text::subject), event, rendered.subject,
                  rendered.missing));
  TRY(expand_part(find_part(text, wanted, &TextTemplate::Text::text), event, rendered.text,
                  rendered.missing));
  return rendered;
}

}  // namespace yizhan::rules
