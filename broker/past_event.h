#pragma once
// Events for questions: a version of a stored message as it was, or a message nobody has sent. What
// the database knows beside the data (flags, how often a row fired) is as it is now.

#include <memory>
#include <string>
#include <vector>

#include "broker/event.h"
#include "broker/facts.h"
#include "config/result.h"
#include "store/probe_store.h"
#include "store/server_store.h"

namespace yizhan::broker {

class PastEvent {
 public:
  /// Version `version` of `message` (0: the one it has now). kNotFound if it never had that.
  static Result<std::unique_ptr<PastEvent>> stored(store::StoredMessage message,
                                                   std::int64_t version, store::ServerStore& store,
                                                   store::ProbeStore& probes, Directory& directory);
  /// All versions of `message`, in their order.
  static Result<std::vector<std::unique_ptr<PastEvent>>> versions(store::StoredMessage message,
                                                                  store::ServerStore& store,
                                                                  store::ProbeStore& probes,
                                                                  Directory& directory);
  /// `message` as if it were stored at `now`, in `state` (empty: the one it would begin with).
  static std::unique_ptr<PastEvent> made_up(wire::Message message, const std::string& state,
                                            store::ServerStore& store, store::ProbeStore& probes,
                                            Directory& directory, Instant now);

  PastEvent(const PastEvent&) = delete;
  PastEvent& operator=(const PastEvent&) = delete;

  Event& event() { return event_; }
  const std::string& state() const { return subject_.state; }
  std::int64_t version() const { return subject_.version; }
  Status failure() const { return facts_.failure(); }

 private:
  PastEvent(store::StoredMessage message, wire::Message envelope, store::ServerStore& store,
            store::ProbeStore& probes, Directory& directory, Instant now);

  store::StoredMessage row_;
  wire::Message envelope_;
  Subject subject_;
  Facts facts_;
  Event event_;
};

}  // namespace yizhan::broker
