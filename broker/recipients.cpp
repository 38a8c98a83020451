#include "broker/recipients.h"

#include <algorithm>
#include <cstddef>

namespace yizhan::broker {

namespace {

std::ptrdiff_t commas(const std::string& text) {
  return std::count(text.begin(), text.end(), ',');
}

bool is_list_of_envelope(const rules::Template& written) {
  if (written.pieces().size() != 1) return false;
  const rules::Template::Piece& only = written.pieces().front();
  return only.is_field && (only.text == "recipient" || only.text == "sender");
}

}  // namespace

bool adds_recipient(const rules::Template& written, const std::string& expanded) {
  if (is_list_of_envelope(written)) return false;
  std::ptrdiff_t fixed = 0;
  for (const rules::Template::Piece& piece : written.pieces()) {
    if (!piece.is_field) fixed += commas(piece.text);
  }
  return commas(expanded) != fixed;
}

}  // namespace yizhan::broker
