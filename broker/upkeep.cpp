#include "broker/upkeep.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "wire/history.h"

namespace yizhan::broker {
namespace {

constexpr Micros kInterval = std::chrono::minutes(10);
constexpr Micros kPause = std::chrono::milliseconds(1);  // between bites: others have their turn
constexpr Micros kDay = std::chrono::hours(24);
constexpr int kRowsLookedAt = 2000;  // of one bite
constexpr std::int64_t kRowsPurged = 1000;

}  // namespace

Status Upkeep::recover(Now now) {
  TRY_ASSIGN(key_version_, store_.mark(store::SyncServerStore::kKeysMark));
  if (history_.slices().all().empty() && key_version_ < wire::kKeyVersion) {
    key_version_ = wire::kKeyVersion;  // nothing has old keys
    TRY(store_.set_mark(store::SyncServerStore::kKeysMark, key_version_));
  }
  due_ = key_version_ < wire::kKeyVersion ? now.steady : now.steady + kInterval;
  return {};
}

Status Upkeep::work(Step& step) {
  if (due_ > step.steady()) return {};
  due_ = step.steady() + kInterval;
  if (key_version_ < wire::kKeyVersion) return rekey(step);
  return purge(step);
}

Status Upkeep::rekey(Step& step) {
  due_ = step.steady() + kPause;
  for (bool end = true; kind_ <= wire::kRecordKinds && end; kind_ += end ? 1 : 0) {
    const auto kind = static_cast<wire::RecordKind>(kind_);
    TRY_ASSIGN(const auto rows, records_.take_old_keys(kind, &from_, kRowsLookedAt, &end));
    for (const store::StoredRecord& row : rows) {
      TRY_ASSIGN(const bool moved, history_.rekey(step, row));
      moved_ += moved ? 1 : 0;
    }
    if (end) from_ = 0;
  }
  if (kind_ <= wire::kRecordKinds) return {};
  if (moved_ > 0) {
    step.log(LogLine::kInfo, std::to_string(moved_) +
                                 " records of history have new keys (version " +
                                 std::to_string(wire::kKeyVersion) + ")");
  }
  key_version_ = wire::kKeyVersion;
  return store_.set_mark(store::SyncServerStore::kKeysMark, key_version_);
}

/// Deletions of one slice, of every kind; how many.
Result<std::int64_t> Upkeep::purge_slice(const store::Slice& slice, std::uint64_t above,
                                         std::uint64_t up_to, std::int64_t limit) {
  std::int64_t rows = 0;
  std::uint64_t highest = slice.purged;
  for (int kind = 1; kind <= wire::kRecordKinds && rows < limit; ++kind) {
    TRY_ASSIGN(const auto purged,
               records_.purge_deleted(static_cast<wire::RecordKind>(kind), slice.id, above, up_to,
                                      static_cast<int>(limit - rows)));
    rows += purged.rows;
    highest = std::max(highest, purged.to);
  }
  if (rows > 0) TRY(history_.slices().set_purged(slice.name, highest));
  return rows;
}

Status Upkeep::purge(Step& step) {
  TRY_ASSIGN(const auto day, store_.last_day());
  TRY_ASSIGN(const std::uint64_t last, store_.last_number());
  if (last > day.seq && step.wall_us() >= day.at_us + kDay.count()) {
    TRY(store_.note_day({last, step.wall_us()}));
  }
  TRY_ASSIGN(const std::uint64_t old,
             store_.number_before(step.wall_us() - keep_deleted_.count()));
  const std::uint64_t above = store_.purged();
  if (old <= above) return {};
  std::vector<store::Slice> slices;
  for (const auto& [name, slice] : history_.slices().all()) slices.push_back(slice);
  std::set<std::string> touched;
  std::int64_t left = kRowsPurged;
  for (const store::Slice& slice : slices) {
    if (slice.head <= above || left <= 0) continue;
    TRY_ASSIGN(const std::int64_t rows, purge_slice(slice, above, old, left));
    if (rows > 0) touched.insert(slice.name);
    left -= rows;
  }
  if (left > 0) {
    TRY(store_.set_purged(old));
    TRY(store_.forget_days(old));
  } else {
    due_ = step.steady() + kPause;
  }
  return touched.empty() ? Status() : history_.tell_followers(step, touched);
}

}  // namespace yizhan::broker
