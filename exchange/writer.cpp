#include "exchange/writer.h"

#include <array>
#include <utility>

#include "exchange/tmx_writer.h"

namespace yizhan::exchange {
namespace {

constexpr std::array<std::pair<Format, const char*>, 1> kFormats = {{
    {Format::kTmx, "tmx"},
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
    default:
      return std::make_unique<TmxWriter>(options, output);
  }
}

}  // namespace yizhan::exchange
