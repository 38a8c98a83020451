#include "exchange/writer.h"

#include <array>
#include <utility>

#include "exchange/glossary.h"
#include "exchange/tbx.h"
#include "exchange/tmx_writer.h"

namespace yizhan::exchange {
namespace {

constexpr std::array<std::pair<Format, const char*>, 4> kFormats = {{
    {Format::kTmx, "tmx"},
    {Format::kTbx, "tbx"},
    {Format::kTbxV2, "tbx2"},
    {Format::kTsv, "tsv"},
}};

}  // namespace

std::optional<Format> parse_format(std::string_view word) {
  for (const auto& [format, name] : kFormats) {
    if (word == name) return format;
  }
  return std::nullopt;
}

const char* format_name(Format format) {
  for (const auto& [known, name] : kFormats) {
    if (known == format) return name;
  }
  return "";
}

std::unique_ptr<Writer> make_writer(Format format, const WriteOptions& options, Output* output) {
  switch (format) {
    case Format::kTmx:
      return std::make_unique<TmxWriter>(options, output);
    case Format::kTbx:
      return std::make_unique<TbxWriter>(false, output);
    case Format::kTbxV2:
      return std::make_unique<TbxWriter>(true, output);
    case Format::kTsv:
      break;
  }
  return std::make_unique<TsvWriter>(options, output);
}

}  // namespace yizhan::exchange
