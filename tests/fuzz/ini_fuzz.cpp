// Any bytes as an INI document: no crash, no hang, no memory beyond the limits; what is read can be
// written and read again; and what is known from a peek agrees with the parse.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/ini.h"
#include "config/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool looks_like_task = first_section_is(bytes, "yizhan");
  const bool looks_ended = ends_with_end_section(bytes);

  const auto document = parse_ini(bytes, "fuzz.ini");
  if (!document.ok()) {
    CHECK_THAT_HOLDS(document.error().message.rfind("fuzz.ini:", 0) == 0);
    CHECK_THAT_HOLDS(document.error().message.size() < 1000);
    return 0;
  }
  const auto& sections = document->sections;
  const bool is_task = !sections.empty() && sections.front().name == "yizhan";
  CHECK_THAT_HOLDS(looks_like_task == is_task || size > 64 * 1024);
  CHECK_THAT_HOLDS(looks_ended == document->ends_with_end);

  const std::string written = format_ini(sections);
  // Escapes may make a document longer than one that was just short enough.
  IniLimits wide;
  wide.max_bytes = 4 * wide.max_bytes;
  const auto again = parse_ini(written, "again.ini", wide);
  CHECK_THAT_HOLDS(again.ok());
  CHECK_THAT_HOLDS(format_ini(again->sections) == written);
  CHECK_THAT_HOLDS(again->sections.size() == sections.size());
  return 0;
}
