#pragma once
// What a change of a record does to it: the table of conflicts (translation.md 6.1) as one pure
// function. Order is the server's: whoever comes second is judged by what he had seen (base_rev)
// and by role, never by a clock. Nothing that a person wrote is dropped: what does not become the
// record is kept as a revision beside it.

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/history.h"

namespace yizhan::broker {

/// Who asks for the change, as the server knows him.
struct Writer {
  std::uint32_t rank = 0;
};

enum class Conflict {
  kNone,
  kText,      ///< two texts for one unit or term
  kDeletion,  ///< one deleted what the other changed
  kApproved,  ///< a text for what somebody of higher role has approved
};
const char* conflict_name(Conflict conflict);  ///< "text", "deletion", "approved"

struct Merge {
  wire::Outcome outcome = wire::APPLIED;
  std::optional<wire::Record> record;  ///< what the record becomes; empty: it stays
  std::uint32_t groups = 0;            ///< of fields that `record` takes from the change
  /// What stood before is no longer preferred, though its writer did not agree.
  bool former_superseded = false;
  Conflict conflict = Conflict::kNone;
  bool change_won = false;             ///< of a conflict
  const char* why = "";                ///< of REFUSED and PROPOSED, for people
};

/// `current`: the record as it stands, if there is one. `changed_since`: groups (and kDeletion)
/// that others changed after change.base_rev(). The result's record has rev and rank set, seq not.
/// A change must have passed wire::check_record.
Merge merge(const std::optional<wire::Record>& current, std::uint32_t changed_since,
            const wire::Change& change, const Writer& writer);

}  // namespace yizhan::broker
