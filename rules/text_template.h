#pragma once
// A text that commands send, in the languages of those who read it.
//
//   [template not-opened]
//   subject.en = ${project.id} has not been opened
//   text.en = ${recipient} has not opened it for ${age}.\nPlease call.
//   subject.zh = ${project.id} 尚未打开
//   text.zh = ${recipient} 已 ${age} 未打开，请致电。

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "rules/expand.h"
#include "rules/fields.h"

namespace yizhan::rules {

/// The languages of texts, the first being the one that is taken for all others.
inline constexpr std::array<std::string_view, 2> kLanguages = {"en", "zh"};

struct TextTemplate {
  struct Text {
    std::optional<Template> subject;
    std::optional<Template> text;
  };
  std::string name;
  std::string file;
  int line = 0;
  std::array<Text, kLanguages.size()> languages;  ///< in the order of kLanguages
};

/// Names that need no [template]: forward (the message itself goes to the recipient too) and
/// receipt (the recipient gets a receipt about it).
std::span<const std::string_view> builtin_templates();

struct Rendered {
  std::string subject;  ///< empty if the template has none
  std::string text;
  std::vector<std::string> missing;  ///< fields the event does not have; they became empty
};

/// Puts the values of `event` into the texts for `language`: a BCP 47 tag ("zh-CN") of which the
/// first part counts; any other, also none, is English. A subject or text that is not there in that
/// language is taken from the other. kLimit if one passes kMaxExpandedBytes.
Result<Rendered> render(const TextTemplate& text, std::string_view language,
                        const FieldSource& event);

}  // namespace yizhan::rules
