#include "exchange/charset.h"

#include <unicode/ucnv.h>

#include <array>
#include <cstdint>
#include <utility>

namespace yizhan::exchange {
namespace {

void append_utf8(std::uint32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    *out += static_cast<char>(0xC0U | c >> 6U);
  } else if (c < 0x10000) {
    *out += static_cast<char>(0xE0U | c >> 12U);
    *out += static_cast<char>(0x80U | (c >> 6U & 0x3FU));
  } else {
    *out += static_cast<char>(0xF0U | c >> 18U);
    *out += static_cast<char>(0x80U | (c >> 12U & 0x3FU));
    *out += static_cast<char>(0x80U | (c >> 6U & 0x3FU));
  }
  *out += static_cast<char>(0x80U | (c & 0x3FU));
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

class IcuDecoder final : public CharsetDecoder {
 public:
  IcuDecoder(Converter from, Converter to) : from_(std::move(from)), to_(std::move(to)) {}

  Status decode(std::string_view piece, bool last, std::string* utf8) override {
    const char* source = piece.data();
    UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
    while (status == U_BUFFER_OVERFLOW_ERROR) {
      status = U_ZERO_ERROR;
      char* target = out_.data();
      ucnv_convertEx(to_.get(), from_.get(), &target, out_.data() + out_.size(), &source,
                     piece.data() + piece.size(), pivot_.data(), &pivot_source_, &pivot_target_,
                     pivot_.data() + pivot_.size(), false, last, &status);
      utf8->append(out_.data(), target);
    }
    if (U_SUCCESS(status)) return {};
    flush_pivot(utf8);
    return Error{Code::kInvalid, "there are bytes that are not of it"};
  }

 private:
  // What was good before the bad byte, so that its line can be told.
  void flush_pivot(std::string* utf8) {
    UErrorCode status = U_ZERO_ERROR;
    char* target = out_.data();
    const UChar* source = pivot_source_;
    ucnv_fromUnicode(to_.get(), &target, out_.data() + out_.size(), &source, pivot_target_, nullptr,
                     true, &status);
    utf8->append(out_.data(), target);
  }

  Converter from_;
  Converter to_;
  std::array<UChar, 2048> pivot_{};
  UChar* pivot_source_ = pivot_.data();
  UChar* pivot_target_ = pivot_.data();
  std::array<char, 8192> out_{};
};

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

}  // namespace

std::size_t Utf16Decoder::take(unsigned unit, std::string* utf8) {
  std::size_t left_out = 0;
  const bool second = unit >= 0xDC00 && unit <= 0xDFFF;
  if (high_ != 0) {
    const unsigned high = std::exchange(high_, 0U);
    if (second) {
      append_utf8(0x10000 + ((high - 0xD800) << 10U) + (unit - 0xDC00), utf8);
      return 0;
    }
    ++left_out;
  }
  if (second) return left_out + 1;
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    high_ = unit;
  } else {
    append_utf8(unit, utf8);
  }
  return left_out;
}

std::size_t Utf16Decoder::decode(std::string_view piece, bool last, std::string* utf8) {
  std::size_t left_out = 0;
  for (const char c : piece) {
    const unsigned byte = static_cast<unsigned char>(c);
    if (half_byte_ < 0) {
      half_byte_ = static_cast<int>(byte);
      continue;
    }
    const unsigned first = static_cast<unsigned>(std::exchange(half_byte_, -1));
    left_out += take(little_ ? byte << 8U | first : first << 8U | byte, utf8);
  }
  if (last) left_out += (high_ != 0 ? 1U : 0U) + (half_byte_ >= 0 ? 1U : 0U);
  return left_out;
}

std::unique_ptr<CharsetDecoder> CharsetDecoder::open(const std::string& encoding) {
  Converter from = open_converter(encoding.c_str());
  Converter to = open_converter("UTF-8");
  if (!from || !to) return nullptr;
  return std::make_unique<IcuDecoder>(std::move(from), std::move(to));
}

}  // namespace yizhan::exchange
