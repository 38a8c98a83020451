#pragma once
// How both drivers look their prepared statements up.

#include <cstddef>
#include <functional>
#include <string_view>

namespace yizhan::store {

/// Of the end of a statement's text, where statements differ most, and of its length: each row that
/// is stored asks for a few.
struct TextHash {
  using is_transparent = void;
  static constexpr std::size_t kHashed = 24;
  std::size_t operator()(std::string_view text) const {
    const std::size_t cut = text.size() < kHashed ? 0 : text.size() - kHashed;
    return std::hash<std::string_view>{}(text.substr(cut)) + text.size();
  }
};

}  // namespace yizhan::store
