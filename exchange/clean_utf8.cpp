#include "exchange/clean_utf8.h"

#include <array>

namespace yizhan::exchange {
namespace {

enum Class : std::uint8_t { kPlain, kNewline, kControl, kAmpersand, kWide };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t i = 0; i < 0x20; ++i) classes[i] = kControl;
  classes['\t'] = kPlain;
  classes['\r'] = kPlain;
  classes['\n'] = kNewline;
  classes['&'] = kAmpersand;
  for (std::size_t i = 0x80; i < 0x100; ++i) classes[i] = kWide;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

/// "&#x10FFFF;" and some leading zeros.
constexpr std::size_t kMaxReference = 24;

bool is_xml_char(std::uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c < 0xD800 || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

/// Value of a digit, or `base` if it is none.
std::uint32_t digit(char c, std::uint32_t base) {
  std::uint32_t value = base;
  if (c >= '0' && c <= '9') value = static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') value = static_cast<std::uint32_t>(c - 'A' + 10);
  return value < base ? value : base;
}

}  // namespace

void Utf8Cleaner::count_removed() {
  if (removed_++ == 0) first_removed_line_ = line_;
}

Utf8Cleaner::Step Utf8Cleaner::wide(std::string_view rest) const {
  const std::uint8_t lead = byte_at(rest, 0);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {.size = 0};
  std::uint32_t c = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (i == rest.size()) return {.size = 0, .keep = true, .incomplete = true};
    const std::uint8_t next = byte_at(rest, i);
    if ((next & 0xC0U) != 0x80U) return {.size = 0};
    c = c << 6U | (next & 0x3FU);
  }
  const bool shortest = size == 2 || (size == 3 ? c >= 0x800 : c >= 0x10000 && c <= 0x10FFFF);
  if (!shortest || (c >= 0xD800 && c <= 0xDFFF)) return {.size = 0};
  return {.size = size, .keep = c != 0xFFFE && c != 0xFFFF};
}

Utf8Cleaner::Step Utf8Cleaner::reference(std::string_view rest) {
  constexpr Step kNoReference{.size = 1};
  if (rest.size() == 1) return {.size = 1, .keep = true, .incomplete = true};
  if (rest[1] != '#') return kNoReference;
  const bool hex = rest.size() > 2 && rest[2] == 'x';
  const std::uint32_t base = hex ? 16 : 10;
  std::uint32_t c = 0;
  std::size_t at = hex ? 3 : 2;
  const std::size_t first = at;
  for (; at < rest.size() && at < kMaxReference; ++at) {
    const std::uint32_t value = digit(rest[at], base);
    if (value == base) break;
    if (c <= 0x10FFFF) c = c * base + value;
  }
  if (at == rest.size() && at < kMaxReference) return {.size = 1, .keep = true, .incomplete = true};
  if (at == first || at == kMaxReference || rest[at] != ';') return kNoReference;
  return {.size = at + 1, .keep = is_xml_char(c)};
}

Result<std::string_view> Utf8Cleaner::clean(std::string_view piece, bool last) {
  std::string_view text = piece;
  if (!pending_.empty()) {
    joined_.assign(pending_).append(piece);
    text = joined_;
    pending_.clear();
  }
  cleaned_.clear();
  std::size_t copied = 0;  // everything before it is in cleaned_ or was removed
  std::size_t at = 0;
  while (at < text.size()) {
    const std::uint8_t kind = kClasses[byte_at(text, at)];
    if (kind == kPlain || (kind == kAmpersand && !references_)) {
      ++at;
      continue;
    }
    if (kind == kNewline) {
      ++line_;
      ++at;
      continue;
    }
    Step step{.size = 1, .keep = false};
    if (kind == kWide) step = wide(text.substr(at));
    if (kind == kAmpersand) step = reference(text.substr(at));
    if (step.incomplete && !last) {
      pending_ = text.substr(at);
      text = text.substr(0, at);
      break;
    }
    if (step.size == 0) {
      cut_off_ = step.incomplete;
      return Error{Code::kInvalid, step.incomplete ? "it ends within a UTF-8 character"
                                                   : "there are bytes that are not UTF-8"};
    }
    if (!step.keep) {
      count_removed();
      cleaned_.append(text.substr(copied, at - copied));
      copied = at + step.size;
    }
    seen_wide_ = seen_wide_ || (kind == kWide && step.size > 2);
    at += step.size;
  }
  if (copied == 0) return text;
  cleaned_.append(text.substr(copied));
  return std::string_view(cleaned_);
}

}  // namespace yizhan::exchange
