#include "agent/records.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

#include "wire/history.h"
#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr int kOverlayPushes = 1000;  // of the live lane, looked through for one record

using wire::bit;
using wire::FieldGroup;

/// Lays what `change` says over `record`.
void overlay(const wire::Change& change, wire::Record* record) {
  const auto fields = wire::fields_of(record->kind());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool key = fields[i].group == FieldGroup::kKey;
    const bool usage = fields[i].group == FieldGroup::kUsage;
    if (key || usage || (change.groups() & bit(fields[i].group)) == 0) continue;
    wire::set_value(record, static_cast<int>(i),
                    wire::value(change.record(), static_cast<int>(i)));
  }
  wire::add_uses(change, record);
  record->set_deleted(change.record().deleted());
}

/// The server would write the same name in, and would then have to send the record back.
void stamp(wire::Change* change, const std::string& own_user) {
  wire::stamp_changer(change->mutable_record(),
                      change->user().empty() ? own_user : change->user());
}

bool says_the_same(const wire::Record& a, const wire::Record& b) {
  return a.deleted() == b.deleted() && wire::has_same_values(a, b);
}

}  // namespace

Status Records::apply_here(const store::FollowedSlice& slice, Base base, wire::Change* change,
                           bool* changed, bool* was_pending) {
  wire::Record& record = *change->mutable_record();
  TRY_ASSIGN(auto known, records_.find(record.kind(), record.id()));
  if (!known) {
    *changed = !record.deleted();
    if (!*changed) return {};
    stamp(change, context_.options.user);
    record.set_rev(0);
    record.set_seq(0);
    record.set_rank(0);
    change->set_base_rev(0);
    TRY_ASSIGN(const std::int64_t n, records_.insert(record, slice.id, 0, 1));
    tally(record.kind(), slice.id, 1);
    return store_.note_words(record.kind(), n);
  }
  if (known->damaged) {
    return Error{Code::kCorrupt, "the row of this record is damaged; it will be fetched anew"};
  }
  if (base == Base::kKnown && change->base_rev() == 0) change->set_base_rev(known->record.rev());
  // Who says what is there already has changed nothing.
  const bool unsigned_change = wire::changer_of(record).empty();
  if (unsigned_change) wire::set_changer(&record, wire::changer_of(known->record));
  wire::Record next = known->record;
  overlay(*change, &next);
  *changed = !says_the_same(next, known->record);
  if (*changed && change->from_file()) {
    TRY_ASSIGN(const bool echo, is_echo(known->record, *change));
    *changed = !echo;
    echoes_ += echo ? 1 : 0;
  }
  if (!*changed) return {};
  if (unsigned_change) {
    wire::set_changer(&record, "");
    stamp(change, context_.options.user);
    wire::set_changer(&next, wire::changer_of(record));
  }
  tally(next.kind(), known->slice, known->record.deleted() - next.deleted());
  known->record = std::move(next);
  *was_pending = *was_pending || known->pending > 0;
  ++known->pending;
  TRY(records_.update(*known));
  return store_.note_words(known->record.kind(), known->n);
}

/// Whether a unit said before what a file says, and people have changed or deleted it since.
Result<bool> Records::is_echo(const wire::Record& known, const wire::Change& change) {
  if (known.kind() != wire::UNIT || known.rev() < 2) return false;
  TRY_ASSIGN(const auto past, records_.revisions(known.id()));
  return wire::said_before(known, past, change.record());
}

Status Records::change(const std::string& slice_name, std::vector<wire::Change> changes,
                       store::Lane lane, Base base) {
  wire::SyncPush push;
  for (wire::Change& change : changes) *push.add_changes() = std::move(change);
  return change(slice_name, &push, lane, base);
}

Status Records::change(const std::string& slice_name, wire::SyncPush* content, store::Lane lane,
                       Base base) {
  TRY(wire::check_slice(slice_name));
  for (wire::Change& change : *content->mutable_changes()) {
    const std::string given = change.record().id();
    wire::set_record_id(change.mutable_record(), slice_name);
    // A record that has its id by an earlier version of keys keeps it until the server moves it.
    if (!given.empty() && given != change.record().id()) {
      TRY_ASSIGN(const auto known, records_.find(change.record().kind(), given));
      if (known) change.mutable_record()->set_id(given);
    }
    TRY(wire::check_record(change.record()));
  }
  TRY(context_.begin_write());
  TRY_ASSIGN(const store::FollowedSlice slice, store_.slice(slice_name));
  bool was_pending = false;
  int kept = 0;
  for (int i = 0; i < content->changes_size(); ++i) {
    wire::Change& change = *content->mutable_changes(i);
    if (change.groups() == 0) change.set_groups(wire::kAllGroups & ~bit(FieldGroup::kUsage));
    if (change.at_us() == 0) change.set_at_us(context_.wall_us());
    bool changed = false;
    TRY(apply_here(slice, base, &change, &changed, &was_pending));
    if (changed) content->mutable_changes()->SwapElements(i, kept++);
  }
  content->mutable_changes()->DeleteSubrange(kept, content->changes_size() - kept);
  if (kept == 0) return {};
  store::Push push;
  push.id = std::string(context_.random.uuid(context_.wall_us()).view());
  push.slice = slice.id;
  push.lane = lane;
  if (lane == store::Lane::kLive && was_pending) {
    TRY_ASSIGN(const auto bulk, store_.waiting(store::Lane::kBulk, 0, 1));
    if (!bulk.empty()) push.lane = store::Lane::kBulk;
  }
  push.changes = kept;
  push.created_us = context_.wall_us();
  push.content = content->SerializeAsString();
  TRY_ASSIGN([[maybe_unused]] const std::int64_t n, store_.add_push(push));
  context_.changed_history = true;
  return {};
}

Status Records::settle(const store::Push& push,
                       const std::vector<wire::SyncResult::One>& results) {
  google::protobuf::Arena arena;  // a push has thousands of small strings
  wire::SyncPush& content = *google::protobuf::Arena::CreateMessage<wire::SyncPush>(&arena);
  wire::SyncPush refused;
  std::string reason;
  if (!content.ParseFromString(push.content)) return store_.remove_push(push.n);
  TRY(store_.remove_push(push.n));  // first: it must not be laid over what the server says
  const auto count =
      std::min<std::size_t>(results.size(), static_cast<std::size_t>(content.changes_size()));
  for (std::size_t i = 0; i < count; ++i) {
    const wire::SyncResult::One& one = results[i];
    wire::Change& change = *content.mutable_changes(static_cast<int>(i));
    const wire::RecordKind kind = change.record().kind();
    if (one.outcome() == wire::REFUSED) {
      reason = one.reason();
      *refused.add_changes() = std::move(change);
    } else {
      TRY(settle_one(content.has_lost(), kind, change.record().id(), one));
    }
  }
  if (refused.changes_size() == 0) return {};
  if (content.has_lost()) *refused.mutable_lost() = content.lost();
  // Only what was refused is parked; the rest of the push has taken effect.
  store::Push parked = push;
  parked.id = std::string(context_.random.uuid(context_.wall_us()).view());
  parked.parked = true;
  parked.reason = reason;
  parked.changes = refused.changes_size();
  parked.content = refused.SerializeAsString();
  context_.warn(std::to_string(parked.changes) + " changes of history were refused and are kept "
                "aside: " + shown(reason) + "; see `yizhan sync parked`");
  TRY_ASSIGN([[maybe_unused]] const std::int64_t n, store_.add_push(parked));
  return {};
}

/// What came of one change. The word of a server that was restored counts whatever number it has.
Status Records::settle_one(bool restored, wire::RecordKind kind, const std::string& id,
                           const wire::SyncResult::One& one) {
  if (one.has_current() && wire::check_record(one.current()).ok()) {
    TRY_ASSIGN(const auto known, records_.find(kind, one.current().id()));
    if (known && (restored || one.current().rev() >= known->record.rev())) {
      const std::int64_t answered = restored ? 0 : 1;
      return replace(*known, one.current(), std::max<std::int64_t>(known->pending - answered, 0));
    }
    return records_.settle(kind, id, 0, 0, 0, !restored);
  }
  return records_.settle(kind, id, one.rev(), one.seq(), one.rank(), !restored);
}

Result<std::uint64_t> Records::drop(const store::Push& push) {
  TRY(context_.begin_write());
  TRY(store_.remove_push(push.n));
  wire::SyncPush content;
  std::uint64_t oldest = 0;
  if (!content.ParseFromString(push.content)) return oldest;
  for (const wire::Change& change : content.changes()) {
    const wire::RecordKind kind = change.record().kind();
    TRY_ASSIGN(const auto known, records_.find(kind, change.record().id()));
    if (!known) continue;
    if (known->record.rev() == 0 && known->pending <= 1) {
      TRY(records_.remove(kind, change.record().id()));
      tally(kind, known->slice, known->record.deleted() ? 0 : -1);
      continue;
    }
    TRY(records_.settle(kind, change.record().id(), 0, 0, 0, true));
    const std::uint64_t seq = known->record.seq();
    if (seq != 0) oldest = oldest == 0 ? seq : std::min(oldest, seq);
  }
  return oldest;
}

Status Records::park(const store::Push& push, const std::string& reason) {
  context_.warn(std::to_string(push.changes) + " changes of history were refused and are kept "
                "aside: " + shown(reason) + "; see `yizhan sync parked`");
  return store_.park(push.n, reason);
}

Status Records::take(const store::FollowedSlice& slice, const wire::SyncPage& page) {
  for (const wire::Record& record : page.records()) {
    if (const Status valid = wire::check_record(record); !valid.ok()) {
      context_.warn("a record from the broker was left out: " + valid.error().message);
      continue;
    }
    TRY(take_record(slice, record));
  }
  for (const wire::Revision& revision : page.revisions()) {
    TRY(records_.keep_revision(slice.id, revision));
  }
  return {};
}

Status Records::take_record(const store::FollowedSlice& slice, const wire::Record& record) {
  TRY_ASSIGN(const auto known, records_.find(record.kind(), record.id()));
  if (!known) {
    TRY_ASSIGN(const std::int64_t n, records_.insert(record, slice.id, slice.seed_now(), 0));
    tally(record.kind(), slice.id, record.deleted() ? 0 : 1);
    return store_.note_words(record.kind(), n);
  }
  if (!known->damaged && known->record.rev() > record.rev()) return {};  // an old page
  store::StoredRecord row = *known;
  row.writer = slice.seed_now();
  return replace(row, record, known->pending);
}

/// The server's record, with what it has not judged yet laid over it. A change in the bulk lane
/// waits unseen: a file's text does not hide what a person wrote meanwhile.
Status Records::replace(const store::StoredRecord& known, const wire::Record& record,
                        std::int64_t pending) {
  store::StoredRecord row = known;
  row.record = record;
  row.pending = pending;
  row.damaged = false;
  if (pending > 0) {
    TRY_ASSIGN(const auto pushes, store_.waiting(store::Lane::kLive, 0, kOverlayPushes));
    for (const store::Push& push : pushes) {
      wire::SyncPush content;
      if (push.slice != known.slice || !content.ParseFromString(push.content)) continue;
      for (const wire::Change& change : content.changes()) {
        if (change.record().id() == record.id()) overlay(change, &row.record);
      }
    }
  }
  const bool same_text = !known.damaged && says_the_same(row.record, known.record);
  TRY(records_.update(row));
  tally(record.kind(), known.slice, known.record.deleted() - row.record.deleted());
  return same_text ? Status() : store_.note_words(record.kind(), known.n);
}

Result<std::int64_t> Records::count(wire::RecordKind kind, store::SliceId slice) {
  const auto known = counts_.find({kind, slice});
  if (known != counts_.end()) return known->second;
  TRY_ASSIGN(const std::int64_t counted, records_.count(kind, slice));
  counts_[{kind, slice}] = counted;
  return counted;
}

void Records::tally(wire::RecordKind kind, store::SliceId slice, int more) {
  const auto known = counts_.find({kind, slice});
  if (known != counts_.end()) known->second += more;
}

Result<std::int64_t> Records::sweep(wire::RecordKind kind, store::SliceId slice,
                                    std::uint64_t up_to, std::int64_t seed, std::int64_t* from,
                                    int span, bool* end) {
  TRY_ASSIGN(const std::int64_t removed,
             records_.sweep(kind, slice, up_to, seed, from, span, end));
  if (removed > 0) counts_.clear();
  return removed;
}

Result<std::int64_t> Records::purge(store::SliceId slice, int limit) {
  counts_.clear();  // which rows went is not told
  return records_.purge_slice(slice, limit);
}

}  // namespace yizhan::agent
