#pragma once
// What rows of the instruction tables did not fire on, and why: the newest few of each row, so that
// the answer to "why not?" is what was true then. In the server database; the schema is
// ServerStore's.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/rows.h"
#include "store/server_store.h"

namespace yizhan::store {

/// So many of each row are kept; an older one is overwritten.
inline constexpr std::int64_t kNonMatchesKept = 20;

struct NonMatch {
  std::string rule;         ///< as in the record of firings
  std::int64_t number = 0;  ///< of this row's, from 1
  MessageSeq message = 0;
  std::int64_t version = 0;  ///< of the message
  std::int64_t at_us = 0;
  std::string reason;  ///< the first condition that failed
  bool operator==(const NonMatch&) const = default;
};

class NonMatchStore {
 public:
  explicit NonMatchStore(Db& db) : db_(&db) {}

  /// In place of the one of its row that is kNonMatchesKept older.
  Status put(const NonMatch& non_match);
  /// All that are kept of `rule`, newest first.
  Result<std::vector<NonMatch>> of_rule(std::string_view rule);
  /// The highest number of each row of which any is kept.
  Result<std::map<std::string, std::int64_t>> numbers();
  /// Removes all: they were about other tables.
  Status clear();

 private:
  Db* db_;
};

}  // namespace yizhan::store
