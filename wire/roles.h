#pragma once
// Whose word counts when two people changed the same text: by role, never by clock.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace yizhan::wire {

inline constexpr std::uint32_t kRankMachine = 1;     ///< machine translation
inline constexpr std::uint32_t kRankTranslator = 10;  ///< and whoever has no other role
inline constexpr std::uint32_t kRankReviser = 20;     ///< the lowest that approves

/// final_reviewer and pm > client_reviewer, reviewer > terminologist > reviser > everybody else.
std::uint32_t rank_of_role(std::string_view role);
/// The highest of them.
std::uint32_t rank_of(const std::set<std::string>& roles);

/// Statuses that only somebody of at least kRankReviser gives and takes.
bool is_approved(std::string_view status);

}  // namespace yizhan::wire
