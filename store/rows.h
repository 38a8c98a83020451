#pragma once
// Reading rows without leaving a statement half read.

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"
#include "store/db.h"

namespace yizhan::store {

/// A statement being read; reset when the scope ends, however it ends. A SELECT that stays open
/// would keep its snapshot, and with it SQLite's whole WAL.
class Rows {
 public:
  explicit Rows(Statement* statement) : statement_(statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { statement_->reset(); }

  template <class... Values>
  Result<bool> first(const Values&... values) {
    return statement_->first(values...);
  }
  Result<bool> next() { return statement_->step(); }
  Statement& operator*() { return *statement_; }
  Statement* operator->() { return statement_; }

 private:
  Statement* statement_;
};

/// Fixed-size bytes as a value to bind.
template <class FixedBytes>
Statement::Blob blob(const FixedBytes& bytes) {
  return {bytes.view()};
}

/// Fixed-size bytes of a column; kCorrupt if the column has another size.
template <class FixedBytes>
Result<FixedBytes> read_bytes(Statement& row, int column, std::string_view where) {
  const std::string_view raw = row.column_blob(column);
  if (const auto bytes = FixedBytes::from(raw)) return *bytes;
  return Error{Code::kCorrupt, std::string(where) + " holds " + std::to_string(raw.size()) +
                                   " bytes where " + std::to_string(FixedBytes::kSize) +
                                   " belong; restore the database from a backup"};
}

/// Fixed-size bytes of a row that may be damaged: `*whole` becomes false if they have another size.
template <class FixedBytes>
FixedBytes read_or_note(Statement& row, int column, bool* whole) {
  if (const auto bytes = FixedBytes::from(row.column_blob(column))) return *bytes;
  *whole = false;
  return {};
}

}  // namespace yizhan::store
