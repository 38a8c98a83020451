#include "exchange/omegat_glossary.h"

#include <algorithm>
#include <set>
#include <utility>

#include "exchange/omegat_text.h"

namespace yizhan::exchange {

namespace {

using wire::value;

constexpr std::size_t kDigits = 16;

std::string hash_of(const GlossaryLine& line) {
  return to_hex(sha256_of(line.source + "\t" + line.target + "\t" + line.comment))
      .substr(0, kDigits);
}

Result<std::set<std::string>> read_snapshot(std::string_view before) {
  std::set<std::string> hashes;
  while (!before.empty()) {
    const std::string_view line = take_line(&before);
    if (line.size() != kDigits) {
      return Error{Code::kCorrupt, "the snapshot of glossary.txt is damaged"};
    }
    hashes.emplace(line);
  }
  return hashes;
}

/// OmegaT has no quoting: what parts cells and lines becomes a blank.
std::string cell(std::string_view text) {
  std::string out(trimmed(text));
  for (char& c : out) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return out;
}

enum Rank { kPreferred, kAdmitted, kProposed, kUnusable };

Rank rank_of(const wire::Record& term) {
  const std::string& status = value(term, wire::term::kStatus);
  if (status == "forbidden" || status == "deprecated") return kUnusable;
  if (status == "preferred") return kPreferred;
  return status == "proposed" ? kProposed : kAdmitted;
}

wire::Record proposed_term(const std::string& lang, const std::string& text, std::string_view user,
                           std::string_view at) {
  wire::Record term = wire::make_record(wire::TERM);
  wire::set_value(&term, wire::term::kLang, lang);
  wire::set_value(&term, wire::term::kText, text);
  wire::set_value(&term, wire::term::kStatus, "proposed");
  wire::set_value(&term, wire::term::kAuthor, std::string(user));
  wire::set_value(&term, wire::term::kCreated, std::string(at));
  return term;
}

}  // namespace

std::vector<GlossaryLine> parse_glossary(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<GlossaryLine> lines;
  while (!text.empty()) {
    std::string_view line = take_line(&text);
    if (line.starts_with('#')) continue;
    GlossaryLine parsed;
    for (std::string* column : {&parsed.source, &parsed.target, &parsed.comment}) {
      const std::size_t tab = line.find('\t');
      *column = trimmed(line.substr(0, tab));
      line = tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
    }
    if (!parsed.source.empty() && !parsed.target.empty()) lines.push_back(std::move(parsed));
  }
  return lines;
}

Result<GlossaryDiff> diff_glossary(std::string_view before, std::string_view text) {
  TRY_ASSIGN(const std::set<std::string> known, read_snapshot(before));
  GlossaryDiff diff;
  std::set<std::string> now;
  for (GlossaryLine& line : parse_glossary(text)) {
    const std::string hash = hash_of(line);
    if (now.insert(hash).second && !known.contains(hash)) diff.added.push_back(std::move(line));
  }
  for (const std::string& hash : known) diff.removed += now.contains(hash) ? 0 : 1;
  for (const std::string& hash : now) diff.after += hash + "\n";
  return diff;
}

TermEntry proposed_entry(const GlossaryLine& line, const OmegatProject& project,
                         std::string_view termbase, std::string_view user, std::string_view at) {
  TermEntry made;
  made.entry = wire::make_record(wire::CONCEPT);
  wire::set_value(&made.entry, wire::concept_entry::kTermbase, std::string(termbase));
  wire::set_value(&made.entry, wire::concept_entry::kKey, line.source);
  made.terms.push_back(proposed_term(project.source_lang, line.source, user, at));
  made.terms.push_back(proposed_term(project.target_lang, line.target, user, at));
  wire::set_value(&made.terms.back(), wire::term::kNote, line.comment);
  return made;
}

GlossaryText::GlossaryText(const OmegatProject& project)
    : source_lang_(project.source_lang),
      target_lang_(project.target_lang),
      chinese_(omegat_language_fits(target_lang_, "zh", true) ||
               omegat_language_fits(target_lang_, "zh-Hant", true)) {}

void GlossaryText::add(const wire::Record& entry, const std::vector<wire::Record>& terms) {
  std::vector<const wire::Record*> sources;
  std::vector<const wire::Record*> targets;
  std::vector<std::string> comments;
  for (const wire::Record& term : terms) {
    const std::string& lang = value(term, wire::term::kLang);
    if (term.deleted()) continue;
    if (omegat_language_fits(lang, source_lang_, true)) {
      sources.push_back(&term);
    } else if (omegat_language_fits(lang, target_lang_, false)) {
      targets.push_back(&term);
      if (rank_of(term) == kUnusable) {
        comments.push_back((chinese_ ? "不要用 " : "do not use ") + value(term, wire::term::kText));
      }
    }
  }
  if (targets.empty()) return;
  comments.push_back(value(entry, wire::concept_entry::kDefinition));
  comments.push_back(value(entry, wire::concept_entry::kNote));
  for (const wire::Record* source : sources) {
    const std::string& word = value(*source, wire::term::kText);
    bool usable = false;
    for (const wire::Record* target : targets) {
      const Rank rank = rank_of(*target);
      if (rank == kUnusable) continue;
      usable = true;
      std::vector<std::string> all = comments;
      all.push_back(value(*target, wire::term::kNote));
      if (rank == kProposed) all.emplace_back(chinese_ ? "（待定）" : "(proposed)");
      add_line(word, rank, value(*target, wire::term::kText), all);
    }
    // Without a word to use instead, the warning still has to be seen.
    if (!usable) add_line(word, kUnusable, "", comments);
  }
}

void GlossaryText::add(const Answer& answer) {
  std::string comment = "? " + answer.question + " → ";
  if (!answer.from.empty()) comment += answer.from + ": ";
  add_line(answer.source, kPreferred, "", {comment + answer.text});
}

void GlossaryText::add_line(std::string_view source, int rank, std::string_view target,
                            const std::vector<std::string>& comments) {
  std::string word = cell(source);
  if (word.empty()) return;
  const std::string use = cell(target);
  std::string comment;
  for (const std::string& one : comments) {
    if (trimmed(one).empty()) continue;
    if (!comment.empty()) comment += chinese_ ? "；" : "; ";
    comment += cell(one);
  }
  // "#" would make the line a comment, and OmegaT matches by words, not by blanks.
  if (word.starts_with('#')) word.insert(0, " ");
  const std::pair key(word, std::to_string(rank) + use + "\t" + comment);
  lines_[key] = word + "\t" + use + (comment.empty() ? "" : "\t" + comment) + "\n";
}

std::string GlossaryText::text() const {
  std::string out = "# -*- coding: utf-8 -*-\n";
  for (const auto& [key, line] : lines_) out += line;
  return out;
}

std::string glossary_file_name(std::string_view termbase) {
  return omegat_folder_name(termbase.empty() ? "terms" : termbase) + ".utf8";
}

}  // namespace yizhan::exchange
