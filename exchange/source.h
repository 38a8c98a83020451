#pragma once
// Where a reader's bytes come from: a file of any size, or memory in tests.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::exchange {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Puts up to `size` bytes at `into` and returns how many: 0 only at the end. kIo names the file.
  virtual Result<std::size_t> read(char* into, std::size_t size) = 0;
  /// The next read starts at the first byte again.
  virtual Status rewind() = 0;
  /// Bytes in all, when it was opened.
  virtual std::uint64_t size() const = 0;
  /// For messages.
  virtual const std::string& name() const = 0;
};

/// The bytes are not copied and must outlive the source.
class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    const std::size_t count = bytes_.substr(at_).copy(into, size);
    at_ += count;
    return count;
  }
  Status rewind() override {
    at_ = 0;
    return {};
  }
  std::uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  std::string name_;
  std::size_t at_ = 0;
};

}  // namespace yizhan::exchange
