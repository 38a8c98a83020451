#pragma once
// TMX 1.4 that passes its schema, which OmegaT enforces from 6.1 on. Inside exchange/ only.

#include <string>

#include "exchange/buffered_output.h"
#include "exchange/properties.h"
#include "exchange/writer.h"

namespace yizhan::exchange {

class TmxWriter final : public Writer {
 public:
  TmxWriter(WriteOptions options, Output* output);
  Status unit(const wire::Record& record) override;
  Status entry(const wire::Record& concept_record, const std::vector<wire::Record>& terms) override;
  Status finish() override;

 private:
  void header();
  void attributes(const wire::Record& record);
  void properties(const wire::Record& record, const Properties& kept);
  void place_properties(const wire::Record& record, const Properties& kept);
  void property(std::string_view type, std::string_view value);
  void variant(const std::string& lang, std::string_view plain, std::string_view xml,
               const Properties& kept, std::string_view of);

  WriteOptions options_;
  BufferedOutput out_;
  bool begun_ = false;
};

}  // namespace yizhan::exchange
