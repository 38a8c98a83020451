#pragma once
// How far a translator is, from omegat/project_stats.txt, which OmegaT writes at every save. Its
// words are in the language of OmegaT, so only the places of the numbers count. Pure.

#include <cstdint>
#include <string_view>

#include "config/result.h"

namespace yizhan::exchange {

struct OmegatProgress {
  std::uint64_t segments = 0, words = 0, characters = 0;  ///< without blanks
  std::uint64_t segments_left = 0, words_left = 0, characters_left = 0;
  std::uint64_t unique_segments = 0, unique_segments_left = 0;
  bool operator==(const OmegatProgress&) const = default;

  /// In whole per cent, rounded down: 100 means that nothing is left. An empty project is done.
  int percent() const;
};

/// kInvalid if `text` (UTF-8) has no table of four rows of numbers, in which nothing is left of
/// more than there is.
Result<OmegatProgress> parse_omegat_stats(std::string_view text);

}  // namespace yizhan::exchange
