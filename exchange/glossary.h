#pragma once
// Glossaries as lines: OmegaT's of tabs, and CSV. Inside exchange/ only.

#include <string>
#include <string_view>
#include <vector>

#include "exchange/buffered_output.h"
#include "exchange/read_file.h"
#include "exchange/text_stream.h"
#include "exchange/writer.h"

namespace yizhan::exchange {

/// One line of a glossary; a longer one is an error.
inline constexpr std::size_t kMaxGlossaryLineBytes = 256 * 1024;

/// `options`' languages are canonical. The first lines tell tabs from commas and semicolons, and
/// whether there is a header. kInvalid naming FILE:LINE.
Status read_glossary(TextStream* stream, ByteSource* source, const ReadOptions& options, Sink* sink,
                     ReadReport* report, const Progress& progress);

/// The cells of a line, trimmed. `quoted`: as CSV quotes. False if a quotation mark stays open.
bool split_cells(std::string_view line, char separator, bool quoted,
                 std::vector<std::string>* cells);

/// What a column of a glossary holds.
struct Column {
  enum class Kind {
    kIgnored,
    kSource,
    kTarget,
    kLanguage,
    kNote,
    kDefinition,
    kDomain,
    kPos,
    kStatus
  };
  Kind kind = Kind::kIgnored;
  std::string lang;  ///< canonical; of kLanguage
};
/// What a header calls the columns; empty if the cells are no header.
std::vector<Column> header_columns(const std::vector<std::string>& cells);

/// For OmegaT: three columns, UTF-8. It shows what stands in column 2 as a translation, so that
/// what must not be used is named in the comment of what shall be used.
class TsvWriter final : public Writer {
 public:
  TsvWriter(WriteOptions options, Output* output) : options_(std::move(options)), out_(output) {}
  Status unit(const wire::Record& record) override;
  Status entry(const wire::Record& concept_record, const std::vector<wire::Record>& terms) override;
  Status finish() override;

 private:
  WriteOptions options_;
  BufferedOutput out_;
};

}  // namespace yizhan::exchange
