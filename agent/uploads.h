#pragma once
// Attachments on their way to the broker: one at a time, a few chunks ahead of the broker's
// answers, resumed from where the broker says it is.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/context.h"
#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

class Uploads {
 public:
  explicit Uploads(Context& context) : context_(context) {}

  /// The broker misses this attachment of ours.
  void want(const Sha256& hash);

  /// An end of an upload: it is complete at the broker, or can never be, and why.
  struct End {
    Sha256 hash;
    std::string failure;  ///< empty: complete
  };
  std::optional<End> on_state(const wire::BlobState& state);

  /// Says what is to be said now; only while the session is open. Returns an upload that failed
  /// because of our own copy.
  std::optional<End> pump();

  /// The session is gone: what is under way starts again with an offer. What the messages still
  /// need is told anew, by the broker.
  void reset();

  Steady next_wakeup() const;

 private:
  struct Current {
    Sha256 hash;
    std::uint64_t size = 0;
    bool offered = false;    // the broker's answer tells where to begin
    std::uint64_t held = 0;  // by the broker, as far as it said
    std::uint64_t sent = 0;
    bool sent_any = false;  // an empty attachment is one empty chunk
    Steady deadline{};      // then offer again
  };
  void offer();

  Context& context_;
  std::deque<Sha256> queue_;
  std::set<Sha256> queued_;
  std::optional<Current> current_;
};

}  // namespace yizhan::agent
