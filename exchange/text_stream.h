#pragma once
// A file of any encoding as clean UTF-8, piece by piece, in constant memory.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "exchange/charset.h"
#include "exchange/clean_utf8.h"
#include "exchange/source.h"

namespace yizhan::exchange {

/// Which encoding it is: a byte order mark decides; then the pattern of UTF-16; then, in XML, the
/// declaration, and in other text whether all of it is UTF-8, else GB18030. Rather refused than
/// misread: text that contradicts what its file says of it is an error.
class TextStream {
 public:
  /// `source` must outlive the stream.
  explicit TextStream(ByteSource* source) : source_(source) {}

  /// Finds out the encoding. Reads text that is not XML once, and rewinds. kInvalid naming
  /// FILE:LINE if no encoding fits or it is no text at all.
  Status open();
  /// The next text, valid until the next call; empty only at the end. kInvalid naming FILE:LINE.
  Result<std::string_view> next();

  bool is_xml() const { return xml_; }
  /// For people: "UTF-16LE (byte order mark)".
  const std::string& encoding() const { return encoding_; }
  /// Characters taken out because XML cannot carry them, and the line of the first.
  std::uint64_t removed() const { return cleaner_->removed(); }
  std::uint64_t first_removed_line() const { return cleaner_->first_removed_line(); }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  enum class Form { kUtf8, kUtf16, kCharset };

  Status choose_for_xml(std::string_view head, std::string_view narrow);
  Status choose_charset(std::string_view head, const std::string& declared);
  Status choose_for_text();
  Status refuse_binary(std::string_view head) const;
  void choose_utf16(bool little, std::size_t mark, const char* how);
  Result<std::size_t> fill();
  Result<std::string_view> decode(std::string_view piece, bool last);
  Error error_at(std::uint64_t line, const std::string& what) const;

  ByteSource* source_;
  Form form_ = Form::kUtf8;
  bool xml_ = false;
  bool ended_ = false;
  std::size_t mark_ = 0;  ///< bytes of the byte order mark, not yet passed over
  std::uint64_t bytes_read_ = 0;
  std::string encoding_;
  std::string charset_;
  std::vector<char> buffer_;
  std::string decoded_;
  std::unique_ptr<Utf16Decoder> utf16_;
  std::unique_ptr<CharsetDecoder> other_;
  std::unique_ptr<Utf8Cleaner> cleaner_;
};

}  // namespace yizhan::exchange
