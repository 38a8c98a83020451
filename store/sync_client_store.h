#pragma once
// What the client's half of the synchroniser keeps beside the records: the slices it follows with
// their cursors, changes that wait to be pushed, imports under way, and what is still to be put
// into the search index. SQLite only. No policy. Every call runs inside the caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/history_store.h"

namespace yizhan::store {

struct FollowedSlice {
  SliceId id = 0;
  std::string name;
  std::uint64_t head = 0;    ///< as the server last said
  std::uint64_t cursor = 0;  ///< everything up to here is in this database
  int access = 0;            ///< wire::SyncState::Access

  // What is fetched anew because its deletions are no longer known (agent/sync_seed.cpp).
  std::uint64_t purged = 0;   ///< deletions up to here the server may have purged, as last said
  std::int64_t seed = 0;      ///< how often it was fetched anew
  std::uint64_t seed_to = 0;  ///< not 0: under way, until the cursor is here
  std::int64_t seeded_us = 0; ///< when the last time ended
  std::int64_t removed = 0;   ///< records that were gone then
  /// What rows that are fetched are marked with: the seed, while it is under way.
  std::int64_t seed_now() const { return seed_to == 0 ? 0 : seed; }
};

enum class Lane : int { kLive = 0, kBulk = 1 };

/// Changes of records of one slice that are pushed, answered and forgotten together.
struct Push {
  std::int64_t n = 0;
  std::string id;  ///< UUID, 16 bytes
  SliceId slice = 0;
  Lane lane = Lane::kLive;
  bool parked = false;  ///< the server refused it; `reason` says why
  int changes = 0;
  std::int64_t created_us = 0;
  std::string reason;
  std::string content;  ///< a serialised wire::SyncPush with `changes`, and `lost`
};

/// A file that was read into a spool of changes and is being taken into the database.
struct Import {
  std::int64_t n = 0;
  SliceId slice = 0;
  std::string spool;  ///< path of the spool
  std::string file;   ///< what it was read from, for people
  std::uint64_t at_byte = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t done = 0;
  std::int64_t started_us = 0;
};

struct SearchHit {
  wire::RecordKind kind{};
  std::int64_t row = 0;
  std::int64_t doc = 0;  ///< its number in the index
};

class SyncClientStore {
 public:
  explicit SyncClientStore(Db& db) : db_(&db) {}

  Result<std::vector<FollowedSlice>> slices();           ///< in order of their names
  Result<FollowedSlice> slice(const std::string& name);  ///< made if it is not there
  Status update_slice(const FollowedSlice& slice);
  Status save_seed(const FollowedSlice& slice);  ///< `purged` and what stands behind it
  Status remove_slice(SliceId slice);

  Result<std::int64_t> add_push(const Push& push);
  /// Waiting pushes of a lane with numbers above `after`, in the order in which they were made.
  Result<std::vector<Push>> waiting(Lane lane, std::int64_t after, int limit);
  Result<std::optional<Push>> push(std::string_view id);
  Result<std::vector<Push>> parked(int limit);
  Status park(std::int64_t n, const std::string& reason);
  Status unpark(std::int64_t n);
  Status remove_push(std::int64_t n);
  Result<std::int64_t> last_push();  ///< the highest number ever given
  struct Backlog {
    std::int64_t pushes = 0;
    std::int64_t changes = 0;
    std::int64_t parked = 0;
    std::int64_t oldest_us = 0;
  };
  Result<Backlog> backlog();
  Result<bool> has_waiting(SliceId slice);

  Result<std::int64_t> add_import(const Import& import);
  Result<std::vector<Import>> imports();
  Status update_import(const Import& import);
  Status remove_import(std::int64_t n);

  // -- search: words of every record, put in by and by; what is not in yet is looked through
  Status note_words(wire::RecordKind kind, std::int64_t row);
  /// Of those not put in yet, the newest of `kind` with `text` somewhere in their words.
  Result<std::vector<SearchHit>> look_through(wire::RecordKind kind, std::int64_t after_doc,
                                              const std::string& text, int limit);
  /// The next records whose words are to be put in, after document `*doc`, which is moved on.
  Result<std::vector<SearchHit>> unindexed(std::int64_t* doc, int limit);
  Status index_words(std::int64_t doc, const std::string& words);
  /// Units with a target, by the documents that note_words made of them, below `before`, newest
  /// first: the order of their newest changes. What changed twice comes twice.
  struct NotedUnit {
    std::int64_t doc = 0;
    std::int64_t row = 0;
    std::string id;
    SliceId slice = 0;
    std::string source_lang, target_lang;
  };
  Result<std::vector<NotedUnit>> noted_units(std::int64_t before, int limit);
  /// The newest document of all; 0: there is none. Whatever has changed since has a newer one.
  Result<std::int64_t> last_noted();
  /// Whether a concept or term has a newer document than `doc`.
  Result<bool> noted_terms_after(std::int64_t doc);
  /// Rows that may hold all of `words` (an FTS5 query), the newest first; may hold rows that no
  /// longer do.
  Result<std::vector<SearchHit>> search(const std::string& query, int limit);

 private:
  Db* db_;
};

}  // namespace yizhan::store
