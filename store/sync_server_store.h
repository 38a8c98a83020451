#pragma once
// What the server's half of the synchroniser keeps beside the records: slices and rights, the
// sequence, pushes it has taken, client databases it has met, and its own epochs. No policy. Every
// call runs inside the caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/history_store.h"
#include "store/server_store.h"

namespace yizhan::store {

using DatabaseId = Bytes<struct DatabaseIdTag, 16>;
using EpochId = Bytes<struct EpochIdTag, 16>;
using PushId = Bytes<struct PushIdTag, 16>;

enum class Access : int { kNone = 0, kRead = 1, kWrite = 2 };
const char* access_name(Access access);
std::optional<Access> parse_access(std::string_view word);

struct Slice {
  SliceId id = 0;
  std::string name;
  std::uint64_t head = 0;  ///< sequence number of its newest change
  std::uint64_t purged = 0;  ///< of its newest deletion that is no longer held; 0: it has all
};

/// An answer that came before its question, as the message it is.
struct HeldAnswer {
  std::string id;  ///< of the message, 16 bytes
  ClientId client = 0;
  std::string envelope;
  std::string body;
};

/// `who` ("user:li.wei", "role:pm", "group:PRJ-1") may do so much in every slice below `path`.
struct SliceRight {
  std::string path;
  std::string who;
  Access access = Access::kNone;
};

/// One client database that has synchronised.
struct ClientDatabase {
  std::int64_t n = 0;
  DatabaseId id;
  ClientId client = 0;
  std::uint64_t pushes = 0;  ///< the highest number of a push that came from it
};

class SyncServerStore {
 public:
  explicit SyncServerStore(Db& db) : db_(&db) {}

  Result<std::vector<Slice>> slices();  ///< in order of their names
  Result<SliceId> insert_slice(const std::string& name, std::int64_t now_us);
  Status set_head(SliceId slice, std::uint64_t head);

  Result<std::vector<SliceRight>> rights();  ///< in order of path, then of who
  Status set_right(const SliceRight& right);  ///< kNone removes it

  /// `count` numbers that nobody else has or will get; the first of them. A row lock holds other
  /// brokers back until the transaction ends, so that numbers become visible in their order.
  Result<std::uint64_t> take_numbers(std::int64_t count);
  Result<std::uint64_t> last_number();

  // -- deletions that are no longer held. How old a number is, is noted once a day.
  struct Day {
    std::uint64_t seq = 0;  ///< the last number at that time
    std::int64_t at_us = 0;
  };
  Status note_day(const Day& day);
  Result<Day> last_day();  ///< zeros if there is none
  /// The highest number that was given out before `at_us`, as far as the days tell; 0: none.
  Result<std::uint64_t> number_before(std::int64_t at_us);
  Status forget_days(std::uint64_t up_to);  ///< below that number
  /// Deletions up to here have been purged, as of the last time that numbers were taken or asked
  /// for.
  std::uint64_t purged() const { return purged_; }
  Status set_purged(std::uint64_t seq);
  Status set_purged(SliceId slice, std::uint64_t seq);

  /// A number under a name; 0 if there is none. kKeysMark: the version that every record's key has;
  /// below wire::kKeyVersion while they are being moved.
  static constexpr const char* kKeysMark = "keys";
  Result<std::int64_t> mark(std::string_view name);
  Status set_mark(std::string_view name, std::int64_t value);

  // -- answers that wait for their question
  Status hold(const HeldAnswer& answer, std::string_view parent, std::int64_t now_us);
  /// Those that wait for message `parent`, in the order in which they came.
  Result<std::vector<HeldAnswer>> held_for(std::string_view parent);
  /// Those that came before `at_us`, the oldest first.
  Result<std::vector<HeldAnswer>> held_before(std::int64_t at_us, int limit);
  Result<bool> is_held(std::string_view id);
  Status release(std::string_view id);
  Result<std::int64_t> held();  ///< how many; read once

  Result<bool> is_known(const PushId& push);
  Status remember(const PushId& push, std::int64_t now_us);

  Result<std::optional<ClientDatabase>> database(const DatabaseId& id);
  Result<std::int64_t> insert_database(const ClientDatabase& database, std::int64_t now_us);
  Status note_push(std::int64_t database_n, std::uint64_t number, std::int64_t now_us);

  /// A server begins an epoch each time it starts. A copy of its database that was made before
  /// does not know it, and has its next epoch begin at an earlier number: so both sides can tell
  /// up to which number they have seen the same.
  Result<std::int64_t> epochs();  ///< how many there have been
  Status begin_epoch(const EpochId& epoch, std::int64_t now_us);
  Result<std::uint64_t> agreed(std::string_view epoch, std::uint64_t seq);

 private:
  Db* db_;
  std::uint64_t purged_ = 0;
  std::optional<std::int64_t> held_;  ///< answers, once they were counted
};

}  // namespace yizhan::store
