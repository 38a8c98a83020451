#pragma once
// Inside of config/ini: characters and values, below the level of sections and keys.

#include <string>
#include <string_view>

#include "config/ini.h"
#include "config/result.h"

namespace yizhan::ini {

struct Text {
  std::string decoded;    ///< filled if the bytes were not UTF-8
  std::string_view utf8;  ///< without BOM; of `decoded` or of the bytes given
  IniEncoding encoding = IniEncoding::kUtf8;
};

/// Finds the encoding and brings the bytes into UTF-8. A Text must not be copied or moved once
/// filled, as `utf8` may look into it. Fails with kInvalid, "FILE:LINE: …".
Status decode(std::string_view bytes, const std::string& file_name, Text& text);

/// Where in a document something is wrong.
Error error_at(Code code, const std::string& file_name, int line, const std::string& what);

inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
std::string_view trim(std::string_view text);
std::string lower_case(std::string_view text);

/// What stands behind "=" as a value, and back.
std::string read_value(std::string_view raw);
std::string write_value(std::string_view value);

}  // namespace yizhan::ini
