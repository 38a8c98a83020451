#pragma once
// What the server does to history data by itself, in bites, when nobody waits for it: records get
// the ids of a newer version of keys, and deletions are forgotten once they are old enough.

#include <cstdint>

#include "broker/history.h"
#include "broker/step.h"
#include "config/result.h"
#include "config/time.h"
#include "store/history_store.h"
#include "store/sync_server_store.h"

namespace yizhan::broker {

class Upkeep {
 public:
  /// `keep_deleted`: how long a deletion is remembered (a day more, since ages are noted by the
  /// day).
  Upkeep(store::HistoryStore& records, store::SyncServerStore& store, History& history,
         Micros keep_deleted)
      : records_(records), store_(store), history_(history), keep_deleted_(keep_deleted) {}

  /// In the transaction of the start.
  Status recover(Now now);
  /// A bite of what is due, in the step's transaction.
  Status work(Step& step);
  Steady next_wakeup() const { return due_; }

 private:
  Status rekey(Step& step);
  Status purge(Step& step);
  Result<std::int64_t> purge_slice(const store::Slice& slice, std::uint64_t above,
                                   std::uint64_t up_to, std::int64_t limit);

  store::HistoryStore& records_;
  store::SyncServerStore& store_;
  History& history_;
  const Micros keep_deleted_;
  Steady due_{};
  std::int64_t key_version_ = 0;
  int kind_ = 1;           ///< whose records are looked at
  std::int64_t from_ = 0;  ///< rows up to here have been
  std::int64_t moved_ = 0;
};

}  // namespace yizhan::broker
