#pragma once
// Bytes as text (RFC 4648, with padding).

#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

std::string to_base64(std::string_view bytes);
/// Empty if `text` is not Base64 to its end.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace yizhan
