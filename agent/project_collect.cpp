#include "agent/project_collect.h"

#include <memory>
#include <utility>
#include <vector>

#include "agent/project_files.h"
#include "agent/project_history.h"
#include "agent/project_questions.h"
#include "exchange/omegat_glossary.h"
#include "exchange/read_file.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

constexpr std::size_t kMaxSnapshotBytes = std::size_t{1} << 30;
/// As many at once are a file's, not a person's, and let persons go first.
constexpr std::size_t kManyChanges = 1000;

bool is_textual(Code code) {
  return code == Code::kInvalid || code == Code::kLimit;
}

}  // namespace

std::string project_state_folder(const AgentOptions& options, const std::string& name) {
  return options.state_dir + "/projects/" + exchange::omegat_folder_name(name);
}

/// What one look brings; put into the database when the whole file has been read.
class ProjectCollector::Taken final : public exchange::OmegatDiffOutput {
 public:
  explicit Taken(Records& records) : records_(records) {}
  std::vector<wire::Change> changes;
  std::vector<exchange::OmegatQuestion> questions;
  Status failure;  ///< of the store

  Status change(exchange::OmegatChange one) override {
    wire::Change change;
    if (one.kind == exchange::OmegatChange::kDeleted) {
      auto known = records_.records().find(wire::UNIT, one.unit.id());
      if (!known.ok()) return failure = known.error();
      if (!*known || (*known)->damaged) return {};
      *change.mutable_record() = std::move((*known)->record);
      change.mutable_record()->set_deleted(true);
    } else {
      auto known = records_.records().find(wire::UNIT, one.unit.id());
      if (!known.ok()) return failure = known.error();
      if (*known && (*known)->damaged) return {};  // being fetched anew; it takes no change
      *change.mutable_record() = std::move(one.unit);
    }
    change.set_base_rev(one.base_rev);
    change.set_groups(one.groups);
    changes.push_back(std::move(change));
    return {};
  }
  Status question(exchange::OmegatQuestion one) override {
    questions.push_back(std::move(one));
    return {};
  }

 private:
  Records& records_;
};

Result<exchange::OmegatSnapshot> ProjectCollector::snapshot() const {
  const std::string path = project_state_folder(context_.options, place_.name) + "/snapshot";
  const auto bytes = context_.disk.read(path, kMaxSnapshotBytes);
  if (!bytes.ok()) {
    if (bytes.error().code == Code::kNotFound) return exchange::OmegatSnapshot();
    return bytes.error();
  }
  return exchange::OmegatSnapshot::parse(*bytes);
}

Status ProjectCollector::collect_units(Status* fatal) {
  auto before = snapshot();
  if (!before.ok()) {
    // Without it, what is in the file counts as new, and is found to be known.
    context_.warn("project " + shown(place_.name) + ": " + before.error().message);
    before = exchange::OmegatSnapshot();
  }
  TRY_ASSIGN(const auto source, DiskSource::open(context_.disk, layout_.save_file()));
  exchange::OmegatUsers users(context_.options.user, context_.machine.account);
  TRY(users.add(place_.users));
  KnownInStore known(records_);
  Taken taken(records_);
  exchange::OmegatDiff diff(*before, layout_, users, place_.slice, known, taken);
  exchange::ReadOptions options;
  options.source_lang = layout_.source_lang;
  options.target_lang = layout_.target_lang;
  options.keep_untranslated = true;
  const auto read = exchange::read_source(source.get(), options, &diff);
  const bool whole = source->is_unchanged();
  auto outcome =
      read.ok() && whole
          ? diff.finish()
          : Result<exchange::OmegatDiff::Outcome>(Error{Code::kUnavailable, "it was not read"});
  *fatal = known.failure().ok() ? taken.failure : known.failure();
  if (!fatal->ok()) return *fatal;
  if (!whole) {
    return Error{Code::kUnavailable, layout_.save_file() + " was saved while it was read"};
  }
  if (!read.ok()) return read.error();
  if (const Status put = put_units(taken); !put.ok()) {
    if (!is_textual(put.error().code)) *fatal = put;
    return put;
  }
  context_.after_commit(Context::Text{
      project_state_folder(context_.options, place_.name) + "/snapshot", outcome->after.bytes()});
  tell(outcome->report);
  return {};
}

Status ProjectCollector::put_units(Taken& taken) {
  const bool many = taken.changes.size() > kManyChanges;
  for (std::size_t from = 0; from < taken.changes.size(); from += wire::kPushChanges) {
    const std::size_t to = std::min(from + wire::kPushChanges, taken.changes.size());
    std::vector<wire::Change> some(
        std::make_move_iterator(taken.changes.begin() + static_cast<std::ptrdiff_t>(from)),
        std::make_move_iterator(taken.changes.begin() + static_cast<std::ptrdiff_t>(to)));
    TRY(records_.change(place_.slice, std::move(some),
                        many ? store::Lane::kBulk : store::Lane::kLive, Records::Base::kAsGiven));
  }
  for (const exchange::OmegatQuestion& question : taken.questions) TRY(ask(question));
  return {};
}

Status ProjectCollector::ask(const exchange::OmegatQuestion& question) {
  return queue_question(context_, place_, layout_, question);
}

void ProjectCollector::tell(const exchange::OmegatDiffReport& report) {
  if (report.withheld > 0) {
    context_.warn("project " + shown(place_.name) + ": " + std::to_string(report.withheld) +
                  " units are gone from project_save.tmx and were kept for everybody: " +
                  report.withheld_reason);
  }
  if (report.added + report.edited + report.deleted + report.questions == 0) return;
  context_.event("collected", nullptr,
                 {{"project", place_.name},
                  {"added", std::to_string(report.added)},
                  {"edited", std::to_string(report.edited)},
                  {"deleted", std::to_string(report.deleted)},
                  {"questions", std::to_string(report.questions)}});
}

Status ProjectCollector::collect_terms(Status* fatal) {
  const std::string kept = project_state_folder(context_.options, place_.name) + "/glossary";
  auto before = context_.disk.read(kept, kMaxSnapshotBytes);
  TRY_ASSIGN(const std::string text,
             context_.disk.read(layout_.glossary_file, exchange::kMaxGlossaryBytes));
  auto diff = exchange::diff_glossary(before.ok() ? *before : "", text);
  if (!diff.ok()) diff = exchange::diff_glossary("", text);
  if (!diff.ok()) return diff.error();
  for (const exchange::GlossaryLine& line : diff->added) {
    const Status put = propose(line);
    if (put.ok()) continue;
    if (!is_textual(put.error().code)) return *fatal = put;
    context_.warn("project " + shown(place_.name) + ": the term " + shown(line.source) +
                  " in glossary.txt was left out: " + put.error().message);
  }
  if (!diff->added.empty() || diff->removed > 0) {
    context_.after_commit(Context::Text{kept, diff->after});
  }
  return {};
}

Status ProjectCollector::propose(const exchange::GlossaryLine& line) {
  exchange::TermEntry made =
      exchange::proposed_entry(line, layout_, client_of_slice(place_.slice), context_.options.user,
                               format_time(context_.now.wall));
  wire::set_record_id(&made.entry, place_.slice);
  std::vector<wire::Change> changes;
  *changes.emplace_back().mutable_record() = made.entry;
  for (wire::Record& term : made.terms) {
    wire::set_value(&term, wire::term::kConcept, wire::record_id_hex(made.entry.id()));
    wire::set_record_id(&term, place_.slice);
    // A term that is there already may be more than proposed.
    TRY_ASSIGN(const auto known, records_.records().find(wire::TERM, term.id()));
    if (known && !known->record.deleted()) continue;
    *changes.emplace_back().mutable_record() = std::move(term);
  }
  TRY_ASSIGN(const auto known, records_.records().find(wire::CONCEPT, made.entry.id()));
  if (known && !known->record.deleted()) changes.erase(changes.begin());
  if (changes.empty()) return {};
  return records_.change(place_.slice, std::move(changes), store::Lane::kLive);
}

}  // namespace yizhan::agent
