#include "rules/pattern.h"

#include <cstddef>
#include <utility>

namespace yizhan::rules {
namespace {

// An unquoted alternative that would mean something else if it stood alone: to take it literally
// would be a rule that silently never matches.
bool looks_like_a_form(std::string_view text) {
  static constexpr std::string_view kOperators = "!~<>";
  return kOperators.find(text.front()) != std::string_view::npos || text == "exists" ||
         text == "missing" || text == "changed" || text.starts_with("changed ");
}

Result<Pattern> take_alternative(std::string_view& text) {
  if (text.starts_with('"')) {
    TRY_ASSIGN(const std::string quoted, take_quoted(text));
    text = trim(text);
    if (!text.empty() && text.front() != '|') {
      return Error{Code::kInvalid, "only \"|\" may follow a quoted text"};
    }
    return Pattern::literal(quoted);
  }
  const std::size_t bar = text.find('|');
  const std::string_view alternative = trim(text.substr(0, bar));
  text = bar == std::string_view::npos ? std::string_view() : text.substr(bar);
  if (alternative.empty()) {
    return Error{Code::kInvalid, "a value is missing; write \"\" to mean the empty text"};
  }
  if (looks_like_a_form(alternative)) {
    return Error{Code::kInvalid, "\"" + std::string(alternative) +
                                     "\" cannot stand here; put it in double quotes to mean "
                                     "the text itself"};
  }
  return Pattern::glob(alternative);
}

}  // namespace

Pattern Pattern::literal(std::string_view text) {
  return Pattern({std::string(text)});
}

Pattern Pattern::glob(std::string_view text) {
  std::vector<std::string> pieces;
  while (true) {
    const std::size_t star = text.find('*');
    pieces.emplace_back(text.substr(0, star));
    if (star == std::string_view::npos) return Pattern(std::move(pieces));
    text.remove_prefix(star + 1);
  }
}

bool Pattern::matches(std::string_view value) const {
  if (is_literal()) return value == pieces_.front();
  const std::string& head = pieces_.front();
  const std::string& tail = pieces_.back();
  if (value.size() < head.size() + tail.size()) return false;
  if (!value.starts_with(head) || !value.ends_with(tail)) return false;
  value = value.substr(head.size(), value.size() - head.size() - tail.size());
  // The earliest place for each piece leaves the most room for those after it.
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const std::size_t at = value.find(pieces_[i]);
    if (at == std::string_view::npos) return false;
    value.remove_prefix(at + pieces_[i].size());
  }
  return true;
}

Result<std::vector<Pattern>> parse_alternatives(std::string_view text) {
  std::vector<Pattern> alternatives;
  while (true) {
    text = trim(text);
    TRY_ASSIGN(Pattern alternative, take_alternative(text));
    alternatives.push_back(std::move(alternative));
    if (text.empty()) return alternatives;
    text.remove_prefix(1);  // the bar
  }
}

Result<std::string> take_quoted(std::string_view& text) {
  std::string quoted;
  text.remove_prefix(1);
  while (true) {
    const std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) {
      return Error{Code::kInvalid, "the closing double quote is missing"};
    }
    quoted += text.substr(0, quote);
    text.remove_prefix(quote + 1);
    if (!text.starts_with('"')) return quoted;
    quoted += '"';
    text.remove_prefix(1);
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace yizhan::rules
