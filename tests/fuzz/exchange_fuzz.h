#pragma once
// What the fuzz targets of the exchange formats share: any bytes as a file give records that pass
// their check, or an error of one line that names the file.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "exchange/read_file.h"
#include "exchange/writer.h"

namespace yizhan::exchange::fuzz {

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
    CHECK_THAT_HOLDS(!terms.empty());
    entries.push_back({std::move(concept_record), std::move(terms)});
    return {};
  }
  std::vector<wire::Record> units;
  std::vector<Entry> entries;
};

inline bool is_one_line(const std::string& text) {
  return text.find('\n') == std::string::npos && text.find('\r') == std::string::npos;
}

/// False if it is no file of ours.
inline bool read(std::string_view bytes, const ReadOptions& options, Collect* sink) {
  MemorySource source(bytes, "fuzz.file");
  const auto report = read_source(&source, options, sink);
  if (!report.ok()) {
    CHECK_THAT_HOLDS(report.error().message.rfind("fuzz.file:", 0) == 0);
    CHECK_THAT_HOLDS(is_one_line(report.error().message));
    return false;
  }
  CHECK_THAT_HOLDS(report->units == sink->units.size());
  CHECK_THAT_HOLDS(report->concepts == sink->entries.size());
  for (const auto& skipped : report->skipped) {
    CHECK_THAT_HOLDS(skipped.count > 0 && is_one_line(skipped.reason) &&
                     is_one_line(skipped.first));
  }
  return true;
}

inline std::string written(Format format, const WriteOptions& options, const Collect& records) {
  StringOutput output;
  const auto writer = make_writer(format, options, &output);
  for (const wire::Record& unit : records.units) CHECK_THAT_HOLDS(writer->unit(unit).ok());
  for (const Entry& entry : records.entries) {
    CHECK_THAT_HOLDS(writer->entry(entry.concept_record, entry.terms).ok());
  }
  CHECK_THAT_HOLDS(writer->finish().ok());
  return output.text;
}

/// What we write we can read, and reading and writing it again changes nothing more.
inline void check_units(const Collect& first) {
  if (!first.entries.empty()) return;  // the bytes were a file of another format
  Collect second;
  CHECK_THAT_HOLDS(read(written(Format::kTmx, {}, first), {}, &second));
  CHECK_THAT_HOLDS(second.units.size() <= first.units.size());
  const std::string text = written(Format::kTmx, {}, second);
  Collect third;
  CHECK_THAT_HOLDS(read(text, {}, &third));
  CHECK_THAT_HOLDS(third.units.size() == second.units.size());
  CHECK_THAT_HOLDS(written(Format::kTmx, {}, third) == text);
}

inline void check_entries(const Collect& first) {
  if (!first.units.empty()) return;
  for (const Format format : {Format::kTbx, Format::kTbxV2}) {
    Collect second;
    const std::string text = written(format, {}, first);
    CHECK_THAT_HOLDS(read(text, {}, &second));
    CHECK_THAT_HOLDS(second.entries.size() == first.entries.size());
  }
}

}  // namespace yizhan::exchange::fuzz
