#pragma once
// Finding records by their words. The index is derived data: it is filled when nothing else is to
// be done, and what is not in it yet is looked through.

#include <string>
#include <vector>

#include "agent/context.h"
#include "agent/records.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::agent {

class Search {
 public:
  Search(Context& context, Records& records) : context_(context), records_(records) {}

  Status recover();
  /// Puts some words in, unless the synchroniser is busy.
  Status work(bool busy);
  Steady next_wakeup() const { return due_; }

  /// Records of `kind` that hold all words of `typed`, the newest first, at most `limit`. Upper and
  /// lower case are one; a Chinese word of any length is found.
  Result<std::vector<store::StoredRecord>> find(wire::RecordKind kind, const std::string& typed,
                                                int limit);

 private:
  Status index_some();

  Context& context_;
  Records& records_;
  std::int64_t indexed_ = 0;  ///< documents up to here are in the index
  Steady due_ = Steady::max();
  bool more_ = true;
  bool quiet_ = false;  ///< the database is used for nothing but this
};

/// The text of a record that is searched.
std::string words_of(const wire::Record& record);

}  // namespace yizhan::agent
