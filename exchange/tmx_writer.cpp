#include "exchange/tmx_writer.h"

#include <array>
#include <utility>

#include "exchange/inline_text.h"
#include "exchange/tmx_unit.h"
#include "exchange/words.h"

namespace yizhan::exchange {
namespace {

namespace unit_field = wire::unit;
using wire::value;

void append_attribute(std::string_view name, std::string_view text, std::string* out) {
  if (text.empty()) return;
  ((*out += ' ') += name) += "=\"";
  append_xml_attribute(text, out);
  *out += '"';
}

bool of_variant(std::string_view name) {
  return name.starts_with(kOfSource) || name.starts_with(kOfTarget);
}

}  // namespace

TmxWriter::TmxWriter(WriteOptions options, Output* output)
    : options_(std::move(options)), out_(output) {}

void TmxWriter::header() {
  std::string& out = out_.text();
  out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\">\n<header";
  append_attribute("creationtool", "Yizhan", &out);
  append_attribute("creationtoolversion", YIZHAN_VERSION, &out);
  append_attribute("segtype", "sentence", &out);
  append_attribute("o-tmf", "Yizhan", &out);
  append_attribute("adminlang", "en-US", &out);
  append_attribute("srclang", options_.source_lang.empty() ? "*all*" : options_.source_lang, &out);
  append_attribute("datatype", "plaintext", &out);
  out += "/>\n<body>\n";
  begun_ = true;
}

void TmxWriter::attributes(const wire::Record& record) {
  std::string& out = out_.text();
  const auto time = [&](const char* name, int field) {
    const std::string& iso = value(record, field);
    if (!iso.empty()) append_attribute(name, tmx_time(iso).value_or(""), &out);
  };
  if (!options_.for_omegat) {
    append_attribute("tuid", value(record, unit_field::kExternalId), &out);
    append_attribute("usagecount", value(record, unit_field::kUsage), &out);
  }
  time("creationdate", unit_field::kCreated);
  append_attribute("creationid", value(record, unit_field::kAuthor), &out);
  time("changedate", unit_field::kChanged);
  append_attribute("changeid", value(record, unit_field::kChanger), &out);
  // Without it a reader takes the header's, or, of "*all*", whatever comes first.
  const std::string& source = value(record, unit_field::kSourceLang);
  if (source != options_.source_lang) append_attribute("srclang", source, &out);
}

void TmxWriter::property(std::string_view type, std::string_view text) {
  if (text.empty()) return;
  std::string& out = out_.text();
  out += "<prop";
  // The schema wants a type, be it empty.
  if (type.empty()) out += " type=\"\"";
  append_attribute("type", type, &out);
  out += '>';
  append_xml_text(text, &out);
  out += "</prop>\n";
}

// OmegaT takes a unit with "file", "id", "prev" or "next" for one that counts in that place only:
// so these are for units whose context is part of what they are, and "x-…" for those that merely
// come from there.
void TmxWriter::place_properties(const wire::Record& record, const Properties& kept) {
  struct Row {
    int field;
    const char* in_context;
    const char* plain;
    const char* of_others;
  };
  static constexpr std::array<Row, 4> kRows = {{
      {unit_field::kFile, "file", "x-file", "x-document"},
      {unit_field::kSegment, "id", "x-segment", "x-IdContext"},
      {unit_field::kPrevious, "prev", "x-prev", "x-context-pre"},
      {unit_field::kNext, "next", "x-next", "x-context-post"},
  }};
  bool foreign = find_property(kept, "x-Context") != nullptr;
  for (const Row& row : kRows) foreign = foreign || find_property(kept, row.of_others) != nullptr;
  const bool in_context = !foreign && !value(record, unit_field::kContextKind).empty();
  for (const Row& row : kRows) {
    const std::string& text = value(record, row.field);
    const std::string* const theirs = find_property(kept, row.of_others);
    if (theirs == nullptr || *theirs != text)
      property(in_context ? row.in_context : row.plain, text);
  }
}

void TmxWriter::properties(const wire::Record& record, const Properties& kept) {
  place_properties(record, kept);
  const std::string& status = value(record, unit_field::kStatus);
  property("x-status", status);
  property("x-ConfirmationLevel", trados_from_status(status));
  property("x-origin", value(record, unit_field::kOrigin));
  for (const auto& [name, text] : kept) {
    if (!of_variant(name)) property(name, text);
  }
}

void TmxWriter::variant(const std::string& lang, std::string_view plain, std::string_view xml,
                        const Properties& kept, std::string_view of) {
  std::string& out = out_.text();
  out += "<tuv";
  append_attribute("xml:lang", lang, &out);
  out += '>';
  for (const auto& [name, text] : kept) {
    if (name.starts_with(of)) property(std::string_view(name).substr(of.size()), text);
  }
  out += "<seg>";
  append_tmx_seg(plain, xml, options_.for_omegat ? SegFor::kOmegat : SegFor::kAnybody, &out);
  out += "</seg></tuv>\n";
}

Status TmxWriter::unit(const wire::Record& record) {
  if (!begun_) header();
  const std::string& target = value(record, unit_field::kTarget);
  const std::string& target_xml = value(record, unit_field::kTargetXml);
  if (target.empty() && target_xml.empty()) {
    ++left_out_;
    return {};
  }
  Properties kept;
  if (!options_.for_omegat) kept = from_json(value(record, unit_field::kProperties));
  std::string& out = out_.text();
  out += "<tu";
  attributes(record);
  out += ">\n";
  if (const std::string& note = value(record, unit_field::kNote); !note.empty()) {
    out += "<note>";
    append_xml_text(note, &out);
    out += "</note>\n";
  }
  if (!options_.for_omegat) properties(record, kept);
  variant(value(record, unit_field::kSourceLang), value(record, unit_field::kSource),
          value(record, unit_field::kSourceXml), kept, kOfSource);
  variant(value(record, unit_field::kTargetLang), target, target_xml, kept, kOfTarget);
  out += "</tu>\n";
  ++written_;
  return out_.flush_if_full();
}

Status TmxWriter::entry(const wire::Record& /*concept_record*/,
                        const std::vector<wire::Record>& /*terms*/) {
  return Error{Code::kInvalid, "write TMX: it holds units, no terms; write these as TBX or TSV"};
}

Status TmxWriter::finish() {
  if (!begun_) header();
  out_.text() += "</body>\n</tmx>\n";
  return out_.flush();
}

}  // namespace yizhan::exchange
