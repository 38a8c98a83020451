#pragma once
// What the database knows of a message beside its data, looked up when a rule asks for it: rules
// that ask for none of it cost nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/directory.h"
#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
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
  /// How long nothing was heard of the recipient that was heard last; empty without recipients.
  std::optional<Micros> recipient_silence(store::MessageSeq message, Instant now);
  /// Whether `addresses` name somebody who has got `message`.
  bool is_recipient(store::MessageSeq message, const std::string& addresses);
  /// The message with `id`, as far as it is stored; empty if it is not.
  std::optional<store::StoredMessage> message(const std::string& id);
  /// Guidances of `project` that `reader` must follow and has not opened.
  std::int64_t must_read(store::ClientId reader, std::string_view project);
  /// What the last program that rules ran for `message` has printed; empty if none has ended.
  std::optional<std::string> run_output(store::MessageSeq message);
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
