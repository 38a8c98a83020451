#pragma once
// Bytes of any encoding as UTF-8, piece by piece. ICU's converters are called only here.

#include <memory>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::exchange {

/// UTF-16 of either byte order. Half a surrogate pair is left out: it is no character.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(bool little) : little_(little) {}
  /// Appends to `utf8`; a unit or pair that is cut off at the end waits for the next piece.
  /// `last`: there is none. Returns how many halves of pairs, and bytes, were left out.
  std::size_t decode(std::string_view piece, bool last, std::string* utf8);

 private:
  std::size_t take(unsigned unit, std::string* utf8);

  bool little_;
  int half_byte_ = -1;
  unsigned high_ = 0;  ///< first half of a surrogate pair, waiting for the second
};

/// Every other encoding.
class CharsetDecoder {
 public:
  /// Empty if nobody knows that encoding.
  static std::unique_ptr<CharsetDecoder> open(const std::string& encoding);
  virtual ~CharsetDecoder() = default;
  /// Appends to `utf8`. kInvalid, without a place, at the first byte that is not of the encoding;
  /// what stands before it has been appended.
  virtual Status decode(std::string_view piece, bool last, std::string* utf8) = 0;
};

}  // namespace yizhan::exchange
