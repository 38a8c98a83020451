// What follows when the server no longer holds old deletions. Who was there when they were made
// removes what is left of them here; who was not cannot learn of them, and fetches the whole slice
// once more: what the server does not bring is gone, unless a change of it waits here.

#include <utility>

#include "agent/sync.h"

namespace yizhan::agent {
namespace {

constexpr int kRowsLookedAt = 5000;  // of one bite

}  // namespace

Status Sync::note_purged(store::FollowedSlice* slice, std::uint64_t purged, bool* anew) {
  if (purged <= slice->purged) return {};
  if (slice->cursor >= purged) {
    std::uint64_t& forgotten = forgotten_[slice->name];
    forgotten = std::max(forgotten, purged);
    return {};
  }
  if (slice->cursor == 0) {  // whatever comes is without them
    slice->purged = purged;
    return records_.store().save_seed(*slice);
  }
  slice->purged = purged;
  context_.warn("slice " + shown(slice->name) +
                " has not been synchronised for so long that the server has forgotten deletions in "
                "it: all of it is fetched again; what was written here is sent, and nothing of it "
                "is lost");
  *anew = true;
  return fetch_anew(slice);
}

Status Sync::fetch_anew(store::FollowedSlice* slice) {
  ++slice->seed;
  slice->seed_to = std::max<std::uint64_t>(slice->head, 1);
  slice->cursor = 0;
  slice->removed = 0;
  if (sweep_ && sweep_->slice == slice->name) sweep_.reset();
  TRY(records_.store().update_slice(*slice));
  return records_.store().save_seed(*slice);
}

/// A bite. What is on its way to the slice is settled first: only then is it known what it has.
Status Sync::sweep() {
  if (!sweep_ && !forgotten_.empty()) {
    const auto [name, purged] = *forgotten_.begin();
    forgotten_.erase(forgotten_.begin());
    sweep_ = {name, purged, 0};
  }
  for (auto slice = slices_.begin(); !sweep_ && slice != slices_.end(); ++slice) {
    const store::FollowedSlice& one = slice->second;
    if (one.seed_to == 0 || one.cursor < one.seed_to) continue;
    TRY_ASSIGN(const bool waits, records_.store().has_waiting(one.id));
    if (!waits) sweep_ = {one.name, one.seed_to, one.seed};
  }
  if (!sweep_) return {};
  const auto slice = slices_.find(sweep_->slice);
  if (slice == slices_.end()) {
    sweep_.reset();
    return {};
  }
  TRY(context_.begin_write());
  bool end = false;
  TRY_ASSIGN(const std::int64_t removed,
             records_.sweep(static_cast<wire::RecordKind>(sweep_->kind), slice->second.id,
                            sweep_->up_to, sweep_->seed, &sweep_->from, kRowsLookedAt, &end));
  if (sweep_->seed != 0) slice->second.removed += removed;
  if (end) {
    sweep_->from = 0;
    ++sweep_->kind;
  }
  if (sweep_->kind > wire::kRecordKinds) return sweep_ended();
  return removed == 0 ? Status() : records_.store().save_seed(slice->second);
}

Status Sync::sweep_ended() {
  store::FollowedSlice& slice = slices_.at(sweep_->slice);
  if (sweep_->seed == 0) {
    slice.purged = std::max(slice.purged, sweep_->up_to);
  } else {
    slice.seed_to = 0;
    slice.seeded_us = context_.wall_us();
    context_.info("slice " + shown(slice.name) + " was fetched again: " +
                  std::to_string(slice.removed) + " records that are deleted on the server were "
                  "removed here");
  }
  sweep_.reset();
  return records_.store().save_seed(slice);
}

}  // namespace yizhan::agent
