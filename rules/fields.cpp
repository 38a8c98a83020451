#include "rules/fields.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "config/nearest.h"

namespace yizhan::rules {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 10> kEnvelopeKeys = {
    "kind",        "priority", "sender",  "recipient", "thread",
    "in_reply_to", "ack",      "expires", "created",   "id"};

// What a field without a section may be, beside the envelope's keys.
constexpr std::array<std::string_view, 13> kComputedFields = {
    "state", "previous_state", "age",  "time_to_due", "progress",      "conflict", "signed",
    "fires", "attempts",       "flag", "run_output",  "self_revision", "must_read"};
// … of which these are worked out from the body.
constexpr std::array<std::string_view, 3> kFromBody = {"time_to_due", "self_revision", "must_read"};

// What may be asked of others than the message itself: the keys of a section that no message has.
constexpr std::array<std::string_view, 1> kSenderKeys = {"role"};
constexpr std::array<std::string_view, 2> kRecipientKeys = {"role", "silent"};
constexpr std::array<std::string_view, 4> kAnsweredKeys = {"kind", "state", "sender", "recipient"};

// What only rows of [activation] can ask.
constexpr std::array<std::string_view, 3> kActivationFields = {"preset", "expected", "late"};
constexpr std::array<std::string_view, 6> kActivationKeys = {"user",    "code", "machine",
                                                             "address", "via",  "time"};
constexpr std::array<std::string_view, 3> kSetFields = {kRoleField, kRecipientRoleField,
                                                        kFlagField};
constexpr std::array<std::string_view, 10> kAlwaysPresent = {
    "id", "kind", "priority", "ack", "state", "signed", "conflict", "age", "fires", "attempts"};

constexpr std::array<std::string_view, 11> kKinds = {
    "task", "question", "challenge", "reply", "guidance", "command", "data", "status", "receipt",
    "unit", "term"};
constexpr std::array<std::string_view, 4> kPriorities = {"low", "normal", "high", "urgent"};
constexpr std::array<std::string_view, 5> kAcks = {"none", "delivered", "opened", "accepted",
                                                   "replied"};
constexpr std::array<std::string_view, 2> kYesNo = {"yes", "no"};
constexpr std::array<std::string_view, 2> kVias = {"agent", "link"};
// Those that can be expected come first.
constexpr std::array<std::string_view, 12> kActivationStates = {
    "sent",    "delivered", "fetched", "opened",  "accepted", "declined",
    "started", "done",      "failed",  "replied", "expired",  "cancelled"};
constexpr std::size_t kExpectable = 10;

struct KeysOf {
  std::string_view section;
  std::string_view whose;  ///< for people
  Words keys;
  std::string named(std::string_view key) const {
    return std::string(section) + "." + std::string(key);
  }
};
constexpr std::array<KeysOf, 4> kKeysOf = {
    KeysOf{"sender", "the sender", kSenderKeys},
    KeysOf{"recipient", "the recipient", kRecipientKeys},
    KeysOf{"in_reply_to", "the message that is answered", kAnsweredKeys},
    KeysOf{"activation", "an activation", kActivationKeys}};

struct Enumerated {
  std::string_view field;
  Words words;
};
constexpr std::array<Enumerated, 10> kEnumerated = {Enumerated{"in_reply_to.kind", kKinds},
                                                    Enumerated{"self_revision", kYesNo},
                                                    Enumerated{"kind", kKinds},
                                                    Enumerated{"priority", kPriorities},
                                                    Enumerated{"ack", kAcks},
                                                    Enumerated{"signed", kYesNo},
                                                    Enumerated{"conflict", kYesNo},
                                                    Enumerated{"expected", kYesNo},
                                                    Enumerated{"late", kYesNo},
                                                    Enumerated{"activation.via", kVias}};

bool contains(Words words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string suggestion(std::string_view word, Words known) {
  return did_you_mean(word, std::vector<std::string_view>(known.begin(), known.end()));
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

Status check_bare_field(std::string_view field) {
  std::vector<std::string_view> known(kEnvelopeKeys.begin(), kEnvelopeKeys.end());
  known.insert(known.end(), kComputedFields.begin(), kComputedFields.end());
  known.insert(known.end(), kActivationFields.begin(), kActivationFields.end());
  if (contains(known, field)) return {};
  return invalid("unknown field " + quoted(field) + did_you_mean(field, known) +
                 "; fields outside the envelope are written section.key");
}

bool is_activation_field(std::string_view field) {
  return contains(kActivationFields, field) || field.starts_with("activation.");
}

}  // namespace

std::string_view kind_name(TableKind kind) {
  switch (kind) {
    case TableKind::kDataState:
      return "data-state";
    case TableKind::kActivation:
      return "activation";
    case TableKind::kPreset:
      break;
  }
  return "preset";
}

bool is_set_field(std::string_view field) {
  return contains(kSetFields, field);
}

bool is_envelope_field(std::string_view field) {
  return contains(kEnvelopeKeys, field) || is_activation_field(field) || is_set_field(field) ||
         field == "recipient.silent" || field.starts_with("in_reply_to.") ||
         (contains(kComputedFields, field) && !contains(kFromBody, field));
}

bool is_always_present(std::string_view field) {
  return contains(kAlwaysPresent, field);
}

Status check_field(std::string_view field) {
  if (field.empty()) return invalid("the name of the field is missing");
  const auto dot = field.find('.');
  if (dot == std::string_view::npos) return check_bare_field(field);
  const std::string_view section = field.substr(0, dot);
  const std::string_view key = field.substr(dot + 1);
  if (!is_name(section) || !is_name(key)) {
    return invalid(quoted(field) + " is not the name of a field: lower-case section.key");
  }
  for (const KeysOf& known : kKeysOf) {
    if (section != known.section || contains(known.keys, key)) continue;
    std::vector<std::string> names;
    for (const std::string_view one : known.keys) names.push_back(known.named(one));
    return invalid("unknown field " + quoted(field) + ", " + std::string(known.whose) + " has no " +
                   quoted(key) + did_you_mean(field, {names.begin(), names.end()}));
  }
  if (section == "yizhan" && contains(kEnvelopeKeys, key)) {
    return invalid("keys of the envelope are written bare: " + quoted(key));
  }
  return {};
}

Status check_field(std::string_view field, TableKind kind) {
  TRY(check_field(field));
  if (kind == TableKind::kActivation || !is_activation_field(field)) return {};
  return invalid(quoted(field) + " can only be asked by rows of [activation NAME]");
}

Words words_of(std::string_view field, TableKind kind) {
  if (field == "state" && kind == TableKind::kActivation) return kActivationStates;
  for (const Enumerated& enumerated : kEnumerated) {
    if (enumerated.field == field) return enumerated.words;
  }
  return {};
}

Status check_word(std::string_view field, std::string_view word, TableKind kind) {
  const Words words = words_of(field, kind);
  if (words.empty() || contains(words, word)) return {};
  return invalid(quoted(word) + " is no value of " + quoted(field) + suggestion(word, words));
}

Words expectable_states() {
  return Words(kActivationStates).first(kExpectable);
}

}  // namespace yizhan::rules
