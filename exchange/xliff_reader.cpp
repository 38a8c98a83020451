// XLIFF 1.2, with what Trados (sdl:) and memoQ (mq:) add, and 2.0/2.1: the segments that somebody
// has confirmed. Whatever else a unit holds (matches, alternatives, tool data) is passed over.

#include <algorithm>
#include <array>
#include <utility>

#include "config/printable.h"
#include "exchange/format_reader.h"
#include "exchange/inline_text.h"
#include "exchange/words.h"
#include "exchange/xliff_unit.h"
#include "wire/limits.h"

namespace yizhan::exchange {
namespace {

constexpr std::size_t kMaxUnitBytes = 4 * 1024 * 1024;
constexpr std::size_t kItemCost = 200;

enum class In {
  kAround,   ///< xliff, file, body, group: hold units
  kUnit,     ///< <trans-unit>, <unit>
  kSegment,  ///< <segment> of 2.x
  kSource,
  kTarget,
  kSegments,  ///< <seg-source>: the source in pieces
  kNote,
  kHold,  ///< <notes>, <sdl:seg-defs>: hold what counts, say nothing themselves
  kSdlSegment,
  kSdlValue,
  kPassedOver,
};

struct Row {
  In within;
  std::string_view name;
  In is;
};
constexpr std::array<Row, 17> kRows = {{
    {In::kAround, "file", In::kAround},
    {In::kAround, "body", In::kAround},
    {In::kAround, "group", In::kAround},
    {In::kAround, "trans-unit", In::kUnit},
    {In::kAround, "unit", In::kUnit},
    {In::kUnit, "segment", In::kSegment},
    {In::kUnit, "source", In::kSource},
    {In::kUnit, "seg-source", In::kSegments},
    {In::kUnit, "target", In::kTarget},
    {In::kUnit, "note", In::kNote},
    {In::kUnit, "notes", In::kHold},
    {In::kUnit, "seg-defs", In::kHold},
    {In::kHold, "note", In::kNote},
    {In::kHold, "seg", In::kSdlSegment},
    {In::kSdlSegment, "value", In::kSdlValue},
    {In::kSegment, "source", In::kSource},
    {In::kSegment, "target", In::kTarget},
}};

class XliffReader final : public FormatReader {
 public:
  explicit XliffReader(const ReadContext& context) : FormatReader(context) {}

  Status start(const XmlElement& element) override;
  Status end(std::string_view name) override;
  Status text(std::string_view text) override;

 private:
  const char* item_name() const override { return "unit"; }
  In place_of(std::string_view name) const;
  bool in_text() const {
    return where_ == In::kSource || where_ == In::kTarget || where_ == In::kSegments;
  }
  void start_root(const XmlElement& root);
  void start_file(const XmlElement& file);
  Status start_inline(const XmlElement& element);
  void open_piece(std::string_view mid);
  void start_target(const XmlElement& target);
  Status check_texts() const;
  Status spend(std::size_t bytes);
  Status end_unit();
  Status end_segment(const XliffSegment& segment);
  bool languages_fit(std::string* source, std::string* target);

  std::vector<In> path_;
  In where_ = In::kAround;
  bool second_ = false;                               ///< version 2.x
  std::string source_lang_, target_lang_, original_;  ///< languages are canonical
  XliffUnit unit_;
  InlineText* open_ = nullptr;  ///< what text is for
  int piece_depth_ = 0;         ///< inline elements open around and with the <mrk> of a piece
  std::string value_;
  std::string sdl_key_;
  std::size_t spent_ = 0;
};

In XliffReader::place_of(std::string_view name) const {
  if (path_.empty()) return In::kAround;
  for (const Row& row : kRows) {
    if (row.within == where_ && row.name == name) return row.is;
  }
  return In::kPassedOver;
}

void XliffReader::start_root(const XmlElement& root) {
  const std::string_view version = root.attribute("version");
  second_ = version.starts_with("2");
  report().format = "XLIFF " + printable(version, 20);
  source_lang_ = languages().canonical(root.attribute("srcLang")).value_or("");
  target_lang_ = languages().canonical(root.attribute("trgLang")).value_or("");
}

void XliffReader::start_file(const XmlElement& file) {
  original_ = file.has("original") ? file.attribute("original") : file.attribute("id");
  if (second_) return;
  source_lang_ = languages().canonical(file.attribute("source-language")).value_or("");
  target_lang_ = languages().canonical(file.attribute("target-language")).value_or("");
}

Status XliffReader::start(const XmlElement& element) {
  if (in_text()) return start_inline(element);
  const In where = place_of(element.name());
  if (path_.empty()) start_root(element);
  path_.push_back(where);
  where_ = where;
  switch (where) {
    case In::kAround:
      if (element.name() == "file") start_file(element);
      return {};
    case In::kUnit:
      ++number_;
      spent_ = 0;
      unit_.start(element);
      break;
    case In::kSegment:
      unit_.start_segment(element);
      break;
    case In::kSource:
      open_ = &unit_.source();
      break;
    case In::kSegments:
      open_ = &unit_.between;
      break;
    case In::kTarget:
      start_target(element);
      break;
    case In::kSdlSegment:
      unit_.start_sdl_segment(element);
      break;
    case In::kSdlValue:
      sdl_key_ = element.attribute("key");
      [[fallthrough]];
    case In::kNote:
      value_.clear();
      break;
    default:
      return {};
  }
  return spend(kItemCost);
}

void XliffReader::start_target(const XmlElement& target) {
  if (!second_) unit_.take_state(target);
  open_ = &unit_.target();
}

// In 1.2 a unit may be in pieces, each in a <mrk mtype="seg">, in <seg-source> and in <target>.
Status XliffReader::start_inline(const XmlElement& element) {
  if (piece_depth_ > 0) ++piece_depth_;
  if (element.name() == "mrk" && element.attribute("mtype") == "seg" && piece_depth_ == 0 &&
      !second_ && where_ != In::kSource) {
    piece_depth_ = 1;
    open_piece(element.attribute("mid"));
    return spend(kItemCost);
  }
  if (!open_->start(element)) {
    skip("<" + printable(element.name(), 40) +
         "> in a segment is no element of XLIFF: its text was kept, its tag left out");
  }
  return check_texts();
}

void XliffReader::open_piece(std::string_view mid) {
  XliffSegment& piece = unit_.piece(mid);
  open_ = where_ == In::kTarget ? &piece.target : &piece.source;
}

Status XliffReader::check_texts() const {
  if (!open_->over_limit()) return {};
  return error(Code::kLimit, "a segment has more than " + std::to_string(wire::kMaxUnitTextBytes) +
                                 " bytes; shorten it, nothing was read");
}

Status XliffReader::spend(std::size_t bytes) {
  spent_ += bytes;
  if (spent_ <= kMaxUnitBytes) return {};
  return error(Code::kLimit, "all its segments together have more than " +
                                 std::to_string(kMaxUnitBytes) + " bytes");
}

Status XliffReader::text(std::string_view text) {
  if (in_text()) {
    open_->text(text);
    TRY(check_texts());
    return spend(text.size());
  }
  if (where_ != In::kNote && where_ != In::kSdlValue) return {};
  value_ += text;
  if (value_.size() > wire::kMaxUnitTextBytes) {
    return error(Code::kLimit,
                 "a note has more than " + std::to_string(wire::kMaxUnitTextBytes) + " bytes");
  }
  return spend(text.size());
}

Status XliffReader::end(std::string_view /*name*/) {
  if (in_text() && piece_depth_ > 0) {
    if (--piece_depth_ > 0) {
      open_->end();
    } else {
      open_ = where_ == In::kTarget ? &unit_.target() : &unit_.between;
    }
    return {};
  }
  if (in_text() && !open_->at_top()) {
    open_->end();
    return {};
  }
  const In where = where_;
  path_.pop_back();
  where_ = path_.empty() ? In::kAround : path_.back();
  switch (where) {
    case In::kNote:
      unit_.add_note(value_);
      return {};
    case In::kSdlValue:
      unit_.take_sdl_value(sdl_key_, value_);
      return {};
    case In::kUnit:
      return end_unit();
    default:
      return {};
  }
}

bool XliffReader::languages_fit(std::string* source, std::string* target) {
  const auto choose = [&](const std::string& wanted, const std::string& has, const char* what,
                          std::string* out) {
    *out = wanted.empty() ? has : wanted;
    if (out->empty()) {
      skip(std::string("no ") + what + " language: neither the file nor the caller names it");
      return false;
    }
    if (!wanted.empty() && !has.empty() && languages().fit(wanted, has) == Fit::kNo) {
      skip(std::string("a ") + what + " in " + has);
      return false;
    }
    return true;
  };
  return choose(options().source_lang, source_lang_, "source", source) &&
         choose(options().target_lang, target_lang_, "target", target);
}

Status XliffReader::end_unit() {
  unit_.finish();
  if (!unit_.translate) {
    skip("a unit that is not to be translated");
    return {};
  }
  for (const XliffSegment& segment : unit_.segments) TRY(end_segment(segment));
  return {};
}

Status XliffReader::end_segment(const XliffSegment& segment) {
  namespace unit = wire::unit;
  if (segment.source.blank()) {
    skip("an empty source");
    return {};
  }
  if (segment.target.blank()) {
    skip("an empty target");
    return {};
  }
  const std::string status = segment.status.empty() ? options().status_if_none : segment.status;
  if (status_rank(status) < std::max(0, status_rank(options().min_status))) {
    skip("a segment that is " + status);
    return {};
  }
  std::string source_lang, target_lang;
  if (!languages_fit(&source_lang, &target_lang)) return {};
  wire::Record record = xliff_record(unit_, segment);
  wire::set_value(&record, unit::kSourceLang, source_lang);
  wire::set_value(&record, unit::kTargetLang, target_lang);
  wire::set_value(&record, unit::kStatus, status);
  wire::set_value(&record, unit::kFile, original_);
  if (wire::value(record, unit::kOrigin).empty()) {
    wire::set_value(&record, unit::kOrigin, options().origin_if_none);
  }
  return hand_over(std::move(record));
}

}  // namespace

std::unique_ptr<FormatReader> make_xliff_reader(const ReadContext& context) {
  return std::make_unique<XliffReader>(context);
}

}  // namespace yizhan::exchange
