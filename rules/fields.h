#pragma once
// What a rule may ask about an event: fields by name.
//
// The envelope's keys are bare words, and so is what the broker knows beside the message (the table
// below); every other field is `section.key` of the message's body ("question.category"). All names
// are lower case.
//
//   state  previous_state    the data state; in an [activation] row the activation's state
//   age                      duration since the message was stored: "90m"
//   time_to_due              duration until job.due, negative when that has passed: "-30m"
//   progress                 per cent that the receiver has reported: "40"
//   signed  conflict         yes or no
//   fires                    how often the row that asks has fired on this message
//   attempts                 how often the message has been sent to its recipients
//   sender.role  recipient.role  flag     sets of words
//   recipient.silent         how long nothing was heard of the agent of its recipient; of several,
//                            of the one heard last: "35m"
//   in_reply_to.kind  .state  .sender  .recipient
//                            the message that it answers, with the state before that answer
//   self_revision            yes: job.reviser names somebody who has got the message
//   must_read                how many guidances that must be followed its sender has got for its
//                            project, or for that of the message it answers, and has not opened
//   run_output               what the last program that rules ran for it has printed, its end
//
// Only rows of [activation] may ask:
//
//   preset  expected  late   the preset that waited; yes or no: it was the expected state; it came
//                            after the deadline, or after an escalation
//   activation.user  .code  .machine  .address  .via (agent or link)  .time

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::rules {

/// The three instruction tables.
enum class TableKind { kDataState, kActivation, kPreset };

/// As in a section's header: "data-state", "activation", "preset".
std::string_view kind_name(TableKind kind);

/// The fields with many values.
inline constexpr std::string_view kRoleField = "sender.role";
inline constexpr std::string_view kRecipientRoleField = "recipient.role";
inline constexpr std::string_view kFlagField = "flag";
/// The field that each row answers for itself.
inline constexpr std::string_view kFiresField = "fires";

/// One event as rules see it. The table calls it from within match() only, on the caller's thread.
class FieldSource {
 public:
  virtual ~FieldSource() = default;

  /// The value of `field`; empty if the event does not have it. The text must stay valid as long as
  /// the source lives. Enumerated fields (kind, priority, ack, signed …) are words in lower case,
  /// with defaults filled in; durations as format_duration writes them, times as format_time. Not
  /// asked for sets (is_set_field), nor for "fires".
  virtual std::optional<std::string_view> get(std::string_view field) const = 0;

  /// Whether the set `field` holds `word`: a role of the sender or of one of the recipients, a flag
  /// of the message.
  virtual bool has(std::string_view field, std::string_view word) const {
    (void)field, (void)word;
    return false;
  }

  /// The value that `field` had in the version before this one; empty if there was none. Asked only
  /// for "state", the one field that changes in the life of a message.
  virtual std::optional<std::string_view> previous(std::string_view field) const {
    return field == "state" ? get("previous_state") : std::nullopt;
  }

  /// How often the row `row` of the table that asks has fired on this message, over all its
  /// versions.
  virtual std::int64_t fires(std::string_view row) const {
    (void)row;
    return 0;
  }
};

/// Whether `field` is a set of words, to be asked with has().
bool is_set_field(std::string_view field);

/// Whether `field` can be answered from the envelope and what is known of the message beside it, so
/// that the body need not be parsed. False for "time_to_due", which is computed from job.due.
bool is_envelope_field(std::string_view field);

/// Success if a text may name `field`, whatever it stands in; else kInvalid with what is wrong and
/// what would be right.
Status check_field(std::string_view field);

/// The same for a condition of a row of `kind`: no other table has an activation to ask about.
Status check_field(std::string_view field, TableKind kind);

/// The words that `field` takes in rows of `kind`; empty if it takes any text.
std::span<const std::string_view> words_of(std::string_view field, TableKind kind);

/// Whether every event that a row of `kind` is compared with has `field`.
bool is_always_present(std::string_view field);

/// kInvalid if `field` takes only certain words in rows of `kind` and `word` is none of them.
Status check_word(std::string_view field, std::string_view word,
                  TableKind kind = TableKind::kDataState);

/// The activation states that a preset can expect: sent delivered fetched opened accepted declined
/// started done failed replied.
std::span<const std::string_view> expectable_states();

}  // namespace yizhan::rules
