#pragma once
// Frames in words, for the trace that a person reads.

#include <string>
#include <string_view>

namespace yizhan::sim {

std::string tell_from_agent(std::string_view bytes);
std::string tell_from_broker(std::string_view bytes);

}  // namespace yizhan::sim
