#pragma once
// What a rule may ask about an event: fields by name.
//
// The envelope's keys, `state` and `previous_state` are bare words; `sender.role` is the set of the
// sender's roles; every other field is `section.key` of the message's body ("question.category").
// All names are lower case.

#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::rules {

/// One event as rules see it. The table calls it from within match() only, on the caller's thread.
class FieldSource {
 public:
  virtual ~FieldSource() = default;

  /// The value of `field`; empty if the event does not have it. The text must stay valid as long as
  /// the source lives. Enumerated envelope keys (kind, priority, ack) are the words of a task file
  /// in lower case, with defaults filled in. Not asked for "sender.role", which has many values.
  virtual std::optional<std::string_view> get(std::string_view field) const = 0;

  /// Whether the sender has `role`.
  virtual bool has_role(std::string_view role) const {
    (void)role;
    return false;
  }

  /// The value that `field` had in the version before this one; empty if there was none. Asked only
  /// for "state", the one field that changes in the life of a message.
  virtual std::optional<std::string_view> previous(std::string_view field) const {
    return field == "state" ? get("previous_state") : std::nullopt;
  }
};

/// The one field with many values.
inline constexpr std::string_view kRoleField = "sender.role";

/// Whether `field` can be answered from the envelope and what is known of the message beside it, so
/// that the body need not be parsed.
bool is_envelope_field(std::string_view field);

/// Success if a rule may name `field`; else kInvalid with what is wrong and what would be right.
Status check_field(std::string_view field);

/// kInvalid if `field` takes only certain words and `word` is none of them.
Status check_word(std::string_view field, std::string_view word);

}  // namespace yizhan::rules
