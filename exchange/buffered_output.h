#pragma once
// Text on its way to an Output, in pieces worth a system call. Inside exchange/ only.

#include <string>

#include "exchange/writer.h"

namespace yizhan::exchange {

class BufferedOutput {
 public:
  explicit BufferedOutput(Output* output) : output_(output) {}
  /// To be appended to; then flush_if_full().
  std::string& text() { return text_; }
  Status flush_if_full() { return text_.size() < kPiece ? Status() : flush(); }
  Status flush() {
    TRY(output_->write(text_));
    text_.clear();
    return {};
  }

 private:
  static constexpr std::size_t kPiece = 256 * 1024;
  Output* output_;
  std::string text_;
};

}  // namespace yizhan::exchange
