#include <algorithm>
#include <utility>

#include "exchange/glossary.h"

namespace yizhan::exchange {
namespace {

namespace concept_field = wire::concept_entry;
namespace term_field = wire::term;
using wire::value;

/// One line, without what OmegaT would take for the end of a cell or line.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool white = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!white) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// 0 comes first; -1 must not be offered.
int rank_of(const wire::Record& term) {
  const std::string& status = value(term, term_field::kStatus);
  if (status == "forbidden" || status == "deprecated") return -1;
  if (status == "preferred") return 0;
  return status == "proposed" ? 2 : 1;
}

void add_comment(std::string* comment, std::string_view text) {
  if (text.empty()) return;
  if (!comment->empty()) *comment += "; ";
  *comment += text;
}

}  // namespace

Status TsvWriter::entry(const wire::Record& concept_record,
                        const std::vector<wire::Record>& terms) {
  std::vector<const wire::Record*> sources;
  std::vector<const wire::Record*> targets;
  std::string warning;
  for (const wire::Record& term : terms) {
    const std::string& lang = value(term, term_field::kLang);
    if (lang == options_.source_lang) sources.push_back(&term);
    if (lang != options_.target_lang) continue;
    if (rank_of(term) >= 0) {
      targets.push_back(&term);
    } else {
      const std::string text = cell(value(term, term_field::kText));
      add_comment(&warning, "不要用 " + text + " / do not use " + text);
    }
  }
  if (sources.empty() || targets.empty()) {
    ++left_out_;
    return {};
  }
  std::stable_sort(
      targets.begin(), targets.end(),
      [](const wire::Record* a, const wire::Record* b) { return rank_of(*a) < rank_of(*b); });
  std::string& out = out_.text();
  for (const wire::Record* source : sources) {
    const std::string from = cell(value(*source, term_field::kText));
    for (const wire::Record* target : targets) {
      std::string comment = target == targets.front() ? warning : std::string();
      if (value(*target, term_field::kStatus) == "proposed") add_comment(&comment, "proposed");
      add_comment(&comment, cell(value(*target, term_field::kNote)));
      if (target == targets.front()) {
        add_comment(&comment, cell(value(concept_record, concept_field::kDefinition)));
      }
      // A line that begins with '#' would be a comment.
      if (from.starts_with('#')) out += ' ';
      (((((out += from) += '\t') += cell(value(*target, term_field::kText))) += '\t') += comment) +=
          '\n';
    }
  }
  ++written_;
  return out_.flush_if_full();
}

Status TsvWriter::unit(const wire::Record& /*record*/) {
  return Error{Code::kInvalid, "write TSV: it holds terms, no units; write these as TMX"};
}

Status TsvWriter::finish() {
  return out_.flush();
}

}  // namespace yizhan::exchange
