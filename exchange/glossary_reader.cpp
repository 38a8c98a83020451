#include <algorithm>
#include <utility>

#include "exchange/glossary.h"
#include "exchange/language.h"
#include "exchange/words.h"
#include "wire/limits.h"

namespace yizhan::exchange {
namespace {

namespace concept_field = wire::concept_entry;
namespace term_field = wire::term;
using Kind = Column::Kind;

/// Lines out of the pieces of a stream.
class Lines {
 public:
  Lines(TextStream* stream, ByteSource* source, const Progress& progress)
      : stream_(stream), source_(source), progress_(progress) {}

  /// The next line without its end; false at the end of the file.
  Result<bool> next(std::string* line) {
    for (;;) {
      const std::size_t end = text_.find(newline_, at_);
      if (end != std::string::npos) {
        line->assign(text_, at_, end - at_);
        at_ = end + 1;
        return finish(line);
      }
      if (ended_) {
        line->assign(text_, at_);
        at_ = text_.size();
        return line->empty() ? Result<bool>(false) : finish(line);
      }
      TRY(more());
    }
  }
  /// All that has been read of what is to come.
  std::string_view ahead() const { return std::string_view(text_).substr(at_); }
  Status more() {
    text_.erase(0, at_);
    at_ = 0;
    TRY_ASSIGN(const std::string_view piece, stream_->next());
    ended_ = piece.empty();
    const bool first = number_ == 0 && text_.empty();
    // As old Macs and "CSV (Macintosh)" have it.
    if (first && piece.find('\n') == std::string_view::npos &&
        piece.find('\r') < piece.size() - 1) {
      newline_ = '\r';
    }
    text_ += piece;
    if (progress_) progress_(stream_->bytes_read(), source_->size());
    if (text_.size() > kMaxGlossaryLineBytes && text_.find(newline_) == std::string::npos) {
      ++number_;
      return Error{Code::kLimit, place() + ": the line has more than " +
                                     std::to_string(kMaxGlossaryLineBytes) + " bytes"};
    }
    return {};
  }
  std::string place() const { return source_->name() + ":" + std::to_string(number_); }

 private:
  Result<bool> finish(std::string* line) {
    ++number_;
    if (!line->empty() && line->back() == '\r') line->pop_back();
    return true;
  }

  TextStream* stream_;
  ByteSource* source_;
  const Progress& progress_;
  std::string text_;
  std::size_t at_ = 0;
  char newline_ = '\n';
  bool ended_ = false;
  std::uint64_t number_ = 0;
};

bool is_comment(std::string_view line) {
  return line.starts_with('#');
}

/// '\t', ',' or ';' by what the first lines have; '\0' if they have none.
char separator_of(std::string_view text) {
  constexpr int kLines = 20;
  int tabs = 0, commas = 0, semicolons = 0;
  for (int i = 0; i < kLines && !text.empty(); ++i) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_comment(line)) continue;
    const auto has = [&](char c) { return line.find(c) != std::string_view::npos ? 1 : 0; };
    tabs += has('\t');
    commas += has(',');
    semicolons += has(';');
  }
  if (tabs > 0) return '\t';
  if (commas == 0 && semicolons == 0) return '\0';
  return semicolons > commas ? ';' : ',';
}

class GlossaryReader {
 public:
  GlossaryReader(Lines* lines, const ReadOptions& options, Sink* sink, ReadReport* report)
      : lines_(lines), options_(options), sink_(sink), report_(report) {}

  Status read();

 private:
  Error error(const std::string& what) const {
    return {Code::kInvalid, lines_->place() + ": " + what};
  }
  void skip(const std::string& reason) {
    count_skipped(report_, reason, [this] { return lines_->place(); });
  }
  Status choose_columns(bool* is_header);
  Status name_languages();
  Status take_line();
  wire::Record term_of(std::size_t column, const std::string& lang) const;
  void add_details(const Column& column, const std::string& cell, wire::Record* concept_record,
                   std::vector<wire::Record>* terms);
  Status hand_over(wire::Record concept_record, std::vector<wire::Record> terms);

  Lines* lines_;
  const ReadOptions& options_;
  Sink* sink_;
  ReadReport* report_;
  char separator_ = '\t';
  std::vector<Column> columns_;
  std::vector<std::string> cells_;
};

Status GlossaryReader::read() {
  TRY(lines_->more());
  separator_ = separator_of(lines_->ahead());
  if (separator_ == '\0') {
    return Error{Code::kInvalid,
                 lines_->place().substr(0, lines_->place().rfind(':')) +
                     ": neither TMX, TBX or XLIFF nor a glossary of columns (tabs or commas)"};
  }
  report_->format = separator_ == '\t' ? "tab-separated" : "comma-separated";
  if (separator_ == ';') report_->format = "CSV with semicolons";
  std::string line;
  for (;;) {
    TRY_ASSIGN(const bool more, lines_->next(&line));
    if (!more) return {};
    if (is_comment(line) || line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!split_cells(line, separator_, separator_ != '\t', &cells_)) {
      return error("a quotation mark stays open; a field cannot go on in the next line");
    }
    bool is_header = false;
    if (columns_.empty()) TRY(choose_columns(&is_header));
    if (!is_header) TRY(take_line());
  }
}

Status GlossaryReader::choose_columns(bool* is_header) {
  columns_ = header_columns(cells_);
  *is_header = !columns_.empty();
  if (columns_.empty()) columns_ = {{Kind::kSource, ""}, {Kind::kTarget, ""}, {Kind::kNote, ""}};
  if (*is_header) report_->format += " with a header";
  return name_languages();
}

/// Gives the columns the names of the wanted languages, and leaves those that are not wanted.
Status GlossaryReader::name_languages() {
  const bool any = options_.source_lang.empty() && options_.target_lang.empty();
  std::string unwanted;
  std::size_t terms = 0;
  for (Column& column : columns_) {
    if (column.kind == Kind::kSource || column.kind == Kind::kTarget) {
      column.lang = column.kind == Kind::kSource ? options_.source_lang : options_.target_lang;
      if (column.lang.empty()) {
        return error("the file does not say its languages; name the source's and the target's");
      }
      column.kind = Kind::kLanguage;
    } else if (column.kind == Kind::kLanguage && !any) {
      const bool source = !options_.source_lang.empty() &&
                          language_fit(options_.source_lang, column.lang) != Fit::kNo;
      const bool target = !options_.target_lang.empty() &&
                          language_fit(options_.target_lang, column.lang) != Fit::kNo;
      if (!source && !target) {
        unwanted = column.lang;
        column.kind = Kind::kIgnored;
        continue;
      }
      column.lang = source ? options_.source_lang : options_.target_lang;
    }
    terms += column.kind == Kind::kLanguage ? 1 : 0;
  }
  if (terms >= 2) return {};
  return error("not both wanted languages are there: the file has a column in " + unwanted);
}

wire::Record GlossaryReader::term_of(std::size_t column, const std::string& lang) const {
  wire::Record record = wire::make_record(wire::TERM);
  wire::set_value(&record, term_field::kLang, lang);
  wire::set_value(&record, term_field::kText, cells_[column]);
  wire::set_value(&record, term_field::kStatus, options_.term_status_if_none);
  return record;
}

Status GlossaryReader::take_line() {
  if (cells_.size() < 2) {
    skip("a line of one column");
    return {};
  }
  wire::Record concept_record = wire::make_record(wire::CONCEPT);
  std::vector<wire::Record> terms;
  std::string key;
  for (std::size_t i = 0; i < cells_.size() && i < columns_.size(); ++i) {
    if (columns_[i].kind != Kind::kLanguage || cells_[i].empty()) continue;
    const bool is_source = columns_[i].lang == options_.source_lang;
    if (key.empty() || is_source) key = cells_[i];
    // The source stands first, wherever its column is.
    terms.insert(is_source ? terms.begin() : terms.end(), term_of(i, columns_[i].lang));
  }
  if (terms.size() < 2) {
    skip("a line without a term in two languages");
    return {};
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (cells_[i].empty()) continue;
    if (i < columns_.size()) {
      add_details(columns_[i], cells_[i], &concept_record, &terms);
    } else {
      skip("a cell beyond the known columns");
    }
  }
  wire::set_value(&concept_record, concept_field::kTermbase, options_.termbase);
  wire::set_value(&concept_record, concept_field::kClient, options_.client);
  if (wire::value(concept_record, concept_field::kDomain).empty()) {
    wire::set_value(&concept_record, concept_field::kDomain, options_.domain);
  }
  wire::set_value(&concept_record, concept_field::kKey, std::move(key));
  return hand_over(std::move(concept_record), std::move(terms));
}

/// A line's comment is about this translation: another line may have the same source and another.
void GlossaryReader::add_details(const Column& column, const std::string& cell,
                                 wire::Record* concept_record, std::vector<wire::Record>* terms) {
  const auto of_targets = [&](int field, const std::string& text) {
    for (std::size_t i = 1; i < terms->size(); ++i) wire::set_value(&(*terms)[i], field, text);
  };
  switch (column.kind) {
    case Kind::kNote:
      of_targets(term_field::kNote, cell);
      break;
    case Kind::kPos:
      of_targets(term_field::kPartOfSpeech, cell);
      break;
    case Kind::kStatus: {
      const std::string_view status = term_status_from(cell);
      if (status.empty()) {
        skip("a status that is none of ours");
      } else {
        of_targets(term_field::kStatus, std::string(status));
      }
      break;
    }
    case Kind::kDefinition:
      wire::set_value(concept_record, concept_field::kDefinition, cell);
      break;
    case Kind::kDomain:
      wire::set_value(concept_record, concept_field::kDomain, cell);
      break;
    default:
      break;
  }
}

Status GlossaryReader::hand_over(wire::Record concept_record, std::vector<wire::Record> terms) {
  const std::string any_id(wire::RecordId::kSize, '\0');
  const auto check = [&](wire::Record* record) -> Status {
    record->set_id(any_id);
    const Status checked = wire::check_record(*record);
    record->clear_id();
    if (!checked.ok()) {
      return Error{checked.error().code, lines_->place() + ": " + checked.error().message};
    }
    return {};
  };
  TRY(check(&concept_record));
  for (wire::Record& term : terms) TRY(check(&term));
  ++report_->concepts;
  report_->terms += terms.size();
  return sink_->entry(std::move(concept_record), std::move(terms));
}

}  // namespace

Status read_glossary(TextStream* stream, ByteSource* source, const ReadOptions& options, Sink* sink,
                     ReadReport* report, const Progress& progress) {
  Lines lines(stream, source, progress);
  return GlossaryReader(&lines, options, sink, report).read();
}

}  // namespace yizhan::exchange
