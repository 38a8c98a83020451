// TMX 1.1 to 1.4b. <tu> by <tu>; what stands around them is passed over.

#include <algorithm>
#include <utility>

#include "config/printable.h"
#include "exchange/format_reader.h"
#include "exchange/tmx_unit.h"
#include "exchange/words.h"
#include "wire/limits.h"

namespace yizhan::exchange {
namespace {

/// All of one <tu> that is kept while it is read: a unit of all languages of the European Union
/// with sentences of normal length needs a hundredth of it.
constexpr std::size_t kMaxTuBytes = 4 * 1024 * 1024;
/// Also paid for by an empty <tuv> or <prop>.
constexpr std::size_t kItemCost = 200;

class TmxReader final : public FormatReader {
 public:
  explicit TmxReader(const ReadContext& context) : FormatReader(context) {}

  Status start(const XmlElement& element) override;
  Status end(std::string_view name) override;
  Status text(std::string_view text) override;

 private:
  enum class In { kFile, kTmx, kHeader, kBody, kTu, kTuv, kSeg, kNote, kProp, kUnknown };

  const char* item_name() const override { return "unit"; }
  void enter(In where) {
    path_.push_back(where);
    where_ = where;
  }
  In find_place(std::string_view name) const;
  void start_header(const XmlElement& header);
  Status start_tu(const XmlElement& tu);
  void start_tuv(const XmlElement& tuv);
  Status start_seg();
  TmxHistory history_of(const XmlElement& element);
  std::string time_of(std::string_view text);
  Status check_seg() const;
  Status end_value(In where);
  Status spend(std::size_t bytes);

  Status pair_up();
  Status pair_up_with(const TmxVariant& source);
  void count_others(const TmxVariant& source);
  const TmxVariant* find_source();
  const TmxVariant* find_variant(const std::string& wanted);
  Status give(const TmxVariant& source, const TmxVariant& target);

  std::vector<In> path_;
  In where_ = In::kFile;
  std::string file_source_lang_;  ///< canonical; empty: any
  TmxUnit unit_;
  TmxVariant* variant_ = nullptr;
  std::string value_;  ///< of the note or property
  std::string prop_type_;
  std::size_t spent_ = 0;
};

TmxReader::In TmxReader::find_place(std::string_view name) const {
  switch (where_) {
    case In::kFile:
      return In::kTmx;
    case In::kTmx:
      return name == "header" ? In::kHeader : name == "body" ? In::kBody : In::kUnknown;
    case In::kBody:
      return name == "tu" ? In::kTu : In::kUnknown;
    case In::kTu:
      if (name == "tuv") return In::kTuv;
      [[fallthrough]];
    case In::kTuv:
      if (name == "note") return In::kNote;
      if (name == "prop") return In::kProp;
      return name == "seg" && where_ == In::kTuv ? In::kSeg : In::kUnknown;
    default:
      return In::kUnknown;
  }
}

Status TmxReader::start(const XmlElement& element) {
  if (where_ == In::kSeg) {
    if (!variant_->seg.start(element)) {
      skip("<" + printable(element.name(), 40) +
           "> in a segment is no element of TMX: its text was kept, its tag left out");
    }
    return check_seg();
  }
  const In where = find_place(element.name());
  const bool in_unit = where_ == In::kTu || where_ == In::kTuv;
  if (where == In::kUnknown && (in_unit || where_ == In::kBody)) {
    skip("<" + printable(element.name(), 40) + "> is no element of TMX here");
  }
  enter(where);
  switch (where) {
    case In::kTmx:
      report().format = "TMX";
      if (element.has("version")) {
        report().format += " " + printable(element.attribute("version"), 20);
      }
      return {};
    case In::kHeader:
      start_header(element);
      return {};
    case In::kTu:
      return start_tu(element);
    case In::kTuv:
      start_tuv(element);
      return spend(kItemCost);
    case In::kSeg:
      return start_seg();
    case In::kProp:
      prop_type_ = element.attribute("type");
      [[fallthrough]];
    case In::kNote:
      value_.clear();
      return spend(kItemCost);
    default:
      return {};
  }
}

void TmxReader::start_header(const XmlElement& header) {
  file_source_lang_ = languages().canonical(header.attribute("srclang")).value_or("");
}

Status TmxReader::start_tu(const XmlElement& tu) {
  ++number_;
  spent_ = 0;
  unit_.clear();
  unit_.id = tu.attribute("tuid");
  unit_.history = history_of(tu);
  unit_.source_lang = file_source_lang_;
  if (tu.has("srclang")) {
    unit_.source_lang = languages().canonical(tu.attribute("srclang")).value_or("");
  }
  return spend(unit_.id.size());
}

void TmxReader::start_tuv(const XmlElement& tuv) {
  if (unit_.used == unit_.variants.size()) unit_.variants.emplace_back();
  variant_ = &unit_.variants[unit_.used++];
  variant_->clear();
  const std::string_view lang =
      tuv.has("xml:lang") ? tuv.attribute("xml:lang") : tuv.attribute("lang");
  const std::optional<std::string>& known = languages().canonical(lang);
  if (known) {
    variant_->lang = *known;
  } else {
    skip(lang.empty() ? "a text without a language"
                      : "'" + printable(lang, 40) + "' is no language");
  }
  variant_->history = history_of(tuv);
}

Status TmxReader::start_seg() {
  if (variant_->has_seg) return error(Code::kInvalid, "two <seg> in one <tuv>");
  variant_->has_seg = true;
  return {};
}

TmxHistory TmxReader::history_of(const XmlElement& element) {
  TmxHistory history;
  for (const char** at = element.attributes(); *at != nullptr; at += 2) {
    const std::string_view name = at[0];
    if (name == "creationid") history.author = at[1];
    if (name == "creationdate") history.created = time_of(at[1]);
    if (name == "changeid") history.changer = at[1];
    if (name == "changedate") history.changed = time_of(at[1]);
    if (name == "usagecount") {
      constexpr std::size_t kMaxDigits = 12;
      const std::string_view count = at[1];
      const bool number = count.find_first_not_of("0123456789") == std::string_view::npos;
      if (number && count.size() <= kMaxDigits && count != "0") history.usage = count;
    }
  }
  return history;
}

std::string TmxReader::time_of(std::string_view text) {
  std::optional<std::string> time = iso_time(text);
  if (!time && !text.empty()) skip("a date that is none was left out");
  return std::move(time).value_or("");
}

Status TmxReader::spend(std::size_t bytes) {
  spent_ += bytes;
  if (spent_ <= kMaxTuBytes) return {};
  return error(Code::kLimit, "all its texts and properties together have more than " +
                                 std::to_string(kMaxTuBytes) + " bytes");
}

Status TmxReader::check_seg() const {
  if (!variant_->seg.over_limit()) return {};
  return error(Code::kLimit, "its segment in " + variant_->lang + " has more than " +
                                 std::to_string(wire::kMaxUnitTextBytes) +
                                 " bytes; shorten it, nothing was read");
}

Status TmxReader::text(std::string_view text) {
  if (where_ == In::kSeg) {
    variant_->seg.text(text);
    TRY(check_seg());
    return spend(text.size());
  }
  if (where_ != In::kNote && where_ != In::kProp) return {};
  value_ += text;
  if (value_.size() > wire::kMaxUnitTextBytes) {
    return error(Code::kLimit, std::string(where_ == In::kNote ? "a note" : "a property") +
                                   " has more than " + std::to_string(wire::kMaxUnitTextBytes) +
                                   " bytes; shorten it, nothing was read");
  }
  return spend(text.size());
}

Status TmxReader::end(std::string_view /*name*/) {
  if (where_ == In::kSeg && !variant_->seg.at_top()) {
    variant_->seg.end();
    return {};
  }
  const In where = where_;
  path_.pop_back();
  where_ = path_.empty() ? In::kFile : path_.back();
  if (where == In::kNote || where == In::kProp) return end_value(where);
  if (where == In::kTu) return pair_up();
  return {};
}

Status TmxReader::end_value(In where) {
  const bool of_unit = where_ == In::kTu;
  if (where == In::kNote) {
    add_note(of_unit ? &unit_.note : &variant_->note, value_);
    return {};
  }
  Properties& properties = of_unit ? unit_.properties : variant_->properties;
  properties.emplace_back(std::move(prop_type_), std::move(value_));
  return {};
}

/// The best of what fits, the first of equals. The others in exactly that language are counted.
const TmxVariant* TmxReader::find_variant(const std::string& wanted) {
  const TmxVariant* best = nullptr;
  Fit best_fit = Fit::kNo;
  for (std::size_t i = 0; i < unit_.used; ++i) {
    const TmxVariant& one = unit_.variants[i];
    if (one.lang.empty()) continue;
    const Fit fit = languages().fit(wanted, one.lang);
    if (fit == Fit::kNo) continue;
    if (best != nullptr) skip("another text in " + one.lang);
    if (fit > best_fit) {
      best = &one;
      best_fit = fit;
    }
  }
  return best;
}

const TmxVariant* TmxReader::find_source() {
  const std::string& wanted =
      options().source_lang.empty() ? unit_.source_lang : options().source_lang;
  if (!wanted.empty()) {
    const TmxVariant* const found = find_variant(wanted);
    if (found == nullptr) skip("no source in " + wanted);
    return found;
  }
  for (std::size_t i = 0; i < unit_.used; ++i) {
    if (!unit_.variants[i].lang.empty()) return &unit_.variants[i];
  }
  skip("no text in any language");
  return nullptr;
}

Status TmxReader::pair_up() {
  const TmxVariant* const source = find_source();
  if (source == nullptr) return {};
  if (source->seg.blank()) {
    skip("an empty source");
    return {};
  }
  if (options().target_lang.empty()) return pair_up_with(*source);
  count_others(*source);
  const TmxVariant* const target = find_variant(options().target_lang);
  if (target == nullptr && options().keep_untranslated) return give(*source, TmxVariant());
  if (target == nullptr || target == source) {
    skip("no target in " + options().target_lang);
    return {};
  }
  return give(*source, *target);
}

/// What goes to no slice because another language was asked for is said, with the first unit's
/// number.
void TmxReader::count_others(const TmxVariant& source) {
  for (std::size_t i = 0; i < unit_.used; ++i) {
    const TmxVariant& one = unit_.variants[i];
    if (&one == &source || one.lang.empty() || one.lang == source.lang) continue;
    if (languages().fit(options().target_lang, one.lang) != Fit::kNo) continue;
    skip("a target in " + one.lang + ", which was not asked for");
  }
}

Status TmxReader::pair_up_with(const TmxVariant& source) {
  bool any = false;
  for (std::size_t i = 0; i < unit_.used; ++i) {
    const TmxVariant& target = unit_.variants[i];
    if (&target == &source || target.lang.empty()) continue;
    any = true;
    const auto same = [&](const TmxVariant& other) { return other.lang == target.lang; };
    const auto* const begin = unit_.variants.data();
    if (target.lang == source.lang || std::any_of(begin, begin + i, same)) {
      skip("another text in " + target.lang);
      continue;
    }
    TRY(give(source, target));
  }
  if (!any) skip("no target in any language");
  return {};
}

Status TmxReader::give(const TmxVariant& source, const TmxVariant& target) {
  if (target.seg.blank() && !options().keep_untranslated) {
    skip("an empty target");
    return {};
  }
  wire::Record record = tmx_record(
      unit_, source, target, options().source_lang.empty() ? source.lang : options().source_lang,
      options().target_lang.empty() ? target.lang : options().target_lang);
  if (wire::value(record, wire::unit::kStatus).empty()) {
    wire::set_value(&record, wire::unit::kStatus, options().status_if_none);
  }
  if (wire::value(record, wire::unit::kOrigin).empty()) {
    wire::set_value(&record, wire::unit::kOrigin, options().origin_if_none);
  }
  return hand_over(std::move(record));
}

}  // namespace

std::unique_ptr<FormatReader> make_tmx_reader(const ReadContext& context) {
  return std::make_unique<TmxReader>(context);
}

}  // namespace yizhan::exchange
