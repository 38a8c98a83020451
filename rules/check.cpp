#include "rules/check.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/check_parts.h"
#include "rules/watch.h"

namespace yizhan::rules {
namespace {

std::vector<CheckedRow> checked_rows(const Table& table, TableKind kind) {
  std::vector<CheckedRow> rows;
  for (const Row& row : table.rows()) rows.push_back({&row, kind, facts_of(row)});
  return rows;
}

bool is_before(const Finding& a, const Finding& b) {
  return std::tie(a.file, a.line, a.severity, a.text) <
         std::tie(b.file, b.line, b.severity, b.text);
}

}  // namespace

void Findings::error(const Row& row, int line, std::string text, std::string suggestion) {
  all_.push_back({Severity::kError, row.file, line, std::move(text), std::move(suggestion)});
}

void Findings::warning(const Row& row, int line, std::string text, std::string suggestion) {
  all_.push_back({Severity::kWarning, row.file, line, std::move(text), std::move(suggestion)});
}

std::vector<Finding> Findings::take() {
  std::sort(all_.begin(), all_.end(), is_before);
  all_.erase(std::unique(all_.begin(), all_.end()), all_.end());
  if (all_.size() <= kMaxFindings) return std::move(all_);
  // Those that are left out must not turn an error into a warning.
  const auto rest = all_.begin() + kMaxFindings;
  const std::string count = std::to_string(all_.end() - rest);
  const bool has_error = has_errors({rest, all_.end()});
  Finding last{has_error ? Severity::kError : Severity::kWarning,
               rest->file,
               rest->line,
               count + " more findings",
               {}};
  all_.erase(rest, all_.end());
  all_.push_back(std::move(last));
  return std::move(all_);
}

std::string shown(const CheckedRow& row) {
  return "[" + std::string(kind_name(row.kind)) + " " + row.row->name + "]";
}

std::vector<const Command*> commands_of(const Row& row) {
  std::vector<const Command*> all;
  for (const Command& command : row.commands) all.push_back(&command);
  if (!row.watch) return all;
  const Watch& watch = *row.watch;
  for (const auto* commands : {&watch.on_interval, &watch.on_expire, &watch.on_activate}) {
    for (const Command& command : *commands) all.push_back(&command);
  }
  for (const EscalationStep& step : watch.escalate) all.push_back(&step.command);
  return all;
}

std::string format_finding(const Finding& finding) {
  std::string text = finding.file + ":" + std::to_string(finding.line) + ": ";
  if (finding.severity == Severity::kWarning) text += "warning: ";
  text += finding.text;
  return finding.suggestion.empty() ? text : text + "; " + finding.suggestion;
}

CheckOptions::Names CheckOptions::standard_states() {
  return {// a job, reference/translation.md 5.1
          "draft", "offered", "sent", "delivered_to_agent", "opened", "accepted", "in_progress",
          "translated", "self_checked", "in_revision", "revised", "in_review", "reviewed",
          "proofread", "final_verified", "delivered", "approved", "closed", "declined", "expired",
          "withdrawn", "queried", "disputed", "rework", "paused", "overdue", "source_changed",
          "cancelled", "failed",
          // a delivery, and what a message is told by receipts
          "queued", "started", "done", "dead", "completed",
          // a question
          "open", "routed", "answered", "deferred", "arbitrated"};
}

std::vector<Finding> check(const Tables& tables, const CheckOptions& options) {
  Checked checked;
  checked.tables = &tables;
  checked.options = &options;
  checked.data_state = checked_rows(tables.data_state, TableKind::kDataState);
  checked.activation = checked_rows(tables.activation, TableKind::kActivation);
  checked.preset = checked_rows(tables.preset, TableKind::kPreset);
  Findings findings;
  check_names(checked, findings);
  check_watches(checked, findings);
  for (const auto* rows : {&checked.data_state, &checked.activation, &checked.preset}) {
    check_contradictions(*rows, findings);
    check_hidden(*rows, findings);
  }
  check_states(checked, findings);
  check_cycles(checked, findings);
  return findings.take();
}

bool has_errors(std::span<const Finding> findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& one) { return one.severity == Severity::kError; });
}

}  // namespace yizhan::rules
