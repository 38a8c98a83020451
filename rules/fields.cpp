#include "rules/fields.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/nearest.h"

namespace yizhan::rules {
namespace {

constexpr std::array<std::string_view, 10> kEnvelopeKeys = {
    "kind",        "priority", "sender",  "recipient", "thread",
    "in_reply_to", "ack",      "expires", "created",   "id"};

// What a field without a section may be: the envelope's keys and the message's state.
constexpr std::array<std::string_view, 12> kBareFields = {
    "kind", "priority", "sender",  "recipient", "thread", "in_reply_to",
    "ack",  "expires",  "created", "id",        "state",  "previous_state"};

constexpr std::array<std::string_view, 9> kKinds = {
    "task", "question", "challenge", "reply", "guidance", "command", "data", "status", "receipt"};
constexpr std::array<std::string_view, 4> kPriorities = {"low", "normal", "high", "urgent"};
constexpr std::array<std::string_view, 5> kAcks = {"none", "delivered", "opened", "accepted",
                                                   "replied"};

struct Enumerated {
  std::string_view field;
  std::span<const std::string_view> words;
};
constexpr std::array<Enumerated, 3> kEnumerated = {
    Enumerated{"kind", kKinds}, Enumerated{"priority", kPriorities}, Enumerated{"ack", kAcks}};

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  return did_you_mean(word, std::vector<std::string_view>(known.begin(), known.end()));
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
  if (contains(kBareFields, field)) return {};
  return invalid("unknown field \"" + std::string(field) + "\"" + suggestion(field, kBareFields) +
                 "; fields outside the envelope are written section.key");
}

}  // namespace

bool is_envelope_field(std::string_view field) {
  return contains(kBareFields, field) || field == kRoleField;
}

Status check_field(std::string_view field) {
  if (field.empty()) return invalid("the name of the field is missing");
  const auto dot = field.find('.');
  if (dot == std::string_view::npos) return check_bare_field(field);
  const std::string_view section = field.substr(0, dot);
  const std::string_view key = field.substr(dot + 1);
  if (!is_name(section) || !is_name(key)) {
    return invalid("\"" + std::string(field) +
                   "\" is not the name of a field: lower-case section.key");
  }
  if (section == "sender" && field != kRoleField) {
    return invalid("unknown field \"" + std::string(field) + "\", of the sender there is only \"" +
                   std::string(kRoleField) + "\"");
  }
  if (section == "yizhan" && contains(kEnvelopeKeys, key)) {
    return invalid("keys of the envelope are written bare: \"" + std::string(key) + "\"");
  }
  return {};
}

Status check_word(std::string_view field, std::string_view word) {
  for (const Enumerated& enumerated : kEnumerated) {
    if (enumerated.field != field || contains(enumerated.words, word)) continue;
    return invalid("\"" + std::string(word) + "\" is no value of \"" + std::string(field) + "\"" +
                   suggestion(word, enumerated.words));
  }
  return {};
}

}  // namespace yizhan::rules
