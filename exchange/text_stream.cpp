#include "exchange/text_stream.h"

#include <algorithm>
#include <cctype>

#include "config/printable.h"

namespace yizhan::exchange {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

/// What the XML declaration says, "" if nothing. `narrow`: the beginning, one byte a character.
std::string declared_encoding(std::string_view narrow) {
  const std::size_t end = narrow.find("?>");
  if (!narrow.starts_with("<?xml") || end == std::string_view::npos) return {};
  std::string_view text = narrow.substr(0, end);
  const std::size_t at = text.find("encoding");
  if (at == std::string_view::npos) return {};
  const std::size_t from = text.find_first_of("\"'", at);
  if (from == std::string_view::npos) return {};
  const std::size_t to = text.find(text[from], from + 1);
  if (to == std::string_view::npos) return {};
  return std::string(text.substr(from + 1, to - from - 1));
}

enum class Endian { kNone, kLittle, kBig };

/// Text of two bytes a character has its tabs, newlines and Latin letters as one zero byte each,
/// all on one side. (A Chinese text has few, but a glossary has one tab a line.)
Endian utf16_pattern(std::string_view head) {
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < head.size(); ++i) zeros[i % 2] += head[i] == '\0' ? 1 : 0;
  const std::size_t least = head.size() / 100 + 1;
  if (zeros[1] >= least && zeros[1] > 8 * zeros[0]) return Endian::kLittle;
  if (zeros[0] >= least && zeros[0] > 8 * zeros[1]) return Endian::kBig;
  return Endian::kNone;
}

/// Every `step`th byte from `from`: ASCII out of UTF-16.
std::string narrowed(std::string_view head, std::size_t from, std::size_t step) {
  std::string out;
  for (std::size_t i = from; i < head.size(); i += step) out += head[i];
  return out;
}

bool begins_as_xml(std::string_view narrow) {
  const std::size_t at = narrow.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos || narrow[at] != '<' || at + 1 >= narrow.size()) return false;
  const char next = narrow[at + 1];
  return next == '?' || next == '!' || std::isalpha(static_cast<unsigned char>(next)) != 0;
}

std::size_t wide_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6U) == 3; }));
}

}  // namespace

Error TextStream::error_at(std::uint64_t line, const std::string& what) const {
  return {Code::kInvalid, source_->name() + ":" + std::to_string(line) + ": " + what};
}

Result<std::size_t> TextStream::fill() {
  buffer_.resize(kPiece);
  std::size_t have = 0;
  while (have < kPiece) {
    TRY_ASSIGN(const std::size_t count, source_->read(buffer_.data() + have, kPiece - have));
    if (count == 0) break;
    have += count;
  }
  return have;
}

void TextStream::choose_utf16(bool little, std::size_t mark, const char* how) {
  form_ = Form::kUtf16;
  utf16_ = std::make_unique<Utf16Decoder>(little);
  mark_ = mark;
  encoding_ = std::string(little ? "UTF-16LE (" : "UTF-16BE (") + how + ")";
}

Status TextStream::refuse_binary(std::string_view head) const {
  const auto no_text = [&](const char* why) {
    return Error{Code::kInvalid, source_->name() + ": " + why};
  };
  if (head.starts_with("PK\x03\x04") || head.starts_with("\x1F\x8B")) {
    return no_text("a packed file; unpack it first");
  }
  if (head.starts_with(std::string_view("\xFF\xFE\0\0", 4)) ||
      head.starts_with(std::string_view("\0\0\xFE\xFF", 4))) {
    return no_text("UTF-32 is not read here; save the file as UTF-8");
  }
  return {};
}

Status TextStream::open() {
  TRY_ASSIGN(const std::size_t size, fill());
  const std::string_view head(buffer_.data(), size);
  TRY(refuse_binary(head));
  std::string narrow;
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    const bool little = head[0] == '\xFF';
    choose_utf16(little, 2, "byte order mark");
    narrow = narrowed(head, little ? 2 : 3, 2);
  } else if (const Endian endian = utf16_pattern(head); endian != Endian::kNone) {
    choose_utf16(endian == Endian::kLittle, 0, "no byte order mark");
    narrow = narrowed(head, endian == Endian::kLittle ? 0 : 1, 2);
  } else {
    if (head.starts_with("\xEF\xBB\xBF")) mark_ = 3;
    encoding_ = mark_ != 0 ? "UTF-8 (byte order mark)" : "UTF-8";
    narrow = head.substr(mark_);
  }
  xml_ = begins_as_xml(narrow);
  cleaner_ = std::make_unique<Utf8Cleaner>(xml_);
  if (xml_) {
    TRY(choose_for_xml(head, narrow));
  } else if (form_ == Form::kUtf8) {
    TRY(choose_for_text());
  }
  return source_->rewind();
}

Status TextStream::choose_for_xml(std::string_view head, std::string_view narrow) {
  const std::string declared = printable(declared_encoding(narrow), 40);
  const std::string name = upper(declared);
  if (name.empty() || name == "UTF-8" || name == "UTF8" || name == "US-ASCII") {
    if (form_ == Form::kUtf16 && !name.empty()) encoding_ += "; line 1 says " + declared;
    return {};
  }
  if (name.starts_with("UTF-16") || name.starts_with("UTF16") || name.starts_with("ISO-10646")) {
    // One byte a character, so that it can only be text that somebody converted.
    if (form_ == Form::kUtf8) encoding_ += "; line 1 says " + declared;
    return {};
  }
  if (form_ == Form::kUtf16 || mark_ != 0) {
    encoding_ += "; line 1 says " + declared;
    return {};
  }
  return choose_charset(head, declared);
}

Status TextStream::choose_charset(std::string_view head, const std::string& declared) {
  // What calls itself Latin-1 is in practice Windows-1252, which has letters where the former has
  // control characters.
  charset_ = upper(declared) == "ISO-8859-1" ? "windows-1252" : declared;
  other_ = CharsetDecoder::open(charset_);
  if (!other_) {
    return error_at(1, "the file says that its encoding is '" + declared +
                           "', which is not known here; save it as UTF-8");
  }
  Utf8Cleaner probe(false);
  if (probe.clean(head, false).ok() && wide_characters(head) >= 2) {
    return error_at(1, "the file says that its encoding is " + declared +
                           ", but its text is UTF-8; write encoding=\"UTF-8\" in line 1");
  }
  form_ = Form::kCharset;
  encoding_ = declared + " (as line 1 says)";
  return {};
}

Status TextStream::choose_for_text() {
  Utf8Cleaner check(false);
  bool valid = true;
  std::string why;
  TRY(source_->rewind());
  for (bool last = false; valid && !last;) {
    TRY_ASSIGN(const std::size_t size, fill());
    last = size < kPiece;
    const Result<std::string_view> text = check.clean({buffer_.data(), size}, last);
    valid = text.ok();
    if (!valid) why = text.error().message;
    if (check.removed() > 16 + check.line()) {
      return error_at(check.first_removed_line(),
                      "this is no text: it is full of control characters");
    }
  }
  if (valid) return {};
  // Damaged UTF-8 is nearly always also good GB18030, with other words.
  if (mark_ != 0 || check.seen_wide() || check.cut_off()) {
    return error_at(check.line(),
                    "the text is UTF-8, but damaged: " + why + "; send the file again");
  }
  form_ = Form::kCharset;
  charset_ = "GB18030";
  other_ = CharsetDecoder::open(charset_);
  encoding_ = "GB18030 (guessed: it is not UTF-8)";
  return {};
}

Result<std::string_view> TextStream::decode(std::string_view piece, bool last) {
  if (form_ == Form::kUtf8) return cleaner_->clean(piece, last);
  decoded_.clear();
  if (form_ == Form::kUtf16) {
    for (std::size_t n = utf16_->decode(piece, last, &decoded_); n > 0; --n) {
      cleaner_->count_removed();
    }
    return cleaner_->clean(decoded_, last);
  }
  const Status decoded = other_->decode(piece, last, &decoded_);
  TRY_ASSIGN(const std::string_view text, cleaner_->clean(decoded_, last && decoded.ok()));
  if (!decoded.ok()) {
    return Error{Code::kInvalid, "read as " + charset_ + ", " + decoded.error().message};
  }
  return text;
}

Result<std::string_view> TextStream::next() {
  while (!ended_) {
    TRY_ASSIGN(const std::size_t size, fill());
    ended_ = size < kPiece;
    bytes_read_ += size;
    std::string_view piece(buffer_.data(), size);
    piece.remove_prefix(std::min(mark_, size));
    mark_ = 0;
    Result<std::string_view> text = decode(piece, ended_);
    if (!text.ok()) {
      return error_at(cleaner_->line(), text.error().message + " (" + encoding_ +
                                            "); save the file as UTF-8, or send it again");
    }
    if (!text->empty()) return text;
  }
  return std::string_view();
}

}  // namespace yizhan::exchange
