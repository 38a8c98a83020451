#pragma once
// What a translator has done since the last look at his project_save.tmx: three-way between what
// we saw then, what is there now, and what is known of each unit. OmegaT writes the whole memory
// at every save, refills cleared segments from tm/auto, and opens old copies of a project as
// happily as new ones; only what somebody typed may become a change. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "exchange/omegat_project.h"
#include "exchange/omegat_users.h"
#include "exchange/sink.h"
#include "wire/history.h"

namespace yizhan::exchange {

/// Of a unit's target, as two states of it are compared. 0 is no state's.
std::uint64_t unit_text_hash(const wire::Record& unit);
/// Of its target and when it was written (whole seconds): the same only if it is the same writing.
std::uint64_t unit_writing_hash(const wire::Record& unit);

/// What was in project_save.tmx at the last look. About 50 bytes a unit.
class OmegatSnapshot {
 public:
  struct Entry {
    wire::RecordId id;
    std::uint64_t text = 0;
    std::uint64_t note = 0;  ///< 0: none
    std::uint64_t rev = 0;   ///< of the record that this text was, as far as was known then
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;       ///< by id
  std::vector<std::uint64_t> seen;  ///< every writing ever seen in this project, sorted
  std::string newest;               ///< the newest time of writing in the file, ISO 8601

  std::string bytes() const;
  static Result<OmegatSnapshot> parse(std::string_view bytes);
  bool operator==(const OmegatSnapshot&) const = default;
};

/// What is known of a unit by everybody else: the caller's store.
struct KnownUnit {
  bool exists = false;
  bool deleted = false;
  std::uint64_t rev = 0;
  std::uint64_t text = 0;     ///< unit_text_hash of what it is now (or was when deleted)
  std::uint64_t writing = 0;  ///< unit_writing_hash of the same
};
class KnownUnits {
 public:
  virtual ~KnownUnits() = default;
  virtual Result<KnownUnit> look(const wire::RecordId& id) = 0;
  /// If the unit ever was as in `writing`: the revision it then had, or that it lost to.
  virtual Result<std::optional<std::uint64_t>> was(const wire::RecordId& id,
                                                   std::uint64_t writing) = 0;
};

struct OmegatChange {
  enum Kind { kNew, kEdited, kDeleted } kind = kNew;
  /// With id. Deleted: id and kind only. Without its note: notes are the translator's own.
  wire::Record unit;
  std::uint64_t base_rev = 0;  ///< of what the translator had before him; 0: nothing
  std::uint32_t groups = 0;    ///< wire::FieldGroup bits
};
/// A note that begins with "?", "？" or "Q:".
struct OmegatQuestion {
  wire::Record unit;  ///< as in the file, note and all: file, segment, prev, next, source, target
  std::string text;   ///< without the mark
};

class OmegatDiffOutput {
 public:
  virtual ~OmegatDiffOutput() = default;
  virtual Status change(OmegatChange change) = 0;
  virtual Status question(OmegatQuestion question) = 0;
};

struct OmegatDiffReport {
  std::uint64_t units = 0;
  std::uint64_t added = 0, edited = 0, deleted = 0, questions = 0;
  std::uint64_t echoes = 0;    ///< came from us or from others
  std::uint64_t reverted = 0;  ///< among them: an older writing has come back
  std::uint64_t other_language = 0;
  std::uint64_t withheld = 0;   ///< units that are gone, and were not taken for deleted…
  std::string withheld_reason;  ///< …because of this
};

/// One look. Hand it to a reader of TMX as its sink, then finish().
class OmegatDiff final : public Sink {
 public:
  /// `slice` is where the project's units live: their ids depend on it. All outlive the diff.
  OmegatDiff(const OmegatSnapshot& before, const OmegatProject& project, const OmegatUsers& users,
             std::string slice, KnownUnits& known, OmegatDiffOutput& out)
      : before_(before),
        project_(project),
        users_(users),
        slice_(std::move(slice)),
        known_(known),
        out_(out) {}

  Status unit(wire::Record record) override;
  Status entry(wire::Record, std::vector<wire::Record>) override { return {}; }

  /// Deletions are said here. The snapshot is to be stored together with what was handed out.
  struct Outcome {
    OmegatSnapshot after;
    OmegatDiffReport report;
  };
  Result<Outcome> finish();

 private:
  bool fits(const wire::Record& record);
  Status compare(wire::Record record, const OmegatSnapshot::Entry* before,
                 OmegatSnapshot::Entry* now);
  Result<bool> is_echo(const OmegatSnapshot::Entry& now, std::uint64_t writing,
                       const KnownUnit& known, std::uint64_t* rev);
  Status ask(const wire::Record& record);
  Status delete_missing(const OmegatSnapshot& after);
  std::string why_not_deleted(std::size_t missing) const;

  const OmegatSnapshot& before_;
  const OmegatProject& project_;
  const OmegatUsers& users_;
  const std::string slice_;
  KnownUnits& known_;
  OmegatDiffOutput& out_;
  std::vector<OmegatSnapshot::Entry> now_;
  std::vector<std::uint64_t> new_writings_;
  std::string newest_;
  std::map<std::string, bool> fitting_;  // "en-US>zh-CN"
  OmegatDiffReport report_;
};

}  // namespace yizhan::exchange
