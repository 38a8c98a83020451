#pragma once
// What people ask about history data, and what they write into it by hand: the verbs behind
// `yizhan tm`, `terms`, `threads`, `sync` and `import`.

#include <string>

#include "agent/control_json.h"
#include "agent/imports.h"
#include "agent/records.h"
#include "agent/search.h"
#include "agent/sync.h"
#include "config/result.h"

namespace yizhan::agent {

class HistoryVerbs {
 public:
  HistoryVerbs(Context& context, Records& records, Sync& sync, Imports& imports, Search& search)
      : context_(context), records_(records), sync_(sync), imports_(imports), search_(search) {}

  static bool knows(const std::string& verb);

  /// The answer. kInvalid, kNotFound, kLimit and kDenied are about the question; every other error
  /// is the store's.
  Result<Json> call(const std::string& verb, const Json& args);

 private:
  using Verb = Result<Json> (HistoryVerbs::*)(const Json& args);
  struct Row {
    const char* name;
    Verb verb;
  };
  static const Row kVerbs[];

  Result<Json> list(const Json& args);
  Result<Json> show(const Json& args);
  Result<Json> search(const Json& args);
  Result<Json> set(const Json& args);
  Result<Json> remove(const Json& args);
  Result<Json> import(const Json& args);
  Result<Json> status(const Json& args);
  Result<Json> parked(const Json& args);
  Result<Json> retry(const Json& args);
  Result<Json> drop(const Json& args);

  Result<store::Push> parked_push(const Json& args);
  Result<store::StoredRecord> record_of(const Json& args);
  Result<std::string> slice_name(store::SliceId id);
  Result<Json> to_json(const store::StoredRecord& stored);
  static Json to_json(const store::StoredRecord& stored, const std::string& slice);

  Context& context_;
  Records& records_;
  Sync& sync_;
  Imports& imports_;
  Search& search_;
};

}  // namespace yizhan::agent
