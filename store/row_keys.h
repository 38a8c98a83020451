#pragma once
// Which row of its table a record is in, in the client database.
//
// Ids are random. A plain index of a million of them is 26 MiB, and each commit of some thousand
// new ones would write most of its pages anew. So only the table `KIND_key` has them in order, and
// the rows behind the mark of their kind are not in it yet: their ids are held in memory, read from
// the rows themselves after a start, and go into the table many at once and in order. All of that
// happens in the caller's transaction; after one that failed this object is of no use.

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/result.h"
#include "store/db.h"
#include "wire/history.h"

namespace yizhan::store {

/// Ids of one kind in memory; with as many they go into the table.
inline constexpr std::size_t kMaxFreshKeys = 65'536;

class RowKeys {
 public:
  /// The tables are of client_schema.
  explicit RowKeys(Db& db) : db_(&db) {}
  RowKeys(const RowKeys&) = delete;  // two would not know of each other's ids
  RowKeys& operator=(const RowKeys&) = delete;

  /// The number of the row of `id`, which is 16 bytes; none if there is no such record.
  Result<std::optional<std::int64_t>> find(wire::RecordKind kind, std::string_view id);
  /// Row `n` has been made for `id`, which find() did not know.
  Status add(wire::RecordKind kind, std::string_view id, std::int64_t n);
  /// The row of `id` goes.
  Status forget(wire::RecordKind kind, std::string_view id);
  /// Puts what is in memory into the tables, of all kinds.
  Status store_all();
  /// Ids in memory, of all kinds.
  std::size_t fresh() const;

 private:
  using Id = std::array<char, wire::RecordId::kSize>;
  struct IdHash {
    std::size_t operator()(const Id& id) const {
      std::uint64_t halves[2];
      std::memcpy(halves, id.data(), sizeof halves);
      return static_cast<std::size_t>(halves[0] ^ halves[1]);  // random, or a time and random bits
    }
  };
  struct Kind {
    bool loaded = false;
    std::int64_t mark = 0;  ///< rows up to this one are in the table
    std::unordered_map<Id, std::int64_t, IdHash> fresh;
    std::string find, insert, remove;  ///< SQL on the table
  };

  static Id id_of(std::string_view id);
  Result<Kind*> load(wire::RecordKind kind);
  Status store_kind(wire::RecordKind kind);

  Db* db_;
  std::optional<std::pair<wire::RecordKind, Id>> missing_;  ///< what find() did not find last
  std::array<Kind, wire::kRecordKinds> kinds_;
};

}  // namespace yizhan::store
