#pragma once
// Terms to and from OmegaT. To: glossary/yizhan/TERMBASE.utf8, three columns, which OmegaT shows
// at once in an open project. From: the lines that a translator adds to his own glossary.txt, which
// have no author and no date. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "exchange/omegat_project.h"
#include "wire/history.h"

namespace yizhan::exchange {

inline constexpr std::size_t kMaxGlossaryBytes = 16 * 1024 * 1024;

// ---- collecting

struct GlossaryLine {
  std::string source, target, comment;
  bool operator==(const GlossaryLine&) const = default;
};

/// The lines that have a source and a target; "#" lines are comments. UTF-8, with or without BOM.
std::vector<GlossaryLine> parse_glossary(std::string_view text);

struct GlossaryDiff {
  std::vector<GlossaryLine> added;  ///< in the order of the file, each once
  std::uint64_t removed = 0;        ///< taken for tidying up: no term is withdrawn by that
  std::string after;                ///< the snapshot to be compared with next time
};
/// `before` is GlossaryDiff::after of the last look, or empty. kCorrupt if it is no such thing.
Result<GlossaryDiff> diff_glossary(std::string_view before, std::string_view text);

struct TermEntry {
  wire::Record entry;               ///< kind CONCEPT
  std::vector<wire::Record> terms;  ///< kind TERM, kConcept empty
};
/// A line as a concept with two terms of status `proposed`. No ids: they depend on the slice.
/// `at` is ISO 8601.
TermEntry proposed_entry(const GlossaryLine& line, const OmegatProject& project,
                         std::string_view termbase, std::string_view user, std::string_view at);

// ---- pushing

/// One file of glossary/yizhan.
class GlossaryText {
 public:
  explicit GlossaryText(const OmegatProject& project);

  /// Every source with every usable target: preferred, admitted, proposed (marked). Forbidden and
  /// deprecated targets never become a translation: they stand in the comment. Terms of other
  /// languages are left out.
  void add(const wire::Record& entry, const std::vector<wire::Record>& terms);

  /// An answer that somebody gave about a segment: shown wherever `source` comes again. It has no
  /// translation: the one that was asked about may be just what was wrong.
  struct Answer {
    std::string source;
    std::string question;
    std::string text;
    std::string from;  ///< user
  };
  void add(const Answer& answer);

  std::size_t lines() const { return lines_.size(); }
  /// The whole file; the same lines give the same bytes, in whatever order they were added.
  std::string text() const;

 private:
  void add_line(std::string_view source, int rank, std::string_view target,
                const std::vector<std::string>& comments);

  std::string source_lang_, target_lang_;
  bool chinese_;  ///< what we add to comments is in the language of the readers
  std::map<std::pair<std::string, std::string>, std::string>
      lines_;  // (source, rank+target) → line
};

/// The name of a termbase's file: "HL-terms.utf8". Names that no file can have are made one.
std::string glossary_file_name(std::string_view termbase);
/// The file of answers; no termbase's.
inline constexpr std::string_view kAnswersFile = "-answers.utf8";  // no other begins with "-"

}  // namespace yizhan::exchange
