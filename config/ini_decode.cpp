// Encodings of INI documents. ICU's converters are called only here.

#include "config/ini_decode.h"

#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "config/ini_text.h"

namespace yizhan::ini {

namespace {

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open_converter(const char* encoding) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(encoding, &status));
  // The default is to put a replacement character, and so to lose what was there.
  if (converter) {
    ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                        &status);
  }
  if (U_FAILURE(status)) converter.reset();
  return converter;
}

/// Appends `bytes` of `encoding` to `utf8`. False at the first byte that is not of the encoding;
/// `read` tells how far it came.
bool convert(const char* encoding, std::string_view bytes, std::string& utf8, std::size_t& read) {
  const Converter from = open_converter(encoding);
  const Converter to = open_converter("UTF-8");
  read = 0;
  if (!from || !to) return false;
  std::array<UChar, 1024> pivot{};
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  std::array<char, 4096> out{};
  const char* source = bytes.data();
  UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
  for (bool reset = true; status == U_BUFFER_OVERFLOW_ERROR; reset = false) {
    status = U_ZERO_ERROR;
    char* target = out.data();
    ucnv_convertEx(to.get(), from.get(), &target, out.data() + out.size(), &source,
                   bytes.data() + bytes.size(), pivot.data(), &pivot_source, &pivot_target,
                   pivot.data() + pivot.size(), reset, true, &status);
    utf8.append(out.data(), target);
  }
  read = static_cast<std::size_t>(source - bytes.data());
  return U_SUCCESS(status);
}

struct Utf8Check {
  bool valid = true;
  std::size_t stop = 0;     ///< offset of the first byte that is wrong
  bool seen_wide = false;   ///< a good character of three or four bytes stands before it
  bool incomplete = false;  ///< what is wrong is a character cut off at the end
};

Utf8Check check_utf8(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  Utf8Check check;
  for (std::size_t at = 0; at < bytes.size();) {
    check.stop = at;
    if (data[at] < 0x80) {
      ++at;
      continue;
    }
    UChar32 c = 0;
    U8_NEXT(data, at, bytes.size(), c);
    if (c < 0) {
      check.valid = false;
      check.incomplete = at == bytes.size() && U8_IS_LEAD(data[check.stop]);
      return check;
    }
    if (at - check.stop > 2) check.seen_wide = true;
  }
  return check;
}

int line_at_end_of(std::string_view text) {
  return 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

Status decode_utf16(std::string_view bytes, const std::string& file_name, Text& text) {
  const bool little = bytes[0] == '\xFF';
  bytes.remove_prefix(2);
  text.encoding = IniEncoding::kUtf16;
  std::size_t read = 0;
  if (!convert(little ? "UTF-16LE" : "UTF-16BE", bytes, text.decoded, read)) {
    const std::string_view newline =
        little ? std::string_view("\n\0", 2) : std::string_view("\0\n", 2);
    int line = 1;
    for (std::size_t at = 0; at + 2 <= read; at += 2) line += bytes.substr(at, 2) == newline;
    return error_at(Code::kInvalid, file_name, line,
                    "not UTF-16, as the first two bytes say; save the file as UTF-8");
  }
  text.utf8 = text.decoded;
  return {};
}

}  // namespace

Status decode(std::string_view bytes, const std::string& file_name, Text& text) {
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF") {
    return decode_utf16(bytes, file_name, text);
  }
  const bool has_bom = bytes.substr(0, 3) == "\xEF\xBB\xBF";
  if (has_bom) bytes.remove_prefix(3);
  const Utf8Check check = check_utf8(bytes);
  if (check.valid) {
    text.utf8 = bytes;
    return {};
  }
  // Damaged UTF-8 is nearly always also good GB18030, with other words. So only text that shows no
  // sign of UTF-8 is tried as GB18030: rather refused than misread.
  const bool meant_utf8 = has_bom || check.seen_wide || check.incomplete;
  text.encoding = IniEncoding::kGb18030;
  std::size_t read = 0;
  if (meant_utf8 || !convert("GB18030", bytes, text.decoded, read)) {
    return error_at(Code::kInvalid, file_name, line_at_end_of(bytes.substr(0, check.stop)),
                    meant_utf8 ? "damaged or cut off in the middle of a UTF-8 character; send the "
                                 "file again"
                               : "neither UTF-8 nor GB18030; save the file as UTF-8");
  }
  text.utf8 = text.decoded;
  return {};
}

}  // namespace yizhan::ini

namespace yizhan {

Result<std::string> ini_as_utf8(std::string_view bytes, const std::string& file_name) {
  ini::Text text;
  TRY(ini::decode(bytes, file_name, text));
  return std::string(text.utf8);
}

}  // namespace yizhan
