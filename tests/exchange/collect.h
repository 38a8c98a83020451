#pragma once
// A sink that keeps everything, and short ways to read text with it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/read_file.h"
#include "exchange/sink.h"
#include "exchange/source.h"
#include "exchange/writer.h"
#include "wire/history.h"

namespace yizhan::exchange {

struct Entry {
  wire::Record concept_record;
  std::vector<wire::Record> terms;
};

class Collect final : public Sink {
 public:
  Status unit(wire::Record record) override {
    units.push_back(std::move(record));
    return {};
  }
  Status entry(wire::Record concept_record, std::vector<wire::Record> terms) override {
    entries.push_back({std::move(concept_record), std::move(terms)});
    return {};
  }
  std::vector<wire::Record> units;
  std::vector<Entry> entries;
};

inline ReadOptions languages(const std::string& source, const std::string& target) {
  ReadOptions options;
  options.source_lang = source;
  options.target_lang = target;
  return options;
}

struct Read {
  Collect sink;
  Result<ReadReport> report = Error{Code::kInvalid, "not read"};
  const wire::Record& unit(std::size_t i) const { return sink.units.at(i); }
  std::string value(std::size_t i, int field) const { return wire::value(unit(i), field); }
  std::string error() const { return report.ok() ? "" : report.error().message; }
  /// How often something was left out for a reason that has `words` in it.
  std::uint64_t skipped(std::string_view words) const {
    std::uint64_t count = 0;
    for (const auto& one : report->skipped) {
      if (one.reason.find(words) != std::string::npos) count += one.count;
    }
    return count;
  }
};

inline Read read_text(std::string_view text, const ReadOptions& options = {},
                      const std::string& name = "a.tmx") {
  Read read;
  MemorySource source(text, name);
  read.report = read_source(&source, options, &read.sink);
  return read;
}

inline std::string fixture(const std::string& name) {
  return std::string(YIZHAN_FIXTURES) + "/" + name;
}

inline Read read_fixture(const std::string& name, const ReadOptions& options = {}) {
  Read read;
  read.report = read_file(fixture(name), options, &read.sink);
  return read;
}

inline std::string tmx_of(std::string_view body, std::string_view srclang = "en-US") {
  return "<?xml version=\"1.0\"?>\n<tmx version=\"1.4\"><header srclang=\"" + std::string(srclang) +
         "\"/><body>\n" + std::string(body) + "\n</body></tmx>\n";
}

inline std::string tu_of(std::string_view source, std::string_view target) {
  return "<tu><tuv xml:lang=\"en-US\"><seg>" + std::string(source) +
         "</seg></tuv><tuv xml:lang=\"zh-CN\"><seg>" + std::string(target) + "</seg></tuv></tu>\n";
}

/// UTF-8 of the basic plane as UTF-16.
inline std::string utf16(std::string_view utf8, bool little, bool mark) {
  std::string out;
  const auto put = [&](unsigned unit) {
    const char high = static_cast<char>(unit >> 8U);
    const char low = static_cast<char>(unit & 0xFFU);
    out += little ? low : high;
    out += little ? high : low;
  };
  if (mark) put(0xFEFF);
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(utf8[at]); };
    if (byte(i) < 0x80) {
      put(byte(i));
      i += 1;
    } else if (byte(i) < 0xE0) {
      put((byte(i) & 0x1FU) << 6U | (byte(i + 1) & 0x3FU));
      i += 2;
    } else {
      put((byte(i) & 0xFU) << 12U | (byte(i + 1) & 0x3FU) << 6U | (byte(i + 2) & 0x3FU));
      i += 3;
    }
  }
  return out;
}

inline std::string write_units(const std::vector<wire::Record>& units, WriteOptions options = {}) {
  StringOutput output;
  const auto writer = make_writer(Format::kTmx, options, &output);
  for (const wire::Record& unit : units) {
    if (!writer->unit(unit).ok()) return "failed";
  }
  if (!writer->finish().ok()) return "failed";
  return output.text;
}

}  // namespace yizhan::exchange
