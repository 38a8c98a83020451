#pragma once
// Bytes on their way to a parser: checked to be UTF-8, and freed of what XML 1.0 cannot carry.

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::exchange {

/// Real tools write control characters into TMX, plain and as "&#x1F;", and every XML parser then
/// refuses the whole file. They mean nothing to a translator, so they are taken out and counted.
class Utf8Cleaner {
 public:
  /// `references`: "&#…;" of such characters is taken out too. (Also within CDATA, where it would
  /// be plain text; no tool was seen to write that.)
  explicit Utf8Cleaner(bool references) : references_(references) {}

  /// What can be said of the text so far; valid until the next call. A character that is cut off at
  /// the end waits for the next piece; `last`: there is none. kInvalid, without a place, at bytes
  /// that are not UTF-8: the place is line().
  Result<std::string_view> clean(std::string_view piece, bool last);

  /// Of what has been read.
  std::uint64_t line() const { return line_; }
  std::uint64_t removed() const { return removed_; }
  std::uint64_t first_removed_line() const { return first_removed_line_; }
  /// A good character of three or four bytes has come: this is meant to be UTF-8.
  bool seen_wide() const { return seen_wide_; }
  /// What clean() failed for is a character that the end cut off.
  bool cut_off() const { return cut_off_; }
  /// For callers that took out something themselves.
  void count_removed();

 private:
  struct Step {
    std::size_t size = 0;  ///< of the character or reference; 0: bytes that are not UTF-8
    bool keep = true;
    bool incomplete = false;
  };
  Step wide(std::string_view rest) const;
  static Step reference(std::string_view rest);

  bool references_;
  bool seen_wide_ = false;
  bool cut_off_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t removed_ = 0;
  std::uint64_t first_removed_line_ = 0;
  std::string pending_;  ///< the start of a character or reference
  std::string joined_;
  std::string cleaned_;
};

}  // namespace yizhan::exchange
