#pragma once

namespace yizhan {

/// "0.1.0": of the whole product, from CMakeLists.txt.
inline constexpr const char* kProgramVersion = YIZHAN_VERSION;

}  // namespace yizhan
