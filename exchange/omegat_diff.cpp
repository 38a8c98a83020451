#include "exchange/omegat_diff.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "exchange/omegat_text.h"

namespace yizhan::exchange {

namespace {

using Entry = OmegatSnapshot::Entry;
using wire::bit;
using wire::FieldGroup;
using wire::value;

/// Fewer may well be one person's doing.
constexpr std::size_t kManyDeletions = 20;

std::uint64_t hash_of(std::string_view text) {
  const Sha256 hash = sha256_of(text);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof word; ++i) word = word << 8 | hash.data[i];
  return word == 0 ? 1 : word;
}

/// What a note asks; empty if it is no question.
std::string_view question_in(std::string_view note) {
  note = trimmed(note);
  for (const std::string_view mark : {"?", "？", "Q:", "q:", "Q：", "q："}) {
    if (note.starts_with(mark)) return trimmed(note.substr(mark.size()));
  }
  return {};
}

const Entry* find(const std::vector<Entry>& entries, const wire::RecordId& id) {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), id,
                       [](const Entry& one, const wire::RecordId& key) { return one.id < key; });
  return found != entries.end() && found->id == id ? &*found : nullptr;
}

}  // namespace

std::uint64_t unit_text_hash(const wire::Record& unit) {
  const std::string& plain = value(unit, wire::unit::kTarget);
  const std::string& xml = value(unit, wire::unit::kTargetXml);
  if (plain.empty() && xml.empty()) return 0;
  return hash_of(xml.empty() ? plain : xml);
}

std::uint64_t unit_writing_hash(const wire::Record& unit) {
  constexpr std::size_t kWholeSeconds = 19;  // "2024-03-05T10:15:00"
  const std::uint64_t text = unit_text_hash(unit);
  std::string all = unit.id();
  all.append(reinterpret_cast<const char*>(&text), sizeof text);
  return hash_of(all + value(unit, wire::unit::kChanged).substr(0, kWholeSeconds));
}

bool OmegatDiff::fits(const wire::Record& record) {
  const std::string& source = value(record, wire::unit::kSourceLang);
  const std::string& target = value(record, wire::unit::kTargetLang);
  const auto [found, fresh] = fitting_.try_emplace(source + ">" + target);
  if (fresh) {
    // A translator's own file in his own project: what has no language is in the project's.
    found->second = (source.empty() || omegat_language_fits(source, project_.source_lang, true)) &&
                    (target.empty() || omegat_language_fits(target, project_.target_lang, false));
  }
  return found->second;
}

Status OmegatDiff::unit(wire::Record record) {
  ++report_.units;
  if (!fits(record)) {
    ++report_.other_language;
    return {};
  }
  wire::set_value(&record, wire::unit::kSourceLang, project_.source_lang);
  wire::set_value(&record, wire::unit::kTargetLang, project_.target_lang);
  wire::set_value(&record, wire::unit::kChanger,
                  users_.user_of(value(record, wire::unit::kChanger)));
  wire::set_record_id(&record, slice_);
  Entry now;
  now.id = *wire::RecordId::from(record.id());
  now.text = unit_text_hash(record);
  const std::string& note = value(record, wire::unit::kNote);
  now.note = note.empty() ? 0 : hash_of(note);
  newest_ = std::max(newest_, value(record, wire::unit::kChanged));

  const Entry* const before = find(before_.entries, now.id);
  if (before != nullptr) now.rev = before->rev;
  if (now.note != 0 && (before == nullptr || before->note != now.note)) TRY(ask(record));
  if (now.text != 0 && (before == nullptr || before->text != now.text)) {
    TRY(compare(std::move(record), before, &now));
  }
  now_.push_back(now);
  return {};
}

Status OmegatDiff::ask(const wire::Record& record) {
  const std::string_view text = question_in(value(record, wire::unit::kNote));
  if (text.empty()) return {};
  ++report_.questions;
  return out_.question({record, std::string(text)});
}

/// Whether somebody wrote this before, here or elsewhere, rather than the translator just now.
Result<bool> OmegatDiff::is_echo(const Entry& now, std::uint64_t writing, const KnownUnit& known,
                                 std::uint64_t* rev) {
  if (known.exists && !known.deleted && known.text == now.text) {
    *rev = known.rev;
    return true;
  }
  TRY_ASSIGN(const auto past, known_.was(now.id, writing));
  const bool seen = std::binary_search(before_.seen.begin(), before_.seen.end(), writing);
  if (!past && !seen && !(known.exists && known.writing == writing)) return false;
  *rev = past.value_or(0);
  ++report_.reverted;
  return true;
}

Status OmegatDiff::compare(wire::Record record, const Entry* before, Entry* now) {
  TRY_ASSIGN(const KnownUnit known, known_.look(now->id));
  const std::uint64_t writing = unit_writing_hash(record);
  new_writings_.push_back(writing);
  TRY_ASSIGN(const bool echo, is_echo(*now, writing, known, &now->rev));
  if (echo) {
    ++report_.echoes;
    return {};
  }
  OmegatChange change;
  if (before != nullptr && before->text != 0) {
    change.kind = OmegatChange::kEdited;
    change.base_rev = known.text == before->text ? known.rev : before->rev;
    change.groups = bit(FieldGroup::kText);
    ++report_.edited;
  } else {
    // If others have a text for it meanwhile, he did not see that: both are new.
    change.kind = OmegatChange::kNew;
    change.base_rev = known.deleted ? known.rev : 0;
    change.groups = bit(FieldGroup::kText) | bit(FieldGroup::kStatus) | bit(FieldGroup::kDetails);
    wire::set_value(&record, wire::unit::kStatus, "translated");
    wire::set_value(&record, wire::unit::kOrigin, "human");
    ++report_.added;
  }
  now->rev = change.base_rev;
  wire::set_value(&record, wire::unit::kNote, "");
  change.unit = std::move(record);
  return out_.change(std::move(change));
}

/// Why units that are gone were hardly deleted by the translator; empty: they were. What is not
/// deleted stays for others and comes back to no harm; what is deleted by mistake is lost work.
std::string OmegatDiff::why_not_deleted(std::size_t missing) const {
  if (report_.reverted > 0 && missing > 0) {
    return "older texts have come back with it: this is an old copy of the project";
  }
  if (missing > kManyDeletions && missing > before_.entries.size() / 2) {
    return "most of the memory is gone at once";
  }
  if (missing > 1 && newest_ < before_.newest) {
    return "its newest unit is older than the newest was: this is an old copy of the project";
  }
  return {};
}

Status OmegatDiff::delete_missing(const OmegatSnapshot& after) {
  std::vector<const Entry*> missing;
  for (const Entry& entry : before_.entries) {
    if (entry.text == 0) continue;
    const Entry* const now = find(after.entries, entry.id);
    if (now == nullptr || now->text == 0) missing.push_back(&entry);
  }
  report_.withheld_reason = why_not_deleted(missing.size());
  if (!report_.withheld_reason.empty()) {
    report_.withheld = missing.size();
    return {};
  }
  for (const Entry* entry : missing) {
    TRY_ASSIGN(const KnownUnit known, known_.look(entry->id));
    if (!known.exists || known.deleted) continue;
    OmegatChange change;
    change.kind = OmegatChange::kDeleted;
    change.unit.set_kind(wire::UNIT);
    change.unit.set_id(std::string(entry->id.view()));
    change.unit.set_deleted(true);
    change.groups = bit(FieldGroup::kDeletion);
    change.base_rev = known.text == entry->text ? known.rev : entry->rev;
    ++report_.deleted;
    TRY(out_.change(std::move(change)));
  }
  return {};
}

Result<OmegatDiff::Outcome> OmegatDiff::finish() {
  OmegatSnapshot after;
  after.entries = std::move(now_);
  std::stable_sort(after.entries.begin(), after.entries.end(),
                   [](const Entry& a, const Entry& b) { return a.id < b.id; });
  after.entries.erase(std::unique(after.entries.begin(), after.entries.end(),
                                  [](const Entry& a, const Entry& b) { return a.id == b.id; }),
                      after.entries.end());
  TRY(delete_missing(after));
  std::sort(new_writings_.begin(), new_writings_.end());
  std::set_union(before_.seen.begin(), before_.seen.end(), new_writings_.begin(),
                 new_writings_.end(), std::back_inserter(after.seen));
  after.newest = newest_;
  return Outcome{std::move(after), report_};
}

}  // namespace yizhan::exchange
