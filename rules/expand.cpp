#include "rules/expand.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace yizhan::rules {
namespace {

// The pieces of a template; neighbouring fixed texts become one.
void add_text(std::vector<Template::Piece>& pieces, std::string_view text) {
  if (text.empty()) return;
  if (pieces.empty() || pieces.back().is_field) pieces.push_back({false, std::string()});
  pieces.back().text += text;
}

// Reads "field}" at the start of `text` and removes it.
Result<std::string> take_field(std::string_view& text) {
  const std::size_t close = text.find('}');
  if (close == std::string_view::npos) {
    return Error{Code::kInvalid, "\"${\" is not closed by \"}\"; write $${ to mean the text ${"};
  }
  const std::string field(text.substr(0, close));
  TRY(check_field(field));
  if (is_set_field(field)) {
    return Error{Code::kInvalid, "\"${" + field + "}\" has many values and cannot be put in"};
  }
  text.remove_prefix(close + 1);
  return field;
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  Template result;
  result.text_ = text;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    add_text(result.pieces_, text.substr(0, dollar));
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      add_text(result.pieces_, "${");
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      text.remove_prefix(2);
      TRY_ASSIGN(std::string field, take_field(text));
      result.pieces_.push_back({true, std::move(field)});
    } else if (!text.empty()) {
      add_text(result.pieces_, "$");
      text.remove_prefix(1);
    }
  }
  return result;
}

bool Template::is_fixed() const {
  return std::none_of(pieces_.begin(), pieces_.end(),
                      [](const Piece& piece) { return piece.is_field; });
}

Result<Expansion> expand(const Template& text, const FieldSource& event) {
  Expansion expansion;
  for (const Template::Piece& piece : text.pieces()) {
    std::optional<std::string_view> value = piece.text;
    if (piece.is_field) value = event.get(piece.text);
    if (!value) {
      expansion.missing.push_back(piece.text);
      continue;
    }
    if (value->size() > kMaxExpandedBytes - expansion.text.size()) {
      return Error{Code::kLimit, "expanding \"" + text.text() + "\": the result is longer than " +
                                     std::to_string(kMaxExpandedBytes) + " bytes"};
    }
    expansion.text += *value;
  }
  return expansion;
}

}  // namespace yizhan::rules
