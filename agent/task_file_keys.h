#pragma once
// The vocabulary of task files as one table: what each known key may hold, and which keys each kind
// of message needs. Keys that are not in it are kept and relayed as they are.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message.pb.h"

namespace yizhan::agent {

enum class ValueType {
  kText,      ///< anything
  kWord,      ///< one of KeyRule::words
  kWords,     ///< the same, or "penalty-" and a number: how a memory is used
  kYesNo,     ///< "yes" or "no"
  kTime,      ///< ISO 8601 with offset
  kDuration,  ///< "15m"
  kLanguage,  ///< BCP 47 with hyphens
  kWhole,     ///< a whole number
  kDecimal,   ///< digits, and perhaps a point and digits
  kCurrency,  ///< ISO 4217
  kUuid,
  kSha256,
  kAddress,    ///< of one sender
  kAddresses,  ///< a list of them
  kFileName,   ///< a name without a folder
};

/// One known key. `key` is written with "#" for a number of a list: "file.#.role".
struct KeyRule {
  std::string_view section;
  std::string_view key;
  ValueType type = ValueType::kText;
  std::string_view words = {};  ///< of kWord and kWords, with a blank between two
};

/// A key taken apart: "file.12.role" is the list "file", item 12 and part "role".
struct ListKey {
  std::string_view list;
  std::size_t number = 0;
  std::string_view part;  ///< empty for the item itself
};

/// Empty if `key` is not of that form. A number with a leading zero, or too long to be one, is 0.
std::optional<ListKey> as_list_key(std::string_view key);

/// The rule for `key` of `section`, or null.
const KeyRule* find_rule(std::string_view section, std::string_view key);

/// Whether `section` has a list of that name, the items of which are numbered without holes.
bool is_list(std::string_view section, std::string_view list);

/// All known keys of a section without numbers, for "did you mean".
std::vector<std::string_view> known_keys(std::string_view section);

/// What a value must be, when `value` is not that: "it is not a time; write …". Empty if it is
/// good.
std::optional<std::string> wrong_value(const KeyRule& rule, std::string_view value);

/// Keys without which a message of `kind` says nothing, as "section.key".
const std::vector<std::string_view>& required_keys(wire::Kind kind);

/// Whether `key` is of the envelope: a field of wire::Message, or the version.
bool is_envelope_key(std::string_view key);

}  // namespace yizhan::agent
