// What follows when the server has changed under us: it was restored from a backup, or a right was
// taken away.

#include <algorithm>
#include <utility>

#include "agent/sync.h"
#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr int kRestoreBite = 500;
constexpr int kPurgeBite = 2000;

}  // namespace

/// A bite of what a restored server may lack: records, then every text that is kept beside them.
Status Sync::restore() {
  TRY(context_.begin_write());
  if (!restore_.slices.empty()) return restore_bite(slices_.at(restore_.slices.back()));
  const std::uint64_t above = restore_.agreed.seq();
  for (auto& [name, slice] : slices_) {
    slice.cursor = std::min(slice.cursor, above);
    slice.head = std::min(slice.head, above);
    TRY(records_.store().update_slice(slice));
    if (slice.seed_to > above) {
      slice.seed_to = std::max<std::uint64_t>(above, 1);
      TRY(records_.store().save_seed(slice));
    }
    // They are in the outbox, and come back from the server with its numbers.
    TRY(records_.records().forget_revisions(slice.id, above));
  }
  context_.info("what the server may lack is ready to be sent: " +
                std::to_string(restore_.records) + " records");
  restoring_ = false;
  forget_pulls();
  seen_ = restore_.agreed;
  TRY(save_seen());
  return say_hello();  // the answer says how far the server's slices are now
}

Status Sync::restore_bite(const store::FollowedSlice& slice) {
  const auto kind = static_cast<wire::RecordKind>(restore_.kind);
  const std::uint64_t above = restore_.agreed.seq();
  TRY_ASSIGN(const auto rows,
             records_.records().walk(kind, slice.id, above, &restore_.from, kRestoreBite));
  if (rows.empty()) {
    restore_.from = 0;
    if (++restore_.kind > wire::kRecordKinds) {
      restore_.kind = 1;
      restore_.slices.pop_back();
    }
    return {};
  }
  std::vector<wire::SyncPush> pushes(1);
  std::size_t bytes = 0;
  const auto add = [&](wire::Change change) {
    bytes += change.ByteSizeLong();
    if (bytes > wire::kPageBytes || pushes.back().changes_size() >= kRestoreBite) {
      pushes.emplace_back();
      bytes = change.ByteSizeLong();
    }
    *pushes.back().add_changes() = std::move(change);
  };
  for (const store::StoredRecord& row : rows) {
    if (row.damaged || row.record.rev() == 0) continue;  // never pushed: its own push does that
    wire::Change change;
    *change.mutable_record() = row.record;
    add(std::move(change));
    ++restore_.records;
    store::StoredRecord forgotten = row;  // the server will number it anew
    forgotten.record.set_rev(0);
    forgotten.record.set_seq(0);
    TRY(records_.records().update(forgotten));
    TRY_ASSIGN(const auto revisions, records_.records().revisions(row.record.id()));
    for (const wire::Revision& revision : revisions) {
      if (revision.seq() <= above) continue;
      wire::Change text;
      wire::Record* record = text.mutable_record();
      record->set_kind(kind);
      record->set_id(revision.record());
      record->set_rev(revision.rev());
      record->set_deleted(revision.deleted());
      *record->mutable_values() = revision.values();
      text.set_at_us(revision.at_us());
      add(std::move(text));
    }
  }
  for (wire::SyncPush& one : pushes) {
    if (one.changes_size() == 0) continue;
    *one.mutable_lost() = seen_;
    store::Push push;
    push.id = std::string(context_.random.uuid(context_.wall_us()).view());
    push.slice = slice.id;
    push.lane = store::Lane::kBulk;
    push.changes = one.changes_size();
    push.created_us = context_.wall_us();
    push.content = one.SerializeAsString();
    TRY_ASSIGN([[maybe_unused]] const std::int64_t n, records_.store().add_push(push));
  }
  return {};
}

/// Asks about slices that the server did not name, once what was written here has been answered.
Status Sync::ask_again() {
  for (const std::string& name : unsure_) {
    const auto slice = slices_.find(name);
    if (slice == slices_.end()) continue;
    TRY_ASSIGN(const bool waits, records_.store().has_waiting(slice->second.id));
    if (waits) continue;
    unsure_.erase(name);
    return say_hello();
  }
  return {};
}

/// Clears slices that may no longer be read.
Status Sync::purge() {
  purging_ = false;
  for (auto name = gone_.begin(); name != gone_.end();) {
    const auto slice = slices_.find(*name);
    if (slice == slices_.end()) {
      name = gone_.erase(name);
      continue;
    }
    TRY(context_.begin_write());
    TRY_ASSIGN(const std::int64_t removed,
               records_.purge(slice->second.id, kPurgeBite));
    if (removed > 0) {
      purging_ = true;
      return {};
    }
    TRY(records_.store().remove_slice(slice->second.id));
    context_.info("slice " + shown(*name) + " is no longer yours to read: it was removed here");
    slices_.erase(slice);
    name = gone_.erase(name);
  }
  return {};
}

}  // namespace yizhan::agent
