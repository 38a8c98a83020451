#pragma once
// One interface for the writers of all formats.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "wire/history.h"

namespace yizhan::exchange {

/// Where a writer's bytes go (exchange/files_posix.h has the one for files).
class Output {
 public:
  virtual ~Output() = default;
  virtual Status write(std::string_view bytes) = 0;
};

class StringOutput final : public Output {
 public:
  Status write(std::string_view bytes) override {
    text.append(bytes);
    return {};
  }
  std::string text;
};

enum class Format {
  kTmx,    ///< 1.4, UTF-8: units
  kTbx,    ///< v3, DCA, TBX-Basic: entries
  kTbxV2,  ///< martif, which OmegaT 3.6 and older tools read: entries
  kTsv,    ///< OmegaT's glossary of three columns: entries
};
/// "tmx", "tbx", "tbx2", "tsv".
std::optional<Format> parse_format(std::string_view word);
const char* format_name(Format format);

struct WriteOptions {
  /// TMX: the header's srclang; empty: "*all*", each unit then names its own. TSV: both needed.
  std::string source_lang;
  std::string target_lang;
  /// TMX: without tuid and properties, which OmegaT would drop, and so as small as can be.
  bool for_omegat = false;
};

/// Units and entries in any number, then finish(). A failed call leaves a useless file behind: the
/// caller drops it. Needs the memory of one record and a buffer.
class Writer {
 public:
  virtual ~Writer() = default;
  /// kInvalid if the format holds no units. A unit without a target is counted and left out.
  virtual Status unit(const wire::Record& record) = 0;
  /// kInvalid if the format holds no terms. An entry of which the format can hold nothing is
  /// counted and left out.
  virtual Status entry(const wire::Record& concept_record,
                       const std::vector<wire::Record>& terms) = 0;
  virtual Status finish() = 0;
  std::uint64_t written() const { return written_; }
  std::uint64_t left_out() const { return left_out_; }

 protected:
  std::uint64_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

/// `output` must outlive the writer.
std::unique_ptr<Writer> make_writer(Format format, const WriteOptions& options, Output* output);

}  // namespace yizhan::exchange
