// Any bytes as a TMX file, whole and as what stands in its body.

#include <cstddef>

#include "exchange_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan::exchange;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadOptions wanted;
  wanted.source_lang = "en-US";
  wanted.target_lang = "zh-CN";
  for (const std::string& text :
       {bytes, "<tmx version=\"1.4\"><header srclang=\"en\"/><body>" + bytes + "</body></tmx>"}) {
    for (const ReadOptions& options : {ReadOptions(), wanted}) {
      fuzz::Collect records;
      if (fuzz::read(text, options, &records)) fuzz::check_units(records);
    }
  }
  return 0;
}
