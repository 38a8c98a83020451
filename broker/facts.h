#pragma once
// What the database knows of a message beside its data, looked up when a rule asks for it: rules
// that ask for none of it cost nothing.

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/directory.h"
#include "config/ids.h"
#include "config/result.h"
#include "store/probe_store.h"
#include "store/server_store.h"

namespace yizhan::broker {

class Facts {
 public:
  /// The referenced objects outlive the facts.
  Facts(store::ServerStore& store, store::ProbeStore& probes, Directory& directory)
      : store_(store), probes_(probes), directory_(directory) {}

  bool sender_has_role(store::ClientId sender, std::string_view role);
  bool recipient_has_role(store::MessageSeq message, std::string_view role);
  bool has_flag(store::MessageSeq message, std::string_view flag);
  std::int64_t fires(store::MessageSeq message, std::string_view rule);
  /// Of the recipient who needed most.
  int attempts(store::MessageSeq message);
  /// Per cent, as the newest status about the message says; empty if none does.
  std::optional<int> progress(const MessageId& message);

  /// The first failure of a look-up, which answered "no" meanwhile. To be asked after each match:
  /// a rule must not be judged by what could not be read.
  Status failure() const { return failure_; }

 private:
  template <class Value>
  const Value* checked(const Result<Value>& result);

  store::ServerStore& store_;
  store::ProbeStore& probes_;
  Directory& directory_;
  Status failure_;
};

}  // namespace yizhan::broker
