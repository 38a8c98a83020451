#include "agent/project_history.h"

#include <algorithm>

namespace yizhan::agent {

namespace {

using exchange::KnownUnit;
using wire::value;

constexpr int kReadAtOnce = 1000;
// Everything, also what the server has not numbered yet: see HistoryStore::walk.
constexpr std::uint64_t kFromTheStart = 0;

wire::Record unit_as(const wire::Revision& revision) {
  wire::Record unit;
  unit.set_kind(wire::UNIT);
  unit.set_id(revision.record());
  *unit.mutable_values() = revision.values();
  return unit;
}

}  // namespace

Result<KnownUnit> KnownInStore::look(const wire::RecordId& id) {
  const auto stored = records_.records().find(wire::UNIT, id.view());
  if (!stored.ok()) return failed(stored.error());
  KnownUnit known;
  if (!*stored || (*stored)->damaged) return known;
  const wire::Record& record = (*stored)->record;
  known.exists = true;
  known.deleted = record.deleted();
  known.rev = record.rev();
  known.text = exchange::unit_text_hash(record);
  known.writing = exchange::unit_writing_hash(record);
  return known;
}

Result<std::optional<std::uint64_t>> KnownInStore::was(const wire::RecordId& id,
                                                       std::uint64_t writing) {
  const auto revisions = records_.records().revisions(id.view());
  if (!revisions.ok()) return failed(revisions.error());
  for (const wire::Revision& revision : *revisions) {
    if (exchange::unit_writing_hash(unit_as(revision)) == writing) {
      return std::optional<std::uint64_t>(revision.rev());
    }
  }
  return std::optional<std::uint64_t>();
}

Result<std::set<store::SliceId>> slices_of(Records& records,
                                           const std::vector<std::string>& paths) {
  TRY_ASSIGN(const auto all, records.store().slices());
  std::set<store::SliceId> wanted;
  for (const store::FollowedSlice& slice : all) {
    const bool covered = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
      return wire::slice_covers(path, slice.name);
    });
    if (covered) wanted.insert(slice.id);
  }
  return wanted;
}

bool ProjectMarks::fits(const store::SyncClientStore::NotedUnit& unit) {
  if (!slices_.contains(unit.slice)) return false;
  const auto [found, fresh] = fitting_.try_emplace(unit.source_lang + ">" + unit.target_lang);
  if (fresh) {
    found->second = exchange::omegat_language_fits(unit.source_lang, project_.source_lang, true) &&
                    exchange::omegat_language_fits(unit.target_lang, project_.target_lang, false);
  }
  return found->second;
}

Result<std::optional<exchange::UnitMark>> ProjectMarks::next() {
  while (true) {
    if (at_ == read_.size()) {
      if (end_ || slices_.empty()) return std::optional<exchange::UnitMark>();
      TRY_ASSIGN(read_, records_.store().noted_units(before_, kReadAtOnce));
      at_ = 0;
      end_ = read_.size() < kReadAtOnce;
      if (read_.empty()) return std::optional<exchange::UnitMark>();
      before_ = read_.back().doc;
    }
    const auto& unit = read_[at_++];
    const auto id = wire::RecordId::from(unit.id);
    if (!id || !fits(unit) || !taken_.insert(unit.row).second) continue;
    const auto order = static_cast<std::uint64_t>(unit.doc);
    given_.emplace_back(order, unit.row);
    return std::optional<exchange::UnitMark>({order, *id});
  }
}

std::vector<std::int64_t> ProjectMarks::rows(std::uint64_t first, std::uint64_t last) const {
  std::vector<std::int64_t> rows;
  for (const auto& [order, row] : given_) {
    if (order >= first && order <= last) rows.push_back(row);
  }
  return rows;
}

Result<std::map<std::string, std::string>> glossary_texts(Records& records,
                                                          const exchange::OmegatProject& project,
                                                          const std::set<store::SliceId>& slices) {
  std::map<std::string, exchange::TermEntry> entries;  // by the concept's id in hex
  const auto walk = [&](wire::RecordKind kind, store::SliceId slice, auto take) -> Status {
    std::int64_t from = 0;
    while (true) {
      TRY_ASSIGN(auto page, records.records().walk(kind, slice, kFromTheStart, &from, kReadAtOnce));
      for (store::StoredRecord& one : page) {
        if (!one.damaged && !one.record.deleted()) take(std::move(one.record));
      }
      if (page.size() < kReadAtOnce) return {};
    }
  };
  for (const store::SliceId slice : slices) {
    TRY(walk(wire::CONCEPT, slice, [&](wire::Record record) {
      entries[wire::record_id_hex(record.id())].entry = std::move(record);
    }));
    TRY(walk(wire::TERM, slice, [&](wire::Record record) {
      const std::string id = value(record, wire::term::kConcept);
      entries[id].terms.push_back(std::move(record));
    }));
  }
  std::map<std::string, exchange::GlossaryText> files;
  for (const auto& [id, one] : entries) {
    const std::string& termbase = value(one.entry, wire::concept_entry::kTermbase);
    files.try_emplace(exchange::glossary_file_name(termbase), project)
        .first->second.add(one.entry, one.terms);
  }
  std::map<std::string, std::string> texts;
  for (const auto& [name, file] : files) {
    if (file.lines() > 0) texts[name] = file.text();
  }
  return texts;
}

}  // namespace yizhan::agent
