#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace yizhan::rules {

/// A text to be equal to, or a glob in which each `*` stands for any text, also none. Bytes are
/// compared exactly: case counts, and so does every blank inside.
class Pattern {
 public:
  static Pattern literal(std::string_view text);
  static Pattern glob(std::string_view text);

  bool is_literal() const { return pieces_.size() == 1; }
  /// The text of a literal. REQUIRES: is_literal().
  const std::string& text() const { return pieces_.front(); }
  bool matches(std::string_view value) const;

 private:
  explicit Pattern(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  std::vector<std::string> pieces_;  // what stands between the `*`; never empty
};

/// Reads `a | b-* | "literal text"`. Text in double quotes is taken literally, `""` in it is one
/// quote. kInvalid if an alternative is empty, a quote is not closed, or a part looks like another
/// value form, which cannot be an alternative.
Result<std::vector<Pattern>> parse_alternatives(std::string_view text);

/// Reads the quoted text that `text` starts with (`"…"`, `""` in it is one quote) and removes it
/// from `text`. kInvalid if the closing quote is missing. REQUIRES: text starts with a quote.
Result<std::string> take_quoted(std::string_view& text);

/// `text` without blanks and tabs at both ends.
std::string_view trim(std::string_view text);

}  // namespace yizhan::rules
