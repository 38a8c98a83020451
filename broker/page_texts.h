#pragma once
// Every text that a person reads on a page, in both languages. One table a kind of text.

#include <string_view>

#include "broker/language.h"

namespace yizhan::broker {

enum class Text {
  kOtherLanguage,  ///< name of the language to switch to, in that language
  kFrom,
  kAttachments,
  kAttachmentsHint,
  kWaiting,
  kAnswered,  ///< followed by what and when
  kAnswerHint,
  kThanks,
  kThanksHint,
  kExpired,
  kExpiredHint,
  kCancelled,
  kCancelledHint,
  kCount,
};
std::string_view text_of(Text text, Language language);

/// An activation state, as the button that brings it about and as what has been answered. Of a
/// state that is not in the table both are the state itself.
struct StateWords {
  std::string_view button;
  std::string_view done;
};
StateWords words_of_state(std::string_view state, Language language);

/// "job.due" → "Due"; the name itself if it is not in the table.
std::string_view label_of_field(std::string_view name, Language language);

/// A word of a field's vocabulary ("terminology" of question.category), or the value itself.
std::string_view word_of_value(std::string_view name, std::string_view value, Language language);

/// A page that says why there is nothing to see.
struct StatusWords {
  std::string_view title;
  std::string_view hint;
};
StatusWords words_of_status(int status, Language language);

}  // namespace yizhan::broker
