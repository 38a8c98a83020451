#include "wire/roles.h"

#include <algorithm>
#include <array>

namespace yizhan::wire {
namespace {

struct RoleRank {
  std::string_view role;
  std::uint32_t rank;
};
constexpr std::array kRanks = {
    RoleRank{"mt", kRankMachine},          RoleRank{"translator", kRankTranslator},
    RoleRank{"reviser", kRankReviser},     RoleRank{"terminologist", 25},
    RoleRank{"reviewer", 30},              RoleRank{"client_reviewer", 35},
    RoleRank{"final_reviewer", 40},        RoleRank{"pm", 40},
    RoleRank{"lead_pm", 45},
};

}  // namespace

std::uint32_t rank_of_role(std::string_view role) {
  const auto found = std::find_if(kRanks.begin(), kRanks.end(),
                                  [&](const RoleRank& one) { return one.role == role; });
  return found == kRanks.end() ? kRankTranslator : found->rank;
}

std::uint32_t rank_of(const std::set<std::string>& roles) {
  std::uint32_t rank = kRankTranslator;
  for (const std::string& role : roles) rank = std::max(rank, rank_of_role(role));
  return rank;
}

bool is_approved(std::string_view status) {
  return status == "reviewed" || status == "final" || status == "preferred" ||
         status == "forbidden" || status == "deprecated" || status == "admitted";
}

}  // namespace yizhan::wire
