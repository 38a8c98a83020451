// Records whose ids were made by an earlier version of keys (wire/history.h): where they are now,
// and how they get there.

#include <utility>

#include "broker/history.h"
#include "wire/history.h"

namespace yizhan::broker {

Result<std::optional<store::StoredRecord>> History::find(wire::RecordKind kind,
                                                         std::string_view id) {
  TRY_ASSIGN(auto found, records_.find(kind, id));
  if (!found || found->damaged || !found->record.deleted()) return found;
  const store::Slice* slice = slices_.find(found->slice);
  if (slice == nullptr) return found;
  const std::string now = wire::record_id_of(found->record, slice->name, wire::kKeyVersion);
  if (now == id) return found;
  TRY_ASSIGN(auto moved, records_.find(kind, now));
  return moved ? std::move(moved) : std::move(found);
}

Result<bool> History::rekey(Step& step, const store::StoredRecord& row) {
  const store::Slice* slice = slices_.find(row.slice);
  if (slice == nullptr || row.damaged || row.record.deleted()) return false;
  const std::string& old_id = row.record.id();
  const std::string new_id = wire::record_id_of(row.record, slice->name, wire::kKeyVersion);
  if (new_id == old_id) return false;
  TRY_ASSIGN(const auto there, records_.find(row.record.kind(), new_id));
  TRY_ASSIGN(const auto past, records_.revisions(old_id));
  TRY_ASSIGN(std::uint64_t seq,
             store_.take_numbers(2 + static_cast<std::int64_t>(past.size())));
  store::StoredRecord gone = row;
  gone.record.set_deleted(true);
  gone.record.set_rev(row.record.rev() + 1);
  gone.record.set_seq(seq++);
  gone.writer = 0;
  TRY(records_.update(gone));
  if (!there) {
    store::StoredRecord moved = row;
    moved.record.set_id(new_id);
    moved.record.set_seq(seq++);
    moved.writer = 0;
    const Result<std::int64_t> n = records_.insert(moved);
    if (!n.ok()) return n.error();
  }
  // What others have seen of it stays what they have seen: the same revisions, under the new id. Of
  // two that become one, the past of the other is to be read and says nothing about this one.
  TRY_ASSIGN(const std::int64_t copied,
             records_.copy_revisions(slice->id, old_id, new_id, seq, !there));
  note_changed(slice->name, seq + static_cast<std::uint64_t>(copied) - 1);
  if (!there) return true;
  wire::Change change;
  *change.mutable_record() = row.record;
  change.mutable_record()->set_id(new_id);
  change.set_groups(wire::kAllGroups);
  Author author;
  author.database = -1;  // another one than whoever wrote what is there
  author.user = wire::changer_of(row.record);
  author.rank = row.record.rank();
  const std::string name = slice->name;
  TRY(write(step, name, std::move(change), author));
  return true;
}

/// The record moves, if it has not yet. Whoever sent the change is told that what he has under the
/// old id is gone, and fetches the record like everybody else.
Status History::apply_older(Step& step, const store::Slice& slice, wire::Change& change,
                            const std::string& old_id, const Author& author, std::uint64_t seq,
                            One* answer) {
  const wire::RecordKind kind = change.record().kind();
  TRY_ASSIGN(auto old, records_.find(kind, old_id));
  if (old && (old->damaged || old->slice != slice.id)) {
    answer->set_outcome(wire::REFUSED);
    answer->set_reason(old->damaged ? "the server's row of it is damaged"
                                    : "it belongs to another slice");
    return {};
  }
  if (old) {
    TRY(rekey(step, *old));
  } else {
    store::StoredRecord gone;
    gone.record = change.record();
    gone.record.set_id(old_id);
    gone.record.set_deleted(true);
    gone.record.set_rev(1);
    gone.slice = slice.id;
    TRY_ASSIGN(const std::uint64_t number, store_.take_numbers(1));
    gone.record.set_seq(number);
    const Result<std::int64_t> n = records_.insert(gone);
    if (!n.ok()) return n.error();
    note_changed(slice.name, number);
  }
  Author other = author;
  other.database = 0;  // it knows the record by another id, and is to be sent its own words
  TRY(judge(step, slice, change, other, seq, answer));
  if (answer->outcome() == wire::REFUSED) return {};
  TRY_ASSIGN(old, records_.find(kind, old_id));
  answer->set_rev(old->record.rev());
  answer->set_seq(old->record.seq());
  answer->set_rank(old->record.rank());
  *answer->mutable_current() = std::move(old->record);
  return {};
}

}  // namespace yizhan::broker
