#pragma once
// Foreign text for people: in a log line, a terminal, an error message.

#include <cstddef>
#include <string>
#include <string_view>

namespace yizhan {

/// `text` with everything escaped that could forge a line or drive a terminal: C0 and C1 controls,
/// DEL, bytes that are not UTF-8, line separators and bidirectional overrides ("\n", "\x1b",
/// "\u202e"). A backslash stays as it is. Cut at `max_bytes` with "…" at the end if it is longer.
std::string printable(std::string_view text, std::size_t max_bytes);

}  // namespace yizhan
