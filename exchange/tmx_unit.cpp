#include "exchange/tmx_unit.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "exchange/words.h"

namespace yizhan::exchange {
namespace {

namespace unit = wire::unit;

const std::string& first_of(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

/// Contexts are compared, never shown: a long one is as good as its hash, and stays within limits.
std::string context_of(std::initializer_list<std::string_view> parts) {
  constexpr std::size_t kMaxPlain = 256;
  std::string text;
  for (const std::string_view part : parts) (text += part) += '\n';
  text.pop_back();
  if (text.size() <= kMaxPlain) return text;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return "sha256:" +
         wire::record_id_hex({reinterpret_cast<const char*>(hash.data()), wire::RecordId::kSize});
}

/// Where the unit was used, out of the properties that tools have for it. OmegaT's five make the
/// unit one for this place only; those of memoQ and Trados are kept as properties as well, because
/// only they can be written back as they were.
class Place {
 public:
  explicit Place(wire::Record* record) : record_(record) {}

  /// True: the property is a field now and no longer a property.
  bool take(const std::string& name, const std::string& value) {
    static constexpr std::array<std::pair<std::string_view, int>, 9> kFields = {{
        {"file", kFile},
        {"id", kId},
        {"prev", kPrev},
        {"next", kNext},
        {"path", kPath},
        {"x-file", kPlainFile},
        {"x-segment", kPlainId},
        {"x-prev", kPlainPrev},
        {"x-next", kPlainNext},
    }};
    for (const auto& [known, part] : kFields) {
      if (name != known) continue;
      parts_[static_cast<std::size_t>(part)] = value;
      omegat_ = omegat_ || part <= kPath;
      return part != kPath;
    }
    if (name == "x-context-pre") pre_ = value;
    if (name == "x-context-post") post_ = value;
    if (name == "x-document") document_ = value;
    if (name == "x-Context" && trados_.empty() && value != "0, 0") trados_ = value;
    if (name == "x-IdContext" && trados_id_.empty()) trados_id_ = value;
    return false;
  }

  void finish() {
    set(unit::kFile, {part(kFile), part(kPlainFile), document_});
    set(unit::kSegment, {part(kId), part(kPlainId), trados_id_});
    set(unit::kPrevious, {part(kPrev), part(kPlainPrev), pre_});
    set(unit::kNext, {part(kNext), part(kPlainNext), post_});
    if (omegat_) {
      const bool neighbours = !part(kPrev).empty() || !part(kNext).empty();
      const char* kind = !part(kId).empty() ? "id" : neighbours ? "neighbours" : "document";
      context(kind, {part(kFile), part(kId), part(kPrev), part(kNext), part(kPath)});
    } else if (!trados_id_.empty()) {
      context("id", {trados_id_});
    } else if (!pre_.empty() || !post_.empty()) {
      context("neighbours", {pre_, post_});
    } else if (!trados_.empty()) {
      context("neighbours", {trados_});
    }
  }

 private:
  enum Part : int { kFile, kId, kPrev, kNext, kPath, kPlainFile, kPlainId, kPlainPrev, kPlainNext };
  const std::string& part(Part which) const { return parts_[static_cast<std::size_t>(which)]; }

  void set(int field, std::initializer_list<std::string> choices) {
    for (const std::string& choice : choices) {
      if (choice.empty()) continue;
      wire::set_value(record_, field, choice);
      return;
    }
  }
  void context(const char* kind, std::initializer_list<std::string_view> parts) {
    wire::set_value(record_, unit::kContextKind, kind);
    wire::set_value(record_, unit::kContext, context_of(parts));
  }

  wire::Record* record_;
  std::array<std::string, 9> parts_;
  bool omegat_ = false;
  std::string pre_, post_, document_, trados_, trados_id_;
};

/// True: the property is a field now.
bool take_property(const std::string& name, const std::string& value, wire::Record* record) {
  if (name == "x-status" || name == "x-ConfirmationLevel") {
    const std::string_view status =
        name == "x-status" ? status_from_word(value) : status_from_trados(value);
    if (status.empty()) return false;
    const bool ours = name == "x-status";  // says more than what it had to be put as for Trados
    if (ours || wire::value(*record, unit::kStatus).empty()) {
      wire::set_value(record, unit::kStatus, std::string(status));
    }
    return true;
  }
  if (name != "x-origin") return false;
  if (value != "human" && value != "tm" && value != "mt" && value != "import") return false;
  wire::set_value(record, unit::kOrigin, value);
  return true;
}

void add_prefixed(const Properties& from, std::string_view prefix, Properties* to) {
  for (const auto& [name, value] : from) to->emplace_back(std::string(prefix) + name, value);
}

void set_properties(const TmxUnit& from, const TmxVariant& source, const TmxVariant& target,
                    wire::Record* record) {
  if (from.properties.empty() && source.properties.empty() && target.properties.empty()) return;
  Properties rest;
  Place place(record);
  for (const auto& [name, value] : from.properties) {
    if (!place.take(name, value) && !take_property(name, value, record)) {
      rest.emplace_back(name, value);
    }
  }
  place.finish();
  add_prefixed(source.properties, kOfSource, &rest);
  add_prefixed(target.properties, kOfTarget, &rest);
  wire::set_value(record, unit::kProperties, to_json(rest));
}

}  // namespace

void TmxVariant::clear() {
  lang.clear();
  seg.clear();
  has_seg = false;
  history.clear();
  note.clear();
  properties.clear();
}

void TmxUnit::clear() {
  id.clear();
  source_lang.clear();
  history.clear();
  note.clear();
  properties.clear();
  used = 0;
}

void add_note(std::string* notes, std::string_view note) {
  if (note.empty() || *notes == note) return;
  if (!notes->empty()) *notes += '\n';
  *notes += note;
}

wire::Record tmx_record(const TmxUnit& from, const TmxVariant& source, const TmxVariant& target,
                        const std::string& source_lang, const std::string& target_lang) {
  wire::Record record = wire::make_record(wire::UNIT);
  const auto set = [&](int field, const std::string& text) {
    if (!text.empty()) wire::set_value(&record, field, text);
  };
  set(unit::kSourceLang, source_lang);
  set(unit::kTargetLang, target_lang);
  set(unit::kSource, source.seg.plain());
  set(unit::kSourceXml, source.seg.xml());
  set(unit::kTarget, target.seg.plain());
  set(unit::kTargetXml, target.seg.xml());
  set(unit::kAuthor, first_of(target.history.author, from.history.author));
  set(unit::kCreated, first_of(target.history.created, from.history.created));
  set(unit::kChanger, first_of(target.history.changer, from.history.changer));
  set(unit::kChanged, first_of(target.history.changed, from.history.changed));
  set(unit::kUsage, first_of(target.history.usage, from.history.usage));
  set(unit::kExternalId, from.id);
  std::string note = from.note;
  add_note(&note, source.note);
  add_note(&note, target.note);
  set(unit::kNote, note);
  set_properties(from, source, target, &record);
  return record;
}

}  // namespace yizhan::exchange
