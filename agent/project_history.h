#pragma once
// History data as the followed projects ask for it: what is known of a unit, which units are
// newest, which terms there are.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/records.h"
#include "config/result.h"
#include "exchange/omegat_diff.h"
#include "exchange/omegat_glossary.h"
#include "exchange/omegat_shards.h"

namespace yizhan::agent {

class KnownInStore final : public exchange::KnownUnits {
 public:
  explicit KnownInStore(Records& records) : records_(records) {}
  /// The first failure of the store, which a reader's own failures must not be taken for.
  const Status& failure() const { return failure_; }
  Result<exchange::KnownUnit> look(const wire::RecordId& id) override;
  Result<std::optional<std::uint64_t>> was(const wire::RecordId& id,
                                           std::uint64_t writing) override;

 private:
  Error failed(const Error& error) {
    if (failure_.ok()) failure_ = error;
    return error;
  }
  Records& records_;
  Status failure_;
};

/// Numbers of the slices that `paths` cover.
Result<std::set<store::SliceId>> slices_of(Records& records, const std::vector<std::string>& paths);

/// The units that a project gets, newest change first.
class ProjectMarks final : public exchange::MarkSource {
 public:
  ProjectMarks(Records& records, const exchange::OmegatProject& project,
               std::set<store::SliceId> slices)
      : records_(records), project_(project), slices_(std::move(slices)) {}
  Result<std::optional<exchange::UnitMark>> next() override;

  /// Rows of the marks with orders from `first` to `last` that were handed out, newest first.
  std::vector<std::int64_t> rows(std::uint64_t first, std::uint64_t last) const;

 private:
  bool fits(const store::SyncClientStore::NotedUnit& unit);

  Records& records_;
  const exchange::OmegatProject& project_;
  const std::set<store::SliceId> slices_;
  std::vector<store::SyncClientStore::NotedUnit> read_;  // the next ones, in order
  std::size_t at_ = 0;
  std::int64_t before_ = INT64_MAX;
  bool end_ = false;
  std::unordered_set<std::int64_t> taken_;  // rows: an older document of one is an older state
  std::vector<std::pair<std::uint64_t, std::int64_t>> given_;  // order, row
  std::map<std::string, bool> fitting_;
};

/// The texts of glossary/yizhan by file name, of all terms in `slices`.
Result<std::map<std::string, std::string>> glossary_texts(Records& records,
                                                          const exchange::OmegatProject& project,
                                                          const std::set<store::SliceId>& slices);

}  // namespace yizhan::agent
