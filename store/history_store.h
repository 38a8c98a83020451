#pragma once
// History data in a database: records, and what became of every change of them. The same on client
// and server, on SQLite and MySQL. No policy: broker/merge.h decides what a change does. Every call
// runs inside the caller's transaction.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/row_keys.h"
#include "wire/history.h"

namespace yizhan::store {

using SliceId = std::int64_t;

/// A record as it lies in its table.
struct StoredRecord {
  wire::Record record;
  std::int64_t n = 0;        ///< of the row; what the search index names
  SliceId slice = 0;
  std::int64_t writer = 0;   ///< number of the client database that wrote it last; 0: the broker
  std::int64_t pending = 0;  ///< pushes with changes of it that wait for an answer
  /// The row does not fit its hash (store/row_hash.h): only kind, id, rev and seq are filled in.
  bool damaged = false;
};

class HistoryStore {
 public:
  /// How records are found by id: by the tables' own index (server_schema), or as store/row_keys.h
  /// says (client_schema).
  enum class Ids { kIndexed, kRowKeys };
  /// The tables are there: migrate first.
  explicit HistoryStore(Db& db, Ids ids = Ids::kIndexed);

  Result<std::optional<StoredRecord>> find(wire::RecordKind kind, std::string_view id);
  Result<std::optional<StoredRecord>> at(wire::RecordKind kind, std::int64_t n);
  /// Stores a record that is not there yet, and gives the number of its row; kConflict if it is.
  Result<std::int64_t> insert(const StoredRecord& stored) {
    return insert(stored.record, stored.slice, stored.writer, stored.pending);
  }
  Result<std::int64_t> insert(const wire::Record& record, SliceId slice, std::int64_t writer,
                              std::int64_t pending);
  /// Writes all of a record that is there.
  Status update(const StoredRecord& stored);
  /// After the server applied a change as it was pushed: notes `rev`, `seq` and `rank` if they are
  /// newer, and that one push less is pending.
  Status settle(wire::RecordKind kind, std::string_view id, std::uint64_t rev, std::uint64_t seq,
                std::uint32_t rank, bool was_pending);
  Status remove(wire::RecordKind kind, std::string_view id);

  // -- what became of changes
  /// `groups`: which fields it changed (wire::FieldGroup).
  Status add_revision(SliceId slice, const wire::Revision& revision, std::uint32_t groups);
  /// The same, unless it is there already: pages may come twice.
  Status keep_revision(SliceId slice, const wire::Revision& revision);
  Status forget_revisions(SliceId slice, std::uint64_t above_seq);
  /// In order of revision, then of what came first.
  Result<std::vector<wire::Revision>> revisions(std::string_view record);
  /// Groups that changes after `base_rev` took effect on, leaving out those of machine `code`;
  /// all groups if base_rev is 0 and the record is not new.
  Result<std::uint32_t> groups_since(std::string_view record, std::uint64_t base_rev,
                                     std::string_view code);
  Result<bool> has_revision(std::string_view record, std::uint64_t rev, std::string_view code,
                            wire::Outcome outcome);

  // -- slices
  /// Everything in `slice` with a sequence number above `after`, in their order, but for records
  /// that `writer` wrote last (0: nobody is left out). Ends at wire::kPageRecords or kPageBytes.
  struct Page {
    std::vector<wire::Record> records;
    std::vector<wire::Revision> revisions;
    std::uint64_t to = 0;   ///< the cursor behind it
    bool complete = false;  ///< nothing lies behind it
    std::uint64_t damaged = 0;  ///< rows left out because they do not fit their hash
  };
  Result<Page> page(SliceId slice, std::uint64_t after, std::int64_t writer);
  /// Records of `slice` with a sequence number above `above`, oldest row first, `limit` at most,
  /// from row number `*from` on, which is moved behind them. A walk over the table: for recovery.
  Result<std::vector<StoredRecord>> walk(wire::RecordKind kind, SliceId slice,
                                         std::uint64_t above, std::int64_t* from, int limit);
  /// Removes what lies in `slice` and has nothing pending, `limit` rows at most; how many it were.
  Result<std::int64_t> purge_slice(SliceId slice, int limit);
  /// Units of `slice` whose source holds `text` (ASCII letters of either case), `limit` at most.
  Result<std::vector<wire::Record>> units_with(SliceId slice, std::string_view text, int limit);
  Result<std::int64_t> count(wire::RecordKind kind, SliceId slice);

  /// Puts what finds records from memory onto disk: for before a time when nothing is to be done.
  Status store_keys() { return keys_ ? keys_->store_all() : Status(); }

  // -- upkeep, in bites (store/history_upkeep.cpp)
  /// The highest revision that is known of a record, also of one that is gone; 0: none.
  Result<std::uint64_t> last_revision(std::string_view record);
  /// Gives what is known of the past of `from` to `to` as well, numbered from `seq` on; how many
  /// revisions it were. With `counts` false, none of them will say that a group was changed.
  Result<std::int64_t> copy_revisions(SliceId slice, std::string_view from, std::string_view to,
                                      std::uint64_t seq, bool counts);
  /// Rows of `kind` whose keys are older than wire::kKeyVersion, among the next `span` row numbers
  /// after `*from`, which is moved on; `*end` if none lie behind. All of them have the present
  /// version from then on.
  Result<std::vector<StoredRecord>> take_old_keys(wire::RecordKind kind, std::int64_t* from,
                                                  int span, bool* end);
  /// Removes deleted records of `slice` with numbers above `above`, up to `up_to`, the lowest
  /// first; their revisions stay. How many, `limit` at most, and the number of the last.
  struct Purged {
    std::int64_t rows = 0;
    std::uint64_t to = 0;
  };
  Result<Purged> purge_deleted(wire::RecordKind kind, SliceId slice, std::uint64_t above,
                               std::uint64_t up_to, int limit);
  /// On the client, among the next `span` row numbers after `*from`, which is moved on (`*end` if
  /// none lie behind): removes rows of `slice` with nothing pending and a number up to `up_to` that
  /// are deleted, or, with a `seed`, that were not fetched for it. How many it were.
  Result<std::int64_t> sweep(wire::RecordKind kind, SliceId slice, std::uint64_t up_to,
                             std::int64_t seed, std::int64_t* from, int span, bool* end);

 private:
  Result<std::int64_t> purge_rows(wire::RecordKind kind, SliceId slice, std::int64_t limit);
  Result<bool> is_behind(wire::RecordKind kind, std::int64_t n);
  /// By number and id; what finds them goes too.
  Status remove_rows(wire::RecordKind kind,
                     const std::vector<std::pair<std::int64_t, std::string>>& rows);

  Db* db_;
  std::optional<RowKeys> keys_;  ///< only with Ids::kRowKeys
};

}  // namespace yizhan::store
