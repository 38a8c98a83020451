#include "broker/merge.h"

#include <algorithm>
#include <string>

#include "wire/roles.h"

namespace yizhan::broker {
namespace {

using wire::bit;
using wire::FieldGroup;

bool is_append_only(wire::RecordKind kind) {
  return kind == wire::ITEM || kind == wire::OPERATION;
}

/// What the text of `group` says, for comparing; a changed date alone is no change.
bool same(const wire::Record& a, const wire::Record& b, FieldGroup group) {
  const auto fields = wire::fields_of(a.kind());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const int field = static_cast<int>(i);
    if (fields[i].group != group) continue;
    const bool dates = (a.kind() == wire::UNIT &&
                        (field == wire::unit::kChanger || field == wire::unit::kChanged)) ||
                       (a.kind() == wire::TERM &&
                        (field == wire::term::kChanger || field == wire::term::kChanged));
    if (!dates && wire::value(a, field) != wire::value(b, field)) return false;
  }
  return true;
}

void take(const wire::Record& from, FieldGroup group, wire::Record* to) {
  const auto fields = wire::fields_of(from.kind());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].group != group) continue;
    const int field = static_cast<int>(i);
    wire::set_value(to, field, wire::value(from, field));
  }
}

/// One change on its way into one record.
class Merging {
 public:
  Merging(const wire::Record& current, std::uint32_t changed_since, const wire::Change& change,
          const Writer& writer)
      : current_(current), since_(changed_since), change_(change), rank_(writer.rank) {}

  Merge run() {
    if (is_append_only(current_.kind())) return appended();
    if (change_.record().deleted()) return deletion();
    if (current_.deleted() && !revive()) return result_;
    next_ = current_;
    next_.set_deleted(false);
    if (current_.deleted()) result_.groups |= bit(FieldGroup::kDeletion);
    text();
    status();
    others();
    return finish();
  }

 private:
  bool has(FieldGroup group) const {
    return (change_.groups() & bit(group)) != 0 && !same(current_, change_.record(), group);
  }
  bool changed_by_others(FieldGroup group) const { return (since_ & bit(group)) != 0; }
  bool outranks() const { return rank_ > current_.rank(); }
  /// What a reviser or reviewer approved is not changed from below.
  bool is_guarded() const {
    return wire::is_approved(wire::status_of(current_)) && rank_ < current_.rank();
  }

  Merge appended() {
    const bool equal = wire::has_same_values(current_, change_.record());
    result_.outcome = equal ? wire::DUPLICATE : wire::REFUSED;
    if (!equal) result_.why = "collaboration and operations are only added to, never changed";
    return result_;
  }

  Merge deletion() {
    if (current_.deleted()) {
      result_.outcome = wire::DUPLICATE;
      return result_;
    }
    const bool edited = changed_by_others(FieldGroup::kText);
    if (is_guarded()) {
      result_.outcome = wire::PROPOSED;
      result_.conflict = Conflict::kApproved;
      result_.why = "it is approved by a higher role; the deletion is a proposal";
      return result_;
    }
    if (edited && !outranks()) {  // the edit wins, the deleter is told
      result_.outcome = wire::SUPERSEDED;
      result_.conflict = Conflict::kDeletion;
      return result_;
    }
    next_ = current_;
    next_.set_deleted(true);
    next_.set_rank(rank_);
    result_.groups = bit(FieldGroup::kDeletion);
    if (edited) {
      result_.conflict = Conflict::kDeletion;
      result_.change_won = true;
      result_.former_superseded = true;
    }
    return finish();
  }

  /// An edit of what has been deleted. False if the deletion stands.
  bool revive() {
    if (!changed_by_others(FieldGroup::kDeletion)) return true;  // he saw that it was deleted
    result_.conflict = Conflict::kDeletion;
    if (current_.rank() > rank_) {
      result_.outcome = wire::SUPERSEDED;
      return false;
    }
    result_.change_won = true;
    return true;
  }

  void text() {
    if (!has(FieldGroup::kText)) return;
    const bool had_text = !wire::value(current_, text_field()).empty();
    if (changed_by_others(FieldGroup::kText) && had_text) {
      result_.conflict = Conflict::kText;
      if (rank_ < current_.rank()) {
        result_.outcome = wire::SUPERSEDED;
        return;
      }
      result_.change_won = true;
      result_.former_superseded = true;
      both_reviewed_ = wire::is_approved(wire::status_of(current_)) &&
                       wire::is_approved(wire::status_of(change_.record()));
    } else if (is_guarded()) {
      result_.outcome = wire::PROPOSED;
      result_.conflict = Conflict::kApproved;
      result_.why = "it is approved by a higher role; the new text waits beside it";
      return;
    }
    take(change_.record(), FieldGroup::kText, &next_);
    next_.set_rank(rank_);
    result_.groups |= bit(FieldGroup::kText);
  }

  int text_field() const {
    return current_.kind() == wire::UNIT ? static_cast<int>(wire::unit::kTarget)
                                         : static_cast<int>(wire::concept_entry::kDefinition);
  }

  void status() {
    if (!has(FieldGroup::kStatus) && !both_reviewed_) return;
    if (lost_text() || is_guarded()) return;
    if (changed_by_others(FieldGroup::kStatus) && rank_ < current_.rank()) return;
    take(change_.record(), FieldGroup::kStatus, &next_);
    if (both_reviewed_) wire::set_status(&next_, "disputed");
    next_.set_rank(std::max(rank_, next_.rank()));
    result_.groups |= bit(FieldGroup::kStatus);
  }

  void others() {
    if (wire::add_uses(change_, &next_)) result_.groups |= bit(FieldGroup::kUsage);
    for (const FieldGroup group : {FieldGroup::kNote, FieldGroup::kDetails}) {
      if (!has(group)) continue;
      // Who entered the same second does not become its author; that he did is kept beside it.
      if (group == FieldGroup::kDetails && change_.base_rev() == 0) continue;
      if (changed_by_others(group) && rank_ < current_.rank()) {
        lost_other_ = true;
        continue;
      }
      take(change_.record(), group, &next_);
      result_.groups |= bit(group);
    }
  }

  bool lost_text() const {
    return result_.outcome == wire::SUPERSEDED || result_.outcome == wire::PROPOSED;
  }

  Merge finish() {
    if (result_.groups == 0) {
      // Nothing of it takes effect; and nothing was different, unless something of it lost.
      if (lost_other_ && result_.outcome == wire::APPLIED) result_.outcome = wire::SUPERSEDED;
      if (result_.outcome == wire::APPLIED) result_.outcome = wire::DUPLICATE;
      return result_;
    }
    if (result_.outcome == wire::APPLIED && (change_.base_rev() != current_.rev() || lost_other_)) {
      result_.outcome = wire::MERGED;
    }
    next_.set_rev(current_.rev() + 1);
    result_.record = std::move(next_);
    return result_;
  }

  const wire::Record& current_;
  const std::uint32_t since_;
  const wire::Change& change_;
  const std::uint32_t rank_;
  wire::Record next_;
  Merge result_;
  bool both_reviewed_ = false;
  bool lost_other_ = false;
};

}  // namespace

const char* conflict_name(Conflict conflict) {
  switch (conflict) {
    case Conflict::kNone:
      return "none";
    case Conflict::kText:
      return "text";
    case Conflict::kDeletion:
      return "deletion";
    case Conflict::kApproved:
      return "approved";
  }
  return "none";
}

Merge merge(const std::optional<wire::Record>& current, std::uint32_t changed_since,
            const wire::Change& change, const Writer& writer) {
  if (current) return Merging(*current, changed_since, change, writer).run();
  Merge result;
  if (change.record().deleted()) {
    result.outcome = wire::DUPLICATE;  // of what nobody has: it is gone already
    return result;
  }
  result.record = change.record();
  result.record->set_rev(1);
  result.record->set_rank(writer.rank);
  result.groups = wire::kAllGroups;
  return result;
}

}  // namespace yizhan::broker
