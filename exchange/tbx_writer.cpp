#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "exchange/inline_text.h"
#include "exchange/tbx.h"
#include "exchange/words.h"

namespace yizhan::exchange {
namespace {

namespace concept_field = wire::concept_entry;
namespace term_field = wire::term;
using wire::value;

/// An id as XML allows it, cautiously.
bool is_xml_id(std::string_view text) {
  const auto good = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  };
  constexpr std::size_t kMaxId = 100;
  if (text.empty() || text.size() > kMaxId) return false;
  const auto first = static_cast<unsigned char>(text[0]);
  if (std::isalpha(first) == 0 && first != '_') return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return good(static_cast<unsigned char>(c)); });
}

/// The element of TBX that carries a category; nullptr for those that we do not know.
const char* element_for(std::string_view category) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 21> kElements = {{
      {"definition", "descrip"},
      {"explanation", "descrip"},
      {"example", "descrip"},
      {"context", "descrip"},
      {"subjectField", "descrip"},
      {"reliabilityCode", "descrip"},
      {"termType", "termNote"},
      {"termLocation", "termNote"},
      {"geographicalUsage", "termNote"},
      {"register", "termNote"},
      {"grammaticalNumber", "termNote"},
      {"partOfSpeech", "termNote"},
      {"grammaticalGender", "termNote"},
      {"usageNote", "termNote"},
      {"source", "admin"},
      {"customerSubset", "admin"},
      {"projectSubset", "admin"},
      {"productSubset", "admin"},
      {"crossReference", "ref"},
      {"externalCrossReference", "xref"},
      {"xGraphic", "xref"},
  }};
  for (const auto& [known, element] : kElements) {
    if (known == category) return element;
  }
  return nullptr;
}

}  // namespace

void TbxWriter::header() {
  begun_ = true;
  std::string& out = out_.text();
  out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  const std::string about = std::string("<fileDesc><sourceDesc><p>Yizhan ") + YIZHAN_VERSION +
                            "</p></sourceDesc></fileDesc>";
  if (older_) {
    out +=
        "<martif type=\"TBX-Basic\" xml:lang=\"en\">\n<martifHeader>" + about + "</martifHeader>\n";
  } else {
    out +=
        "<tbx style=\"dca\" type=\"TBX-Basic\" xml:lang=\"en\" "
        "xmlns=\"urn:iso:std:iso:30042:ed-2\">\n<tbxHeader>" +
        about + "</tbxHeader>\n";
  }
  out += "<text><body>\n";
}

void TbxWriter::value(const char* element, std::string_view category, std::string_view text) {
  if (text.empty()) return;
  std::string& out = out_.text();
  ((out += '<') += element) += " type=\"";
  append_xml_attribute(category, &out);
  out += "\">";
  append_xml_text(text, &out);
  ((out += "</") += element) += ">\n";
}

void TbxWriter::note(std::string_view text) {
  if (text.empty()) return;
  out_.text() += "<note>";
  append_xml_text(text, &out_.text());
  out_.text() += "</note>\n";
}

/// `of_language`: "@lang:zh-CN" for what belongs to that language, "" for what belongs to none.
void TbxWriter::other(const Properties& properties, const char* usual,
                      std::string_view of_language) {
  for (const auto& [name, text] : properties) {
    const std::size_t mark = std::min(name.find(kOfLanguage), name.size());
    if (std::string_view(name).substr(mark) != of_language) continue;
    const std::string category = name.substr(0, mark);
    if (category == "note") {
      note(text);
      continue;
    }
    const char* element = element_for(category);
    value(element != nullptr ? element : usual, category, text);
  }
}

void TbxWriter::transaction(const char* kind, std::string_view who, const std::string& when) {
  if (who.empty() && when.empty()) return;
  std::string& out = out_.text();
  out += "<transacGrp>";
  value("transac", "transactionType", kind);
  if (!when.empty()) {
    out += "<date>";
    append_xml_text(when, &out);
    out += "</date>";
  }
  value("transacNote", "responsibility", who);
  out += "</transacGrp>\n";
}

void TbxWriter::term(const wire::Record& record) {
  std::string& out = out_.text();
  out += older_ ? "<tig><term>" : "<termSec><term>";
  append_xml_text(wire::value(record, term_field::kText), &out);
  out += "</term>\n";
  const std::string& status = wire::value(record, term_field::kStatus);
  const std::string_view theirs = tbx_from_term_status(status);
  Properties first, rest;  // in v2 every <termNote> stands before everything else
  for (auto& property : from_json(wire::value(record, term_field::kProperties))) {
    const char* element = element_for(property.first);
    const bool of_term =
        property.first != "note" && (element == nullptr || std::string_view(element) == "termNote");
    (of_term ? first : rest).push_back(std::move(property));
  }
  value("termNote", "partOfSpeech", wire::value(record, term_field::kPartOfSpeech));
  value("termNote", "grammaticalGender", wire::value(record, term_field::kGender));
  value("termNote", "administrativeStatus", theirs);
  if (term_status_from(theirs) != status) value("termNote", kStatusCategory, status);
  other(first, "termNote", "");
  value("descrip", "context", wire::value(record, term_field::kUsageContext));
  value("admin", "source", wire::value(record, term_field::kSourceRef));
  note(wire::value(record, term_field::kNote));
  other(rest, "admin", "");
  transaction("creation", wire::value(record, term_field::kAuthor),
              wire::value(record, term_field::kCreated));
  transaction("modification", wire::value(record, term_field::kChanger),
              wire::value(record, term_field::kChanged));
  out += older_ ? "</tig>\n" : "</termSec>\n";
}

void TbxWriter::language(const std::string& lang, const Properties& of_concept,
                         const std::vector<wire::Record>& terms) {
  const char* element = older_ ? "langSet" : "langSec";
  std::string& out = out_.text();
  ((out += '<') += element) += " xml:lang=\"";
  append_xml_attribute(lang, &out);
  out += "\">\n";
  other(of_concept, "descrip", kOfLanguage + lang);
  for (const wire::Record& record : terms) {
    if (wire::value(record, term_field::kLang) == lang) term(record);
  }
  ((out += "</") += element) += ">\n";
}

Status TbxWriter::entry(const wire::Record& concept_record,
                        const std::vector<wire::Record>& terms) {
  if (!begun_) header();
  if (terms.empty()) {
    ++left_out_;
    return {};
  }
  const char* element = older_ ? "termEntry" : "conceptEntry";
  const std::string& key = wire::value(concept_record, concept_field::kKey);
  std::string& out = out_.text();
  ++written_;
  ((((out += '<') += element) += " id=\"") +=
   is_xml_id(key) ? key : "yizhan-" + std::to_string(written_)) += "\">\n";
  if (!is_xml_id(key)) value("admin", kKeyCategory, key);
  value("descrip", "subjectField", wire::value(concept_record, concept_field::kDomain));
  value("descrip", "definition", wire::value(concept_record, concept_field::kDefinition));
  note(wire::value(concept_record, concept_field::kNote));
  const Properties kept = from_json(wire::value(concept_record, concept_field::kProperties));
  other(kept, "descrip", "");
  std::vector<std::string> done;
  for (const wire::Record& record : terms) {
    const std::string& lang = wire::value(record, term_field::kLang);
    if (std::find(done.begin(), done.end(), lang) != done.end()) continue;
    done.push_back(lang);
    language(lang, kept, terms);
  }
  ((out += "</") += element) += ">\n";
  return out_.flush_if_full();
}

Status TbxWriter::unit(const wire::Record& /*record*/) {
  return Error{Code::kInvalid, "write TBX: it holds terms, no units; write these as TMX"};
}

Status TbxWriter::finish() {
  if (!begun_) header();
  out_.text() += older_ ? "</body></text>\n</martif>\n" : "</body></text>\n</tbx>\n";
  return out_.flush();
}

}  // namespace yizhan::exchange
