#pragma once
// History data in the client database: changes that are made here are seen here at once, and wait
// as pushes until the server has judged them; what the server says replaces what is here, and
// changes that it has not judged yet are laid over it.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/context.h"
#include "config/result.h"
#include "store/history_store.h"
#include "store/sync_client_store.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

class Records {
 public:
  explicit Records(Context& context)
      : records_(context.database(), store::HistoryStore::Ids::kRowKeys),
        store_(context.database()), context_(context) {}

  /// Applies `changes` (of one slice) here and puts them into the outbox as one push. What changes
  /// a record that an import has changed too goes behind that, in its lane. Fills in the ids of the
  /// records, base_rev and at_us; changes that change nothing are left out. kInvalid or kLimit, and
  /// nothing is done, if a record or the slice is not well-formed. With kAsGiven, base_rev 0 stays
  /// 0: who wrote it had not seen the record as it is here.
  enum class Base { kKnown, kAsGiven };
  Status change(const std::string& slice, std::vector<wire::Change> changes, store::Lane lane,
                Base base = Base::kKnown);
  /// The same of the changes in `push`, which is used up.
  Status change(const std::string& slice, wire::SyncPush* push, store::Lane lane,
                Base base = Base::kKnown);

  /// The server's word on a push: all its parts, in order.
  Status settle(const store::Push& push, const std::vector<wire::SyncResult::One>& results);
  /// A push that the server will never take: kept, with the reason, for a person to decide.
  Status park(const store::Push& push, const std::string& reason);

  /// Forgets a push that a person gave up. The lowest sequence number of what it changed: from
  /// there on the server's words have to be fetched again; 0 if the server had none of it.
  Result<std::uint64_t> drop(const store::Push& push);

  /// Takes what a page brings; twice is as good as once.
  Status take(const store::FollowedSlice& slice, const wire::SyncPage& page);

  /// Records of `kind` in `slice` that are not deleted. The rows are counted once after the start,
  /// then kept count of: to ask while a memory is taken in must not read all of it each time.
  Result<std::int64_t> count(wire::RecordKind kind, store::SliceId slice);
  /// Removes what lies in `slice` and has nothing pending, `limit` rows at most; how many it were.
  Result<std::int64_t> purge(store::SliceId slice, int limit);

  /// Removes rows as store::HistoryStore::sweep() does.
  Result<std::int64_t> sweep(wire::RecordKind kind, store::SliceId slice, std::uint64_t up_to,
                             std::int64_t seed, std::int64_t* from, int span, bool* end);

  /// Records of files that were left as they are, since they said that before and were changed
  /// since; a count that begins anew with each call.
  std::uint64_t take_echoes() { return std::exchange(echoes_, 0); }

  store::HistoryStore& records() { return records_; }
  store::SyncClientStore& store() { return store_; }

 private:
  Status apply_here(const store::FollowedSlice& slice, Base base, wire::Change* change,
                    bool* changed, bool* was_pending);
  Result<bool> is_echo(const wire::Record& known, const wire::Change& change);
  Status take_record(const store::FollowedSlice& slice, const wire::Record& record);
  Status settle_one(bool restored, wire::RecordKind kind, const std::string& id,
                    const wire::SyncResult::One& one);
  Status replace(const store::StoredRecord& known, const wire::Record& record,
                 std::int64_t pending);
  void tally(wire::RecordKind kind, store::SliceId slice, int more);

  store::HistoryStore records_;
  store::SyncClientStore store_;
  Context& context_;
  std::uint64_t echoes_ = 0;
  /// Of what was asked for. A step that fails ends the process, so it never runs ahead of the rows.
  std::map<std::pair<wire::RecordKind, store::SliceId>, std::int64_t> counts_;
};

}  // namespace yizhan::agent
