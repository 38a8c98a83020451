#pragma once
// The output of a program, made fit to travel in a message.

#include <cstddef>
#include <string>
#include <string_view>

namespace yizhan {

/// Valid UTF-8 without NUL and control characters (each becomes U+FFFD; tabs and line feeds stay),
/// and only its last `max_bytes`, cut between characters.
std::string clean_tail(std::string_view text, std::size_t max_bytes);

}  // namespace yizhan
