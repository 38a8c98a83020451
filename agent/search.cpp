#include "agent/search.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "store/bigram_tokenizer.h"
#include "wire/history.h"

namespace yizhan::agent {
namespace {

constexpr int kIndexBite = 500;
constexpr Micros kIndexPause = std::chrono::milliseconds(20);
constexpr Micros kQuiet = std::chrono::seconds(2);
constexpr int kMaxTail = 20'000;  // documents not yet indexed that one search looks through
constexpr const char* kIndexed = "search.indexed";

/// Whether all words of an FTS query would match: the same cutting, on one record.
bool holds_all(const std::string& words, const std::vector<std::string>& wanted) {
  for (const std::string& word : wanted) {
    if (words.find(word) == std::string::npos) return false;
  }
  return true;
}

}  // namespace

std::string words_of(const wire::Record& record) {
  std::string words;
  const auto add = [&](int field) { words += wire::value(record, field) + "\n"; };
  switch (record.kind()) {
    case wire::UNIT:
      add(wire::unit::kSource);
      add(wire::unit::kTarget);
      add(wire::unit::kNote);
      break;
    case wire::TERM:
      add(wire::term::kText);
      add(wire::term::kNote);
      break;
    case wire::CONCEPT:
      add(wire::concept_entry::kKey);
      add(wire::concept_entry::kDefinition);
      break;
    case wire::ITEM:
      add(wire::item::kText);
      add(wire::item::kSource);
      add(wire::item::kTarget);
      break;
    default:
      add(wire::operation::kText);
  }
  return words;
}

Status Search::recover() {
  TRY_ASSIGN(const auto indexed, context_.store.fact(kIndexed));
  if (indexed) std::from_chars(indexed->data(), indexed->data() + indexed->size(), indexed_);
  std::int64_t doc = indexed_;
  TRY_ASSIGN(const auto waiting, records_.store().unindexed(&doc, 1));
  more_ = !waiting.empty();
  if (more_) due_ = context_.now.steady + kQuiet;
  return {};
}

Status Search::work(bool busy) {
  if (context_.changed_history || busy) {
    context_.changed_history = false;
    more_ = true;
    quiet_ = false;
    due_ = context_.now.steady + kQuiet;
    context_.database().use_for(busy ? store::Db::Use::kBulk : store::Db::Use::kNormal);
    return {};
  }
  if (!more_ || due_ > context_.now.steady) return {};
  if (!quiet_) {  // an index of a million units takes a while to fill: not in a bulk's memory
    TRY(context_.begin_write());
    TRY(records_.records().store_keys());
    context_.database().use_for(store::Db::Use::kQuiet);
    context_.database().release_memory();
  }
  quiet_ = true;
  TRY(index_some());
  due_ = more_ ? context_.now.steady + kIndexPause : Steady::max();
  if (!more_) context_.database().release_memory();  // an idle agent is a small one
  return {};
}

Status Search::index_some() {
  std::int64_t last = indexed_;
  TRY_ASSIGN(const auto hits, records_.store().unindexed(&last, kIndexBite));
  more_ = hits.size() == static_cast<std::size_t>(kIndexBite);
  if (hits.empty()) return {};
  TRY(context_.begin_write());
  for (const store::SearchHit& hit : hits) {
    TRY_ASSIGN(const auto record, records_.records().at(hit.kind, hit.row));
    if (!record || record->damaged) continue;
    TRY(records_.store().index_words(hit.doc, words_of(record->record)));
  }
  indexed_ = last;
  return context_.store.save_fact(kIndexed, std::to_string(indexed_));
}

Result<std::vector<store::StoredRecord>> Search::find(wire::RecordKind kind,
                                                      const std::string& typed, int limit) {
  std::vector<store::StoredRecord> found;
  std::vector<std::string> wanted = store::search_words(typed);
  if (wanted.empty()) return found;
  const auto longest = std::max_element(
      wanted.begin(), wanted.end(),
      [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  // Without the blanks that stand for its ends: it may be the first word of a text.
  const std::string text = longest->substr(longest->find_first_not_of(' '),
                                           longest->find_last_not_of(' ') -
                                               longest->find_first_not_of(' ') + 1);
  std::set<std::int64_t> seen;
  const auto consider = [&](std::int64_t row) -> Status {
    if (static_cast<int>(found.size()) >= limit || !seen.insert(row).second) return {};
    TRY_ASSIGN(auto record, records_.records().at(kind, row));
    // The index may know words that the record no longer has.
    if (!record || record->damaged || record->record.deleted()) return {};
    if (!holds_all(store::folded(words_of(record->record)), wanted)) return {};
    found.push_back(std::move(*record));
    return {};
  };
  TRY_ASSIGN(const auto tail, records_.store().look_through(kind, indexed_, text, kMaxTail));
  for (const store::SearchHit& hit : tail) TRY(consider(hit.row));
  TRY_ASSIGN(const auto hits, records_.store().search(store::fts_query(typed), kMaxTail));
  for (const store::SearchHit& hit : hits) {
    if (hit.kind == kind) TRY(consider(hit.row));
  }
  return found;
}

}  // namespace yizhan::agent
