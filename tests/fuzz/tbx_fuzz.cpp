// Any bytes as a TBX file, whole and as what stands in its body.

#include <cstddef>

#include "exchange_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan::exchange;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& text :
       {bytes, "<tbx style=\"dct\"><text><body>" + bytes + "</body></text></tbx>"}) {
    fuzz::Collect records;
    if (fuzz::read(text, {}, &records)) fuzz::check_entries(records);
  }
  return 0;
}
