#pragma once
// Removes the attachments that no kept message names, for agent and broker alike: looks for those
// that have not changed for the time of retention, strikes out what kept messages name, and removes
// the rest. In bites, so that no step is long. Nothing of it outlives the process, and nothing
// need: what a death leaves lying is found the next time. One thread.
//
// No attachment is removed that a stored message names: right before each removal all messages that
// were stored meanwhile are asked as well. Call work() while no transaction is open, so that a
// message whose removal may yet be undone still counts.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "config/ids.h"
#include "config/result.h"
#include "store/blobs.h"

namespace yizhan::store {

/// How much is done in one bite.
inline constexpr int kSweepFolders = 16;  ///< of 256, and one more with what is on its way in
inline constexpr int kSweepMessages = 256;
inline constexpr int kSweepRemovals = 64;
/// Attachments that one sweep finds at most; more are left for the next one.
inline constexpr std::size_t kSweepCandidates = 100'000;

class BlobSweep {
 public:
  explicit BlobSweep(Blobs& blobs) : blobs_(&blobs) {}

  using Keep = std::function<void(const Sha256& hash)>;
  /// Tells `keep` what the next kSweepMessages kept messages name, beginning with the first message
  /// if `from_start`; false if there are no more just now.
  using Names = std::function<Result<bool>(bool from_start, const Keep& keep)>;

  /// Begins with what has not changed since `before_us`.
  void start(std::int64_t before_us);
  bool is_running() const { return phase_ != Phase::kIdle; }

  /// One bite. Fails only as `names` does; when the disk fails the sweep ends, and take_trouble()
  /// tells why.
  Status work(const Names& names);
  std::string take_trouble() { return std::exchange(trouble_, {}); }

  /// Somebody is about to need it, and no message that names it is stored yet.
  void spare(const Sha256& hash) { candidates_.erase(hash); }

 private:
  enum class Phase { kIdle, kLook, kStrike };
  Status look();
  Status remove_some();
  void end() { phase_ = Phase::kIdle; }

  Blobs* blobs_;
  Phase phase_ = Phase::kIdle;
  std::int64_t before_us_ = 0;
  int folder_ = 0;  // the next to be looked at; goes round, so that all have their turn
  int folders_left_ = 0;
  bool from_start_ = true;  // of the messages
  std::set<Sha256> candidates_;
  std::string trouble_;
};

}  // namespace yizhan::store
