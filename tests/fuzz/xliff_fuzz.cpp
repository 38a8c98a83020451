// Any bytes as an XLIFF file, whole and as what stands in the body of either version.

#include <cstddef>

#include "exchange_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan::exchange;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadOptions options;
  options.source_lang = "en";
  options.target_lang = "zh";
  options.min_status = "draft";
  for (const std::string& text :
       {bytes,
        "<xliff version=\"1.2\"><file original=\"a\"><body>" + bytes + "</body></file></xliff>",
        "<xliff version=\"2.0\"><file id=\"a\">" + bytes + "</file></xliff>"}) {
    fuzz::Collect records;
    if (fuzz::read(text, options, &records)) fuzz::check_units(records);
  }
  return 0;
}
