#include "wire/history.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "wire/limits.h"

namespace yizhan::wire {
namespace {

using enum FieldGroup;

constexpr std::array<Field, unit::kFieldCount> kUnit = {{
    {"src_lang", kKey}, {"tgt_lang", kKey}, {"source", kKey}, {"source_xml", kKey},
    {"ctx_kind", kKey}, {"ctx", kKey}, {"target", kText}, {"target_xml", kText},
    {"changer", kText}, {"changed", kText}, {"status", kStatus}, {"note", kNote},
    {"origin", kDetails}, {"author", kDetails}, {"created", kDetails}, {"file", kDetails},
    {"segment", kDetails}, {"prev", kDetails}, {"next", kDetails}, {"ext_id", kDetails},
    {"uses", kUsage}, {"props", kDetails},
}};
constexpr std::array<Field, concept_entry::kFieldCount> kConcept = {{
    {"termbase", kKey}, {"client", kKey}, {"domain", kKey}, {"entry", kKey},
    {"definition", kText}, {"note", kNote}, {"props", kDetails},
}};
constexpr std::array<Field, term::kFieldCount> kTerm = {{
    {"concept", kKey}, {"lang", kKey}, {"term_text", kKey}, {"status", kStatus},
    {"pos", kDetails}, {"gender", kDetails}, {"usage_context", kDetails},
    {"source_ref", kDetails}, {"note", kNote}, {"author", kDetails}, {"created", kDetails},
    {"changer", kStatus}, {"changed", kStatus}, {"props", kDetails},
}};
constexpr std::array<Field, item::kFieldCount> kItem = {{
    {"thread", kKey}, {"item_kind", kKey}, {"in_reply_to", kKey}, {"sender", kKey},
    {"recipient", kKey}, {"created", kKey}, {"category", kKey}, {"item_text", kKey},
    {"options", kKey}, {"decision", kKey}, {"chosen", kKey}, {"is_final", kKey},
    {"about", kKey}, {"project", kKey}, {"file", kKey}, {"segment", kKey}, {"source", kKey},
    {"target", kKey},
}};
constexpr std::array<Field, operation::kFieldCount> kOperation = {{
    {"message", kKey}, {"operation_kind", kKey}, {"sender", kKey}, {"recipient", kKey},
    {"at", kKey}, {"operation_text", kKey}, {"state", kKey}, {"project", kKey},
}};

struct KindRow {
  const char* name;
  std::span<const Field> fields;
};
constexpr std::array<KindRow, kRecordKinds + 1> kKinds = {{
    {"unknown", {}},
    {"unit", kUnit},
    {"concept", kConcept},
    {"term", kTerm},
    {"item", kItem},
    {"operation", kOperation},
}};

const KindRow& row_of(RecordKind kind) {
  const bool known = kind >= 1 && kind <= kRecordKinds;
  return kKinds[known ? static_cast<std::size_t>(kind) : 0];
}

/// UTF-8, and nothing that XML 1.0 cannot carry: that could never be exported again, and no editor
/// makes it.
bool is_xml_text(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] >= 0x20 && bytes[at] < 0x80) {
      ++at;
      continue;
    }
    UChar32 c = 0;
    U8_NEXT(bytes, at, text.size(), c);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;  // c < 0: no UTF-8
    if (c == 0xFFFE || c == 0xFFFF) return false;
  }
  return true;
}

}  // namespace

std::span<const Field> fields_of(RecordKind kind) { return row_of(kind).fields; }

const char* record_kind_name(RecordKind kind) { return row_of(kind).name; }

std::optional<RecordKind> parse_record_kind(std::string_view word) {
  for (int kind = 1; kind <= kRecordKinds; ++kind) {
    if (word == kKinds[static_cast<std::size_t>(kind)].name) return static_cast<RecordKind>(kind);
  }
  return std::nullopt;
}

void set_value(Record* record, int field, std::string text) {
  while (record->values_size() <= field) record->add_values();
  *record->mutable_values(field) = std::move(text);
}

namespace {

constexpr int kNoField = -1;

int status_field(RecordKind kind) {
  return kind == UNIT ? static_cast<int>(unit::kStatus)
                      : kind == TERM ? static_cast<int>(term::kStatus) : kNoField;
}

int changer_field(RecordKind kind) {
  return kind == UNIT ? static_cast<int>(unit::kChanger)
                      : kind == TERM ? static_cast<int>(term::kChanger) : kNoField;
}

const std::string& value_or_none(const Record& record, int field) {
  static const std::string kNone;
  return field == kNoField ? kNone : value(record, field);
}

std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool set_if_any(Record* record, int field, std::string text) {
  if (field != kNoField) set_value(record, field, std::move(text));
  return field != kNoField;
}

}  // namespace

const std::string& status_of(const Record& record) {
  return value_or_none(record, status_field(record.kind()));
}

const std::string& changer_of(const Record& record) {
  return value_or_none(record, changer_field(record.kind()));
}

bool set_status(Record* record, std::string status) {
  return set_if_any(record, status_field(record->kind()), std::move(status));
}

bool set_changer(Record* record, std::string user) {
  return set_if_any(record, changer_field(record->kind()), std::move(user));
}

bool stamp_changer(Record* record, const std::string& user) {
  if (user.empty() || !changer_of(*record).empty()) return false;
  return set_changer(record, user);
}

bool add_uses(const Change& change, Record* record) {
  if ((change.groups() & bit(FieldGroup::kUsage)) == 0 || record->kind() != UNIT) return false;
  const std::int64_t given = number_in(value(change.record(), unit::kUsage));
  const std::int64_t there = number_in(value(*record, unit::kUsage));
  const std::int64_t added = change.from_file() ? std::max<std::int64_t>(given - there, 0) : given;
  if (added != 0) set_value(record, unit::kUsage, std::to_string(there + added));
  return added != 0;
}

bool has_same_values(const Record& a, const Record& b) {
  const int size = std::max(a.values_size(), b.values_size());
  for (int i = 0; i < size; ++i) {
    if (value(a, i) != value(b, i)) return false;
  }
  return true;
}

bool said_before(const Record& record, std::span<const Revision> past, const Record& said) {
  const auto has_text = [&](const auto& values) {
    const auto at = [&](int field) {
      return field < values.size() ? std::string_view(values.Get(field)) : std::string_view();
    };
    return at(unit::kTarget) == value(said, unit::kTarget) &&
           at(unit::kTargetXml) == value(said, unit::kTargetXml);
  };
  if (!record.deleted() && has_text(record.values())) return false;
  return std::any_of(past.begin(), past.end(),
                     [&](const Revision& one) { return has_text(one.values()); });
}

Record make_record(RecordKind kind) {
  Record record;
  record.set_kind(kind);
  for (std::size_t i = 0; i < fields_of(kind).size(); ++i) record.add_values();
  return record;
}

Status check_record(const Record& record) {
  const std::span<const Field> fields = fields_of(record.kind());
  if (fields.empty()) {
    return Error{Code::kInvalid, "a record of kind " + std::to_string(record.kind()) +
                                     " is not known here; a newer version wrote it"};
  }
  if (record.id().size() != RecordId::kSize) {
    return Error{Code::kInvalid, "a record's id has " + std::to_string(record.id().size()) +
                                     " bytes where 16 belong"};
  }
  if (record.values_size() > kMaxValues) {
    return Error{Code::kLimit, "a record has " + std::to_string(record.values_size()) +
                                   " values, the limit is " + std::to_string(kMaxValues)};
  }
  std::size_t total = 0;
  for (int i = 0; i < record.values_size(); ++i) {
    const std::string& text = record.values(i);
    const std::string name =
        static_cast<std::size_t>(i) < fields.size() ? fields[static_cast<std::size_t>(i)].name
                                                    : "value " + std::to_string(i);
    if (text.size() > kMaxUnitTextBytes) {
      return Error{Code::kLimit, std::string(record_kind_name(record.kind())) + "." + name +
                                     " has " + std::to_string(text.size()) +
                                     " bytes, the limit is " + std::to_string(kMaxUnitTextBytes)};
    }
    if (!is_xml_text(text)) {
      return Error{Code::kInvalid,
                   std::string(record_kind_name(record.kind())) + "." + name +
                       " holds bytes that are no text (UTF-8 without control characters)"};
    }
    total += text.size();
  }
  if (total > kMaxRecordBytes) {
    return Error{Code::kLimit, "a record holds " + std::to_string(total) +
                                   " bytes, the limit is " + std::to_string(kMaxRecordBytes)};
  }
  return {};
}

Status check_slice(std::string_view slice) {
  const auto bad = [&](const char* why) {
    return Error{Code::kInvalid,
                 "'" + std::string(slice.substr(0, kMaxSliceBytes)) + "' is no slice: " + why +
                     "; write names with '/' between, as HL-GEAR/PRJ-1/en-US/zh-CN"};
  };
  if (slice.empty()) return bad("it is empty");
  if (slice.size() > kMaxSliceBytes) return bad("it is longer than 200 bytes");
  if (!is_xml_text(slice)) return bad("it is no text");
  std::size_t parts = 0;
  for (std::size_t from = 0; from <= slice.size(); ++parts) {
    const std::size_t end = std::min(slice.find('/', from), slice.size());
    const std::string_view part = slice.substr(from, end - from);
    if (part.empty() || part == "." || part == "..") return bad("a name in it is empty");
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || c == '*' || c == 0x7F) {
        return bad("it holds a control character or '*'");
      }
    }
    from = end + 1;
  }
  if (parts > kMaxSliceParts) return bad("it has more than 6 names");
  return {};
}

bool slice_covers(std::string_view path, std::string_view slice) {
  return slice == path ||
         (slice.size() > path.size() && slice.starts_with(path) && slice[path.size()] == '/');
}

}  // namespace yizhan::wire
