#pragma once
// `${field}` in the arguments of a command.
//
// A command line is split into its verb and arguments when the table is read; values are put in
// afterwards, each inside its own argument, in one pass. So a value, whatever its sender wrote into
// it, cannot add an argument or a command, and a `${…}` inside a value stays the text it is.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "rules/fields.h"

namespace yizhan::rules {

/// An argument longer than this after expansion is refused. Same as the limit of a task file's
/// value.
inline constexpr std::size_t kMaxExpandedBytes = 8 << 10;

/// A text with places for fields of the event.
class Template {
 public:
  struct Piece {
    bool is_field;
    std::string text;  ///< of a field: its name
  };

  /// Reads "…${field}…". A `$` without `{` is itself, `$${` is the text `${`. kInvalid if a `${` is
  /// not closed or what it names is no field with one value.
  static Result<Template> parse(std::string_view text);

  const std::vector<Piece>& pieces() const { return pieces_; }
  /// Whether the text is the same for every event.
  bool is_fixed() const;
  /// As it was written.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<Piece> pieces_;
};

struct Expansion {
  std::string text;
  std::vector<std::string> missing;  ///< fields the event does not have; they became empty
};

/// Puts the values of `event` into `text`. kLimit if the result passes kMaxExpandedBytes.
Result<Expansion> expand(const Template& text, const FieldSource& event);

}  // namespace yizhan::rules
