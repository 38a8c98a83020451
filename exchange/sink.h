#pragma once
// Where a reader of exchange files hands what it has read, record by record, so that a file of any
// size needs the memory of one unit.

#include <cstdint>
#include <string>
#include <vector>

#include "config/result.h"
#include "wire/history.h"

namespace yizhan::exchange {

/// Records come without ids: these depend on the slice they go to (wire::set_record_id). What a
/// reader hands over has passed wire::check_record but for the id.
class Sink {
 public:
  virtual ~Sink() = default;
  /// kind UNIT. An error ends the reading and is returned by the reader as it is.
  virtual Status unit(wire::Record record) = 0;
  /// kind CONCEPT with its terms (kind TERM; their kConcept is empty, the caller knows the id).
  virtual Status entry(wire::Record concept_record, std::vector<wire::Record> terms) = 0;
};

/// What a reader has to say besides the records. Nothing is silently dropped: whatever was not
/// handed over is counted under a reason.
struct ReadReport {
  std::uint64_t units = 0;
  std::uint64_t concepts = 0;
  std::uint64_t terms = 0;
  std::string format;    ///< "TMX 1.4", "TBX v3 (DCT)", "tab-separated", …
  std::string encoding;  ///< "UTF-16LE (byte order mark)", "GB18030 (guessed)", …
  struct Skipped {
    std::string reason;  ///< "no target in zh-CN"
    std::uint64_t count = 0;
    std::string first;  ///< "FILE:LINE, unit 17"
  };
  /// In the order in which they first came. Also what was left out of a unit that was handed over
  /// ("characters that XML cannot carry").
  std::vector<Skipped> skipped;
};

/// Reasons in one report; what comes after them is counted under "other reasons".
inline constexpr std::size_t kMaxSkipReasons = 100;
/// Counts under `reason`. `place` says where, and is called for the first of a reason only: finding
/// the line has its price.
template <class Place>
void count_skipped(ReadReport* report, const std::string& reason, Place place,
                   std::uint64_t count = 1) {
  if (count == 0) return;
  for (ReadReport::Skipped& one : report->skipped) {
    if (one.reason == reason) {
      one.count += count;
      return;
    }
  }
  if (report->skipped.size() + 1 < kMaxSkipReasons) {
    report->skipped.push_back({reason, count, place()});
  } else if (report->skipped.size() < kMaxSkipReasons) {
    report->skipped.push_back({"other reasons", count, place()});
  } else {
    report->skipped.back().count += count;
  }
}

}  // namespace yizhan::exchange
