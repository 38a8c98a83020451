// Any bytes as a glossary of lines; what is written for OmegaT has three columns and no comments.

#include <algorithm>
#include <cstddef>

#include "exchange_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan::exchange;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadOptions options;
  options.source_lang = "en-US";
  options.target_lang = "zh-CN";
  fuzz::Collect records;
  if (!fuzz::read(bytes, options, &records)) return 0;
  records.units.clear();
  fuzz::check_entries(records);
  WriteOptions out;
  out.source_lang = options.source_lang;
  out.target_lang = options.target_lang;
  std::string_view text;
  const std::string lines = fuzz::written(Format::kTsv, out, records);
  for (text = lines; !text.empty();) {
    const std::size_t end = text.find('\n');
    CHECK_THAT_HOLDS(end != std::string_view::npos);
    const std::string_view line = text.substr(0, end);
    CHECK_THAT_HOLDS(std::count(line.begin(), line.end(), '\t') == 2);
    CHECK_THAT_HOLDS(!line.starts_with('#') && line.find('\r') == std::string_view::npos);
    text.remove_prefix(end + 1);
  }
  return 0;
}
