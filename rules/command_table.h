#pragma once
// The catalogue behind rules/commands.h: each verb, its keys, and what their values may be. Private
// to this directory.

#include <span>
#include <string>
#include <string_view>

#include "config/result.h"
#include "rules/fields.h"
#include "rules/table.h"

namespace yizhan::rules {

struct CommandKey {
  std::string_view name;  ///< ends with a dot: the start of a key
  bool is_required = false;
  /// Success if the value is one that the key takes; null: any text.
  Status (*check)(const Template& value) = nullptr;
};

struct CommandVerb {
  std::string_view name;
  std::span<const CommandKey> keys;
  /// What no key can say alone; null: nothing.
  Status (*finish)(const Command& command) = nullptr;
  bool is_for_presets = true;  ///< may stand in a preset, where it can be repeated by a timer
};

/// All verbs, in the order in which they are shown to a person.
std::span<const CommandVerb> command_verbs();

/// What an `escalate.N` of a preset takes: the keys of `escalate` and `after`.
const CommandVerb& escalation_verb();

}  // namespace yizhan::rules
