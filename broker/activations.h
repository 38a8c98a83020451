#pragma once
// What an activation is, and which probes it ends.

#include <string>
#include <string_view>

#include "rules/table.h"
#include "store/probe_store.h"
#include "store/server_store.h"

namespace yizhan::broker {

/// What stands before a row's name in the record of firings, by the table it is in; nothing for the
/// data-state table.
inline constexpr std::string_view kActivationRule = "activation/";
inline constexpr std::string_view kPresetRule = "preset/";

/// Whether reaching `state` means that `other` has been reached too: who has accepted a message has
/// opened it, and who has opened it has got it.
bool implies(std::string_view state, std::string_view other);

/// Whether `probe`, of `preset`, waits for `activation`.
bool is_for(const store::Probe& probe, const rules::Row& preset,
            const store::Activation& activation);

/// Whether it came before the deadline of `probe`, by the clock of whoever answered.
inline bool is_in_time(const store::Probe& probe, const store::Activation& activation) {
  return activation.at_us <= probe.ends_us;
}

/// Whether a person's word about a message in `state` begins it again: it was paused, and he has
/// accepted it or says that it is in progress. `word` is the data state that the word means.
bool lifts_pause(std::string_view state, std::string_view word);

/// `client`, connected from `address`, has reached `state` with `message` at `at_us`.
store::Activation activation_of(const store::Client& client, const std::string& address,
                                store::MessageSeq message, const std::string& state,
                                std::int64_t at_us, std::int64_t arrived_us);

}  // namespace yizhan::broker
