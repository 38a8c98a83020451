// What a change does to its record, and what is kept of what it was.

#include <algorithm>
#include <utility>

#include "broker/history.h"
#include "wire/history.h"
#include "wire/roles.h"

namespace yizhan::broker {
namespace {

wire::Revision revision_of(const wire::Record& record, std::uint64_t rev, std::uint64_t seq,
                           wire::Outcome outcome) {
  wire::Revision revision;
  revision.set_record(record.id());
  revision.set_kind(record.kind());
  revision.set_rev(rev);
  revision.set_seq(seq);
  revision.set_outcome(outcome);
  revision.set_rank(record.rank());
  revision.set_deleted(record.deleted());
  *revision.mutable_values() = record.values();
  return revision;
}

/// Statuses that this writer may not give are brought down to what he may. True if one was.
bool lower_status(wire::Record* record, std::uint32_t rank) {
  if (record->kind() == wire::UNIT && rank < wire::kRankReviser &&
      wire::is_approved(wire::value(*record, wire::unit::kStatus))) {
    wire::set_value(record, wire::unit::kStatus, "translated");
    return true;
  }
  if (record->kind() == wire::TERM && rank < wire::rank_of_role("terminologist") &&
      wire::is_approved(wire::value(*record, wire::term::kStatus))) {
    wire::set_value(record, wire::term::kStatus, "proposed");
    return true;
  }
  return false;
}

/// Whether a program that makes keys as an earlier version did would give it this id.
bool is_older_id(const wire::Record& record, const std::string& slice, const std::string& id) {
  for (int version = 1; version < wire::kKeyVersion; ++version) {
    if (wire::record_id_of(record, slice, version) == id) return true;
  }
  return false;
}

}  // namespace

Result<std::uint32_t> History::changed_since(const store::StoredRecord& current,
                                             const wire::Change& change, const Author& author) {
  if (change.base_rev() == current.record.rev()) return std::uint32_t{0};
  TRY_ASSIGN(const std::uint32_t groups,
             records_.groups_since(change.record().id(), change.base_rev(), author.code));
  // A record that was never changed has no revisions; its first text counts against a newcomer.
  if (groups == 0 && change.base_rev() == 0 && current.record.rev() == 1 &&
      current.writer != author.database) {
    return wire::kAllGroups;
  }
  return groups;
}

Status History::apply(Step& step, const store::Slice& slice, wire::Change& change,
                      const Author& author, std::uint64_t seq, bool restoring, One* answer) {
  wire::Record& record = *change.mutable_record();
  const auto refuse = [&](std::string reason) {
    answer->set_outcome(wire::REFUSED);
    answer->set_reason(std::move(reason));
    return Status();
  };
  if (const Status valid = wire::check_record(record); !valid.ok()) {
    return refuse(valid.error().message);
  }
  const bool keyed = record.kind() != wire::ITEM && record.kind() != wire::OPERATION;
  if (keyed) {
    const std::string id = record.id();
    wire::set_record_id(&record, slice.name);
    if (record.id() != id) {
      if (!is_older_id(record, slice.name, id)) {
        return refuse("its id is not that of what it is about");
      }
      if (!restoring || !record.deleted()) {
        return apply_older(step, slice, change, id, author, seq, answer);
      }
      record.set_id(id);  // what is left of a record that has moved
    }
  } else if (author.client != 0 && !restoring) {
    return refuse("collaboration and operations are written by sending messages");
  }
  return restoring ? restore(step, slice, change, author, seq, answer)
                   : judge(step, slice, change, author, seq, answer);
}

Status History::judge(Step& step, const store::Slice& slice, wire::Change& change,
                      const Author& author, std::uint64_t seq, One* answer) {
  wire::Record& record = *change.mutable_record();
  const auto refuse = [&](const char* reason) {
    answer->set_outcome(wire::REFUSED);
    answer->set_reason(reason);
    return Status();
  };
  Author writer = author;
  if (change.rank() != 0) writer.rank = std::min(writer.rank, change.rank());
  const bool lowered = lower_status(&record, writer.rank);
  const bool stamped =
      wire::stamp_changer(&record, change.user().empty() ? author.user : change.user());
  TRY_ASSIGN(auto current, records_.find(record.kind(), record.id()));
  if (current && current->slice != slice.id) return refuse("it belongs to another slice");
  if (current && current->damaged) return refuse("the server's row of it is damaged");
  std::optional<wire::Record> before;
  std::uint32_t since = 0;
  bool echo = false;
  if (current) {
    before = current->record;
    TRY_ASSIGN(since, changed_since(*current, change, author));
    TRY_ASSIGN(echo, is_echo(*before, change));
  }
  Merge merged;
  merged.outcome = wire::DUPLICATE;
  if (!echo) merged = merge(before, since, change, {writer.rank});
  if (!current && merged.record && store_.purged() != 0) {
    // What was there before, and was deleted and purged, has a past that this goes on.
    TRY_ASSIGN(const std::uint64_t last, records_.last_revision(record.id()));
    merged.record->set_rev(last + 1);
  }
  bool kept = false;
  TRY(keep_revisions(step, slice, current, change, merged, writer, seq, &kept));
  // Whether the writer has it just as it stands now.
  const bool as_pushed = merged.outcome == wire::APPLIED && !lowered && !stamped &&
                         wire::has_same_values(*merged.record, record);
  if (merged.record) {
    store::StoredRecord row;
    row.record = std::move(*merged.record);
    row.record.set_seq(seq);
    row.slice = slice.id;
    row.writer = as_pushed ? author.database : 0;  // his own words need not be sent to him
    if (current) {
      TRY(records_.update(row));
    } else {
      const Result<std::int64_t> n = records_.insert(row);
      if (!n.ok()) return n.error();
    }
    merged.record = std::move(row.record);
    kept = true;
  }
  if (kept) note_changed(slice.name, seq);
  const wire::Record* stands = merged.record ? &*merged.record : before ? &*before : nullptr;
  answer->set_outcome(merged.outcome);
  answer->set_reason(merged.why);
  if (stands != nullptr) {
    answer->set_rev(stands->rev());
    answer->set_seq(stands->seq());
    answer->set_rank(stands->rank());
    if (!as_pushed) *answer->mutable_current() = *stands;
  }
  if (stands == nullptr || !is_listened_to(record.kind(), merged)) return {};
  return listener_->on_settled(
      step, {slice.name, *stands, before.value_or(wire::Record()), change, merged.outcome,
             merged.conflict, merged.change_won, writer, seq});
}

bool History::is_listened_to(wire::RecordKind kind, const Merge& merged) const {
  if (listener_ == nullptr || merged.outcome == wire::REFUSED) return false;
  return merged.conflict != Conflict::kNone || listener_->wants(kind);
}

/// Whether a file says what stood there before, and somebody has changed since.
Result<bool> History::is_echo(const wire::Record& current, const wire::Change& change) {
  if (!change.from_file() || current.kind() != wire::UNIT || current.rev() < 2) return false;
  TRY_ASSIGN(const auto past, records_.revisions(current.id()));
  return wire::said_before(current, past, change.record());
}

/// The past of a record that changes, and what lost. A record that nobody has changed has none: the
/// row itself is its first revision.
Status History::keep_revisions(Step& step, const store::Slice& slice,
                               const std::optional<store::StoredRecord>& former,
                               const wire::Change& change, const Merge& merged,
                               const Author& author, std::uint64_t seq, bool* kept) {
  if (merged.outcome == wire::REFUSED) return {};
  const auto keep = [&](const wire::Revision& revision, std::uint32_t groups) {
    *kept = true;
    return records_.add_revision(slice.id, revision, groups);
  };
  const auto by_author = [&](wire::Revision revision) {
    revision.set_user(author.user);
    revision.set_code(author.code);
    revision.set_rank(author.rank);
    // A clock that is ahead is not believed; both times are kept.
    revision.set_at_us(change.at_us());
    revision.set_stored_us(step.wall_us());
    return revision;
  };
  const auto of_former = [&](wire::Outcome outcome) {
    wire::Revision revision = revision_of(former->record, former->record.rev(), seq, outcome);
    revision.set_user(wire::changer_of(former->record));
    revision.set_stored_us(step.wall_us());
    return revision;
  };
  if (!former) {
    // Only a first text is its own first revision; one that goes on a purged past is not.
    if (!merged.record || merged.record->rev() == 1) return {};
    return keep(by_author(revision_of(*merged.record, merged.record->rev(), seq, wire::APPLIED)),
                wire::kAllGroups);
  }
  if (merged.record) {
    if (former->record.rev() == 1) TRY(keep(of_former(wire::APPLIED), wire::kAllGroups));
    if (merged.former_superseded) TRY(keep(of_former(wire::SUPERSEDED), 0));
    TRY(keep(by_author(revision_of(*merged.record, merged.record->rev(), seq, merged.outcome ==
                                           wire::MERGED ? wire::MERGED : wire::APPLIED)),
             merged.groups));
  }
  const bool lost = merged.outcome == wire::SUPERSEDED || merged.outcome == wire::PROPOSED;
  // That two people entered the same is worth a line; that one did so twice is not.
  const bool provenance = merged.outcome == wire::DUPLICATE && change.base_rev() == 0 &&
                          former->writer != author.database && !change.record().deleted();
  if (provenance) {
    TRY_ASSIGN(const bool known, records_.has_revision(change.record().id(), former->record.rev(),
                                                       author.code, wire::DUPLICATE));
    if (known) return {};
  }
  if (lost || provenance) {
    TRY(keep(by_author(revision_of(change.record(), former->record.rev(), seq, merged.outcome)),
             0));
  }
  return {};
}

/// What a restored server may have lost comes back from whoever has it. A record that is there, or
/// was changed since, keeps its state; the other text is kept beside it.
Status History::restore(Step& step, const store::Slice& slice, const wire::Change& change,
                        const Author& author, std::uint64_t seq, One* answer) {
  const wire::Record& record = change.record();
  TRY_ASSIGN(auto current, records_.find(record.kind(), record.id()));
  const bool newer = current && !current->damaged && current->slice == slice.id &&
                     current->record.rev() < record.rev();
  if (!current || newer) {
    store::StoredRecord row;
    row.record = record;
    row.record.set_seq(seq);
    row.record.set_rev(std::max<std::uint64_t>(record.rev(), 1));
    row.slice = slice.id;
    if (current) {
      TRY(records_.update(row));
    } else {
      const Result<std::int64_t> n = records_.insert(row);
      if (!n.ok()) return n.error();
    }
    note_changed(slice.name, seq);
    answer->set_outcome(wire::APPLIED);
    answer->set_rev(row.record.rev());
    answer->set_seq(seq);
    answer->set_rank(row.record.rank());
    if (!record.deleted()) return {};
    // Its text outlives the row (Upkeep), so it must not be there only.
    wire::Revision last = revision_of(row.record, row.record.rev(), seq, wire::APPLIED);
    last.set_stored_us(step.wall_us());
    return records_.add_revision(slice.id, last, wire::bit(wire::FieldGroup::kDeletion));
  }
  const bool same = wire::has_same_values(record, current->record) &&
                    record.deleted() == current->record.deleted();
  answer->set_outcome(same ? wire::DUPLICATE : wire::SUPERSEDED);
  answer->set_rev(current->record.rev());
  answer->set_seq(current->record.seq());
  *answer->mutable_current() = current->record;
  if (same || current->slice != slice.id) return {};
  wire::Revision revision = revision_of(record, current->record.rev(), seq, wire::SUPERSEDED);
  revision.set_user(wire::changer_of(record));
  revision.set_code(author.code);
  revision.set_at_us(change.at_us());
  revision.set_stored_us(step.wall_us());
  note_changed(slice.name, seq);
  return records_.add_revision(slice.id, revision, 0);
}

}  // namespace yizhan::broker
