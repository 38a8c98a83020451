#include "broker/recipients.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace yizhan::broker {

namespace {

std::ptrdiff_t commas(const std::string& text) {
  return std::count(text.begin(), text.end(), ',');
}

bool is_list_of_envelope(const rules::Template& written) {
  if (written.pieces().size() != 1) return false;
  const rules::Template::Piece& only = written.pieces().front();
  static constexpr std::array<std::string_view, 4> kLists = {
      "recipient", "sender", "in_reply_to.recipient", "in_reply_to.sender"};
  return only.is_field && std::find(kLists.begin(), kLists.end(), only.text) != kLists.end();
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
