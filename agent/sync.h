#pragma once
// The client's half of the synchroniser: says what waits to be said, asks for what is new. A push
// is said again until it is answered, a page is asked for again until it comes; both are
// idempotent. Small and live things go first: what a person has just written, and slices that lack
// little.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/context.h"
#include "agent/records.h"
#include "config/result.h"
#include "config/time.h"
#include "wire/history.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

inline constexpr Micros kAnswerTimeout = std::chrono::seconds(30);
inline constexpr const char* kEpochFact = "sync.epoch";  // of the server
inline constexpr const char* kSeenFact = "sync.seen";    // the highest sequence number …
inline constexpr const char* kProofFact = "sync.proof";  // … and the server's proof of it

class Sync {
 public:
  Sync(Context& context, Records& records) : context_(context), records_(records) {}

  /// Reads who this database is; a copy on another machine becomes a new one.
  Status recover();
  /// A new session: whatever was unanswered is said again. `served`: the broker synchronises; one
  /// of an earlier version does not.
  Status restart(bool served);

  Status on_state(const wire::SyncState& state);
  Status on_result(wire::SyncResult result);
  /// Notes a page, and asks for those behind it.
  void on_page(wire::SyncPage page);
  Status on_changed(const wire::SyncChanged& changed);
  Status on_pong(const wire::Pong& pong);

  /// Has the server send again what lies in `slice` from change `seq` on, also this database's own
  /// words: for records that can no longer be told from what was laid over them.
  Status fetch_again(const std::string& slice, std::uint64_t seq);

  /// Writes pages that have come, in this step or an earlier one.
  Status take_pages();
  /// With an open session: pushes and pulls. `importing`: the bulk lane waits, so that the file is
  /// in this database soon; it is safe there.
  Status work(bool open, bool importing);
  Steady next_wakeup(bool open) const;
  /// A parked push is said again.
  Status retry(const store::Push& push);
  /// A parked push is given up: what it changed becomes again what the server has.
  Status drop(const store::Push& push);

  /// Something is being fetched, sent or cleared: what can wait should.
  bool is_busy() const { return !pulling_.empty() || !in_air_.empty() || restoring_ || purging_; }
  /// The next step has something to do at once. Off line, only what has come can be written.
  bool has_more(bool open) const {
    const bool works = open && served_ && open_;
    return !pages_.empty() || (works && (restoring_ || purging_ || sweep_.has_value()));
  }

  bool is_open() const { return open_; }
  std::uint32_t rank() const { return rank_; }
  std::string database_hex() const { return wire::record_id_hex(database_); }
  const std::vector<std::string>& writable_paths() const { return writable_; }
  /// Pages and records taken since the start, for people.
  std::uint64_t records_taken() const { return records_taken_; }

 private:
  struct Flight {
    std::int64_t n = 0;
    store::Lane lane{};
    Steady due{};
    std::set<std::string> records;               ///< that it changes
    std::vector<wire::SyncResult::One> results;  ///< parts that have come
  };
  struct Pull {
    std::uint64_t after = 0;  ///< the cursor behind the pages that have come
    Steady due{};
    bool asked = false;  ///< pages are on their way; else only those that came are to be written
  };

  Status say_hello();
  Status new_database(const std::string& why);
  Status follow(const wire::SyncState& state, bool* anew);
  Status name_slice(const wire::SyncState::Slice& one, bool* anew);
  Result<std::string> slice_name(store::SliceId id);
  bool overlaps(const std::set<std::string>& records) const;
  Status push_lane(store::Lane lane, std::size_t window);
  Status pull();
  Status restore();
  Status restore_bite(const store::FollowedSlice& slice);
  Status ask_again();
  Status purge();
  Status note_purged(store::FollowedSlice* slice, std::uint64_t purged, bool* anew);
  Status fetch_anew(store::FollowedSlice* slice);
  Status sweep();
  Status sweep_ended();
  Status note_seen(std::uint64_t seq, const std::string& proof);
  Status save_seen();
  void send_pull(const std::string& slice, std::uint64_t after);
  void drop_pull(const std::string& name);
  void forget_pulls();
  Status take_page(const wire::SyncPage& page);

  Context& context_;
  Records& records_;
  std::string database_;  ///< 16 bytes
  wire::Seen seen_;       ///< the highest sequence number, and in which of the server's epochs

  bool served_ = false;
  bool open_ = false;  ///< the broker has answered SyncHello
  Steady hello_due_{};
  std::uint64_t hello_ = 0;  ///< number of the newest …
  std::uint64_t told_ = 0;   ///< … and what was heard of slices since
  std::uint32_t rank_ = 0;
  std::vector<std::string> writable_;
  std::map<std::string, store::FollowedSlice> slices_;  ///< that may be read, or have work to do
  std::set<std::string> unsure_;  ///< not named by the server, but something is on its way there
  std::set<std::string> gone_;    ///< no right any more: to be cleared
  std::map<std::string, Flight> in_air_;                ///< by push id
  std::map<std::string, Pull> pulling_;                 ///< by slice
  std::deque<wire::SyncPage> pages_;                    ///< that have come, in order
  std::size_t fresh_pages_ = 0;                         ///< of them, in this step
  std::map<int, std::int64_t> pushed_;                  ///< by lane: pushes up to here were said
  std::uint64_t records_taken_ = 0;

  /// Going through a slice's rows for those that are to go (sync_seed.cpp).
  struct Sweep {
    std::string slice;
    std::uint64_t up_to = 0;
    std::int64_t seed = 0;  ///< 0: deleted ones; else those that were not fetched for this seed
    int kind = 1;
    std::int64_t from = 0;
  };
  std::optional<Sweep> sweep_;
  std::map<std::string, std::uint64_t> forgotten_;  ///< deletions to be removed here too, by slice

  bool purging_ = false;
  bool restoring_ = false;
  struct Restoring {
    wire::Seen agreed;  ///< in the server's new epoch; everything above is sent again
    std::vector<std::string> slices;
    int kind = 1;
    std::int64_t from = 0;
    std::uint64_t records = 0;
  } restore_;
};

}  // namespace yizhan::agent
