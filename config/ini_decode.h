#pragma once
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan {

/// An INI text as UTF-8 without BOM, whichever of the encodings of config/ini.h it came in, so that
/// several can stand in one. kInvalid, "FILE:LINE: …", if it is none of them.
Result<std::string> ini_as_utf8(std::string_view bytes, const std::string& file_name);

}  // namespace yizhan
