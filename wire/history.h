#pragma once
// The fields of history data, by kind: the same names in C++, SQL, JSON and docs, in the order in
// which wire/history.proto carries them. Adding a field at the end of a kind is all it takes for it
// to be stored, synchronised and merged.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/ids.h"
#include "config/result.h"
#include "wire/history.pb.h"

namespace yizhan::wire {

using RecordId = Bytes<struct RecordIdTag, 16>;

/// Fields that change together: two people who changed different groups did not contradict.
enum class FieldGroup : std::uint32_t {
  kKey = 0,       ///< what the record is about; never changes
  kText = 1,
  kStatus = 2,
  kNote = 4,
  kDetails = 8,
  kUsage = 16,    ///< a counter: changes add up. The change's value is what is to be added
  kDeletion = 32, ///< no field: that the record was deleted
};
inline constexpr std::uint32_t kAllGroups = 31;
constexpr std::uint32_t bit(FieldGroup group) { return static_cast<std::uint32_t>(group); }

struct Field {
  const char* name;
  FieldGroup group;
};

/// Times are ISO 8601 UTC ("2024-03-05T10:15:00Z"), languages BCP 47 ("zh-CN").
namespace unit {
enum : int {
  kSourceLang, kTargetLang,
  kSource,       ///< plain text
  kSourceXml,    ///< inner XML of TMX's <seg>, only if it has inline elements
  kContextKind,  ///< "" or "id", "neighbours", "document": what kContext is made of
  kContext,
  kTarget, kTargetXml,
  kChanger, kChanged,  ///< who wrote the target last, and when by his own clock
  kStatus,       ///< draft, translated, reviewed, final, rejected, proposed, disputed
  kNote,
  kOrigin,       ///< human, tm, mt, import
  kAuthor, kCreated,
  kFile, kSegment, kPrevious, kNext,
  kExternalId,   ///< tuid of the file it came from; never our key
  kUsage,
  kProperties,   ///< JSON object of every other <prop>, written back at export
  kFieldCount
};
}  // namespace unit

namespace concept_entry {
enum : int {
  kTermbase, kClient, kDomain,
  kKey,          ///< the id in the termbase's file, or the source term of a bilingual line
  kDefinition, kNote, kProperties,
  kFieldCount
};
}  // namespace concept_entry

namespace term {
enum : int {
  kConcept,      ///< record id of the concept, 32 hex digits
  kLang,
  kText,
  kStatus,       ///< preferred, admitted, deprecated, forbidden, proposed
  kPartOfSpeech, kGender, kUsageContext, kSourceRef,
  kNote,
  kAuthor, kCreated, kChanger, kChanged,
  kProperties,
  kFieldCount
};
}  // namespace term

namespace item {
enum : int {
  kThread,       ///< message id (UUID) of the first item
  kItemKind,     ///< question, challenge, reply, guidance
  kInReplyTo, kSender, kRecipient, kCreated, kCategory, kText,
  kOptions,      ///< one a line
  kDecision, kOption, kFinal,
  kAbout,        ///< record id (hex) of the unit or term it is about, or empty
  kProject, kFile, kSegment, kSource, kTarget,
  kFieldCount
};
}  // namespace item

namespace operation {
enum : int {
  kMessage,      ///< message id of the command
  kOperationKind,///< command, result
  kSender, kRecipient, kAt, kText, kState, kProject,
  kFieldCount
};
}  // namespace operation

/// In order of their numbers; kinds 1 to kRecordKinds.
inline constexpr int kRecordKinds = 5;
std::span<const Field> fields_of(RecordKind kind);
/// "unit", "concept", …: also the table's name.
const char* record_kind_name(RecordKind kind);
std::optional<RecordKind> parse_record_kind(std::string_view word);

/// The value of a field; empty if the record has none.
inline const std::string& value(const Record& record, int field) {
  static const std::string kNone;
  return field < record.values_size() ? record.values(field) : kNone;
}
void set_value(Record* record, int field, std::string text);
/// A record of `kind` with all its values, empty.
Record make_record(RecordKind kind);

/// Fields that units and terms both have; empty text, and false, for every other kind.
const std::string& status_of(const Record& record);
const std::string& changer_of(const Record& record);
bool set_status(Record* record, std::string status);
bool set_changer(Record* record, std::string user);
/// Writes `user` in as who changed `record`, unless that says somebody or `user` is empty; whether
/// it did.
bool stamp_changer(Record* record, const std::string& user);
/// Adds to the counter of `record` (UNIT) what `change` counts; of a file, which counts in all,
/// what that is more. Whether it was anything.
bool add_uses(const Change& change, Record* record);
/// A value that is not there equals an empty one.
bool has_same_values(const Record& a, const Record& b);

/// Whether `record` (UNIT) once had the text of `said`, as its `past` tells, and has another now or
/// is deleted. Then a file that says so tells nothing new.
bool said_before(const Record& record, std::span<const Revision> past, const Record& said);

/// Inner XML of a segment or plain text, as keys compare it: inline elements as {1}…{/1}, NFC (not
/// NFKC: full-width forms and ① mean something), runs of white space one space, trimmed.
std::string key_text(std::string_view plain, std::string_view xml);

/// Says what the record is about, so that two people who enter the same make one record: a unit by
/// languages, source and context; a concept by termbase, client, domain and key; a term by concept,
/// language and text. Fills record->id. Items and operations have their message's id.
/// SHA-256 over the parts, cut to 16 bytes.
void set_record_id(Record* record, std::string_view slice);

/// How keys are compared. Version 1 took languages as they were written, so that en-us and en-US
/// made two records; from version 2 on they are one. A newer version gives most records the id they
/// had; broker/upkeep.h moves the others.
inline constexpr int kKeyVersion = 2;
/// The id that `version` gives to what the record is about; for an item or operation, its own.
std::string record_id_of(const Record& record, std::string_view slice, int version);
/// "en_us" and "EN-US" as "en-US": the letters' cases of RFC 5646 2.1.1, hyphens.
std::string key_language(std::string_view language);

std::string record_id_hex(std::string_view id);
std::optional<RecordId> record_id_from_hex(std::string_view hex);

/// The bounds and forms that protobuf cannot check: a known kind, an id of 16 bytes, no more values
/// than kMaxValues, each UTF-8 that XML 1.0 could carry and at most kMaxUnitTextBytes long.
/// kInvalid or kLimit, naming the field.
Status check_record(const Record& record);
/// A path of one to kMaxSliceParts names, "HL-GEAR/PRJ-1/en-US/zh-CN". A right on a path is one on
/// all below it.
Status check_slice(std::string_view slice);
bool slice_covers(std::string_view path, std::string_view slice);

}  // namespace yizhan::wire
