#pragma once
// Attachments on their way from the broker: one at a time, a few chunks asked for ahead, resumed
// from what is on the disk, verified by the blobs.

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "agent/context.h"
#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

class Downloads {
 public:
  explicit Downloads(Context& context) : context_(context) {}

  void want(const Sha256& hash, std::uint64_t size);

  struct End {
    Sha256 hash;
    std::string failure;  ///< empty: the attachment is in the blobs
  };
  /// Fails only if our disk does.
  Result<std::optional<End>> on_chunk(const wire::BlobChunk& chunk);
  /// True and filled in if this refuses a download of ours.
  std::optional<End> on_state(const wire::BlobState& state);

  /// Asks for what is to be asked for now; only while the session is open.
  Status pump();
  /// A new session: nothing is wanted until the broker delivers its message again, because before
  /// that it gives no attachment out.
  void reset();

  Steady next_wakeup() const;

 private:
  struct Wanted {
    Sha256 hash;
    std::uint64_t size = 0;
  };
  struct Current {
    Wanted blob;
    std::uint64_t held = 0;
    std::uint64_t asked = 0;  // up to here
    bool asked_any = false;   // an empty attachment is asked for once
    int failures = 0;         // contents that did not verify
    Steady deadline{};        // then ask again
  };

  void ask_again();

  Context& context_;
  std::deque<Wanted> queue_;
  std::set<Sha256> queued_;
  std::optional<Current> current_;
};

}  // namespace yizhan::agent
