// TBX v2 (martif) and v3 (tbx), told apart by the names of elements: real files mix the root of one
// with the namespace of the other. In the style DCA a value's meaning is in type="…", in DCT it is
// the element's own name.

#include <algorithm>
#include <array>
#include <utility>

#include "config/printable.h"
#include "exchange/format_reader.h"
#include "exchange/properties.h"
#include "exchange/tbx.h"
#include "exchange/words.h"
#include "wire/limits.h"

namespace yizhan::exchange {
namespace {

namespace concept_field = wire::concept_entry;
namespace term_field = wire::term;

/// All of one entry that is kept while it is read.
constexpr std::size_t kMaxEntryBytes = 4 * 1024 * 1024;
constexpr std::size_t kItemCost = 200;

enum class Role {
  kOther,  ///< around entries
  kEntry,
  kLang,
  kTerm,
  kTransaction,  ///< who did what when
  kGroup,        ///< holds values and says nothing itself
  kValue,
};

Role role_of(std::string_view name, bool in_entry) {
  if (name == "termEntry" || name == "conceptEntry") return Role::kEntry;
  if (!in_entry) return Role::kOther;
  if (name == "langSet" || name == "langSec") return Role::kLang;
  if (name == "tig" || name == "ntig" || name == "termSec") return Role::kTerm;
  if (name == "transacGrp") return Role::kTransaction;
  static constexpr std::array<std::string_view, 7> kGroups = {
      "termGrp", "descripGrp", "adminGrp", "termNoteGrp", "termCompList", "termCompGrp", "itemSet"};
  const bool group = std::find(kGroups.begin(), kGroups.end(), name) != kGroups.end();
  return group ? Role::kGroup : Role::kValue;
}

/// What a value is of: in DCA the type, in DCT the name.
std::string category_of(const XmlElement& element) {
  static constexpr std::array<std::string_view, 10> kTyped = {
      "descrip", "descripNote", "termNote", "admin", "adminNote",
      "transac", "transacNote", "ref",      "xref",  "termCompList"};
  const bool typed = std::find(kTyped.begin(), kTyped.end(), element.name()) != kTyped.end();
  const std::string_view type = element.attribute("type");
  return std::string(typed && !type.empty() ? type : element.name());
}

struct Transaction {
  std::string kind, date, who;
};

struct History {
  std::string author, created, changer, changed;
};

struct TermDraft {
  std::string lang;
  wire::Record record;
  Properties properties;
  History history;
};

class TbxReader final : public FormatReader {
 public:
  explicit TbxReader(const ReadContext& context) : FormatReader(context) {}

  Status start(const XmlElement& element) override;
  Status end(std::string_view name) override;
  Status text(std::string_view text) override;

 private:
  const char* item_name() const override { return "entry"; }
  void start_root(const XmlElement& root);
  void start_entry(const XmlElement& entry);
  void start_lang(const XmlElement& lang);
  void start_term();
  Status spend(std::size_t bytes);
  bool in_term() const { return term_open_; }

  void take_value();
  void take_for_concept();
  void take_for_term();
  void take_transaction();
  void set_once(wire::Record* record, int field, Properties* rest);
  Status end_entry();
  std::string wanted_form(const std::string& lang);
  void finish_term(TermDraft* draft);

  std::vector<Role> path_;
  bool in_entry_ = false;
  bool term_open_ = false;
  bool in_definition_ = false;  ///< within the group of a definition
  int value_depth_ = 0;         ///< elements open within a value, itself included
  std::string category_;
  std::string value_;
  std::string lang_;  ///< canonical; empty outside a language, or if it is none
  std::string lang_as_written_;
  std::string key_;
  std::size_t spent_ = 0;
  wire::Record concept_;
  Properties concept_properties_;
  History concept_history_;
  std::vector<TermDraft> terms_;
  Transaction transaction_;
};

void TbxReader::start_root(const XmlElement& root) {
  if (root.name() == "martif") {
    report().format = "TBX v2";
    return;
  }
  report().format = "TBX v3";
  std::string style(root.attribute("style").substr(0, 10));
  std::transform(style.begin(), style.end(), style.begin(), [](unsigned char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : static_cast<char>(c);
  });
  if (!style.empty()) report().format += " (" + printable(style, 10) + ")";
}

void TbxReader::start_entry(const XmlElement& entry) {
  ++number_;
  in_entry_ = true;
  spent_ = 0;
  concept_ = wire::make_record(wire::CONCEPT);
  concept_properties_.clear();
  concept_history_ = {};
  terms_.clear();
  key_ = entry.has("id") ? entry.attribute("id") : entry.attribute("xml:id");
}

void TbxReader::start_lang(const XmlElement& lang) {
  lang_as_written_ = lang.has("xml:lang") ? lang.attribute("xml:lang") : lang.attribute("lang");
  lang_ = languages().canonical(lang_as_written_).value_or("");
}

void TbxReader::start_term() {
  term_open_ = true;
  terms_.emplace_back();
  terms_.back().lang = lang_;
  terms_.back().record = wire::make_record(wire::TERM);
}

Status TbxReader::spend(std::size_t bytes) {
  spent_ += bytes;
  if (spent_ <= kMaxEntryBytes) return {};
  return error(Code::kLimit, "all its terms and notes together have more than " +
                                 std::to_string(kMaxEntryBytes) + " bytes");
}

Status TbxReader::start(const XmlElement& element) {
  if (path_.empty()) start_root(element);
  if (value_depth_ > 0) {  // <hi> and its like: their text is the value's
    ++value_depth_;
    return {};
  }
  const Role role = role_of(element.name(), in_entry_);
  if ((role == Role::kEntry && in_entry_) || (role == Role::kTerm && term_open_)) {
    return error(Code::kInvalid, "<" + printable(element.name(), 40) + "> within another");
  }
  path_.push_back(role);
  switch (role) {
    case Role::kEntry:
      start_entry(element);
      break;
    case Role::kLang:
      start_lang(element);
      break;
    case Role::kTerm:
      start_term();
      break;
    case Role::kTransaction:
      transaction_ = {};
      break;
    case Role::kValue:
      value_depth_ = 1;
      value_.clear();
      category_ = category_of(element);
      break;
    case Role::kGroup:
      in_definition_ = false;
      break;
    case Role::kOther:
      return {};
  }
  return spend(kItemCost);
}

Status TbxReader::text(std::string_view text) {
  if (value_depth_ == 0) return {};
  value_ += text;
  if (value_.size() > wire::kMaxUnitTextBytes) {
    return error(Code::kLimit, "its " + printable(category_, 40) + " has more than " +
                                   std::to_string(wire::kMaxUnitTextBytes) + " bytes");
  }
  return spend(text.size());
}

Status TbxReader::end(std::string_view /*name*/) {
  if (value_depth_ > 1) {
    --value_depth_;
    return {};
  }
  const Role role = path_.back();
  path_.pop_back();
  if (role == Role::kValue) {
    value_depth_ = 0;
    take_value();
  } else if (role == Role::kTransaction) {
    take_transaction();
  } else if (role == Role::kGroup) {
    in_definition_ = false;
  } else if (role == Role::kTerm) {
    term_open_ = false;
  } else if (role == Role::kLang) {
    lang_.clear();
    lang_as_written_.clear();
  } else if (role == Role::kEntry) {
    in_entry_ = false;
    return end_entry();
  }
  return {};
}

std::string trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

void TbxReader::take_value() {
  value_ = trimmed(value_);
  if (value_.empty()) return;
  const bool in_transaction = !path_.empty() && path_.back() == Role::kTransaction;
  if (in_transaction) {
    if (category_ == "date") transaction_.date = value_;
    if (category_ == "responsibility") transaction_.who = value_;
    if (category_ == "transactionType" || category_ == "transac" ||
        category_ == "terminologyManagementTransactions") {
      transaction_.kind = value_;
    }
    return;
  }
  // A source in the group of a definition is the definition's, not the term's.
  const bool in_group = path_.back() == Role::kGroup;
  in_definition_ = in_group && (in_definition_ || category_ == "definition");
  if (in_term()) {
    take_for_term();
  } else {
    take_for_concept();
  }
}

void TbxReader::set_once(wire::Record* record, int field, Properties* rest) {
  if (wire::value(*record, field).empty()) {
    wire::set_value(record, field, std::move(value_));
  } else {
    rest->emplace_back(std::move(category_), std::move(value_));
  }
}

void TbxReader::take_for_concept() {
  if (category_ == kKeyCategory) {
    key_ = value_;
  } else if (category_ == "subjectField") {
    set_once(&concept_, concept_field::kDomain, &concept_properties_);
  } else if (category_ == "definition" && lang_as_written_.empty()) {
    set_once(&concept_, concept_field::kDefinition, &concept_properties_);
  } else if (category_ == "note" && lang_as_written_.empty()) {
    set_once(&concept_, concept_field::kNote, &concept_properties_);
  } else {
    // What a language section says of its language stays with the concept, marked so.
    if (!lang_as_written_.empty()) {
      const std::string lang = wanted_form(lang_);
      category_ += kOfLanguage + (lang.empty() ? lang_as_written_ : lang);
    }
    concept_properties_.emplace_back(std::move(category_), std::move(value_));
  }
}

void TbxReader::take_for_term() {
  TermDraft& draft = terms_.back();
  if (category_ == "term") {
    set_once(&draft.record, term_field::kText, &draft.properties);
  } else if (category_ == kStatusCategory) {
    wire::set_value(&draft.record, term_field::kStatus, std::string(term_status_from(value_)));
  } else if (category_ == "administrativeStatus" || category_ == "usageStatus" ||
             category_ == "normativeAuthorization" || category_ == "language-planningQualifier") {
    const std::string_view status = term_status_from(value_);
    if (status.empty() || !wire::value(draft.record, term_field::kStatus).empty()) {
      draft.properties.emplace_back(std::move(category_), std::move(value_));
    } else {
      wire::set_value(&draft.record, term_field::kStatus, std::string(status));
    }
  } else if (category_ == "partOfSpeech") {
    set_once(&draft.record, term_field::kPartOfSpeech, &draft.properties);
  } else if (category_ == "grammaticalGender") {
    set_once(&draft.record, term_field::kGender, &draft.properties);
  } else if (category_ == "context") {
    set_once(&draft.record, term_field::kUsageContext, &draft.properties);
  } else if (category_ == "source" && !in_definition_) {
    set_once(&draft.record, term_field::kSourceRef, &draft.properties);
  } else if (category_ == "note") {
    set_once(&draft.record, term_field::kNote, &draft.properties);
  } else {
    draft.properties.emplace_back(std::move(category_), std::move(value_));
  }
}

void TbxReader::take_transaction() {
  History& history = in_term() ? terms_.back().history : concept_history_;
  std::string time;
  if (!transaction_.date.empty()) {
    const std::optional<std::string> iso = iso_time(transaction_.date);
    if (!iso) skip("a date that is none was left out");
    time = iso.value_or("");
  }
  const std::string& kind = transaction_.kind;
  if (kind == "creation" || kind == "origination" || kind == "input") {
    history.author = std::move(transaction_.who);
    history.created = std::move(time);
  } else {
    history.changer = std::move(transaction_.who);
    history.changed = std::move(time);
  }
}

/// The language as the record shall have it; empty if it is not wanted.
std::string TbxReader::wanted_form(const std::string& lang) {
  const std::string& source = options().source_lang;
  const std::string& target = options().target_lang;
  if (source.empty() && target.empty()) return lang;
  for (const std::string* wanted : {&source, &target}) {
    if (!wanted->empty() && languages().fit(*wanted, lang) != Fit::kNo) return *wanted;
  }
  return {};
}

void TbxReader::finish_term(TermDraft* draft) {
  const auto set = [&](int field, const std::string& own, const std::string& of_concept) {
    wire::set_value(&draft->record, field, own.empty() ? of_concept : own);
  };
  set(term_field::kAuthor, draft->history.author, concept_history_.author);
  set(term_field::kCreated, draft->history.created, concept_history_.created);
  set(term_field::kChanger, draft->history.changer, concept_history_.changer);
  set(term_field::kChanged, draft->history.changed, concept_history_.changed);
  wire::set_value(&draft->record, term_field::kProperties, to_json(draft->properties));
}

Status TbxReader::end_entry() {
  std::vector<wire::Record> terms;
  for (TermDraft& draft : terms_) {
    if (draft.lang.empty()) {
      skip("a term without a language");
      continue;
    }
    const std::string lang = wanted_form(draft.lang);
    if (lang.empty()) {
      skip("a term in " + draft.lang);
      continue;
    }
    if (wire::value(draft.record, term_field::kText).empty()) {
      skip("a term without a text");
      continue;
    }
    wire::set_value(&draft.record, term_field::kLang, lang);
    finish_term(&draft);
    terms.push_back(std::move(draft.record));
  }
  if (terms.empty()) {
    skip("an entry without a term that is wanted");
    return {};
  }
  if (key_.empty()) key_ = wire::value(terms.front(), term_field::kText);
  wire::set_value(&concept_, concept_field::kKey, key_);
  wire::set_value(&concept_, concept_field::kTermbase, options().termbase);
  wire::set_value(&concept_, concept_field::kClient, options().client);
  if (wire::value(concept_, concept_field::kDomain).empty()) {
    wire::set_value(&concept_, concept_field::kDomain, options().domain);
  }
  wire::set_value(&concept_, concept_field::kProperties, to_json(concept_properties_));
  return hand_over(std::move(concept_), std::move(terms));
}

}  // namespace

std::unique_ptr<FormatReader> make_tbx_reader(const ReadContext& context) {
  return std::make_unique<TbxReader>(context);
}

}  // namespace yizhan::exchange
