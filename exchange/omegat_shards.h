#pragma once
// Which units lie in which file of tm/yizhan. Units stand in the order of their newest change (a
// number that grows with every change of any unit); a file holds a range of that order. So a unit
// that changes leaves its old file and becomes newest, ranges never have to be moved, and what did
// not change is not written again. The newest units are in hot.tmx, which is small and written
// often; the others in cold-NNN.tmx, which are large and written rarely: a running OmegaT takes a
// file in as a whole whenever it changes. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "wire/history.h"

namespace yizhan::exchange {

struct ShardLimits {
  std::uint64_t hot = 2'000;
  std::uint64_t hot_kept = 1'000;  ///< stay hot when hot.tmx has grown over its limit
  std::uint64_t cold = 20'000;
  std::uint64_t open_push = 2'000;  ///< units written at a time while OmegaT has the project open
  std::uint64_t open_cold = 1'000;  ///< of a cold file that is begun while it does
  std::uint64_t all = 200'000;      ///< about as much memory as OmegaT's Java has on a laptop
};

struct Shard {
  std::string file;         ///< "hot.tmx", "cold-001.tmx"
  std::uint64_t first = 0;  ///< the range of the order, both ends in it
  std::uint64_t last = 0;
  std::uint64_t units = 0;
  std::uint64_t hash = 0;  ///< of the units' ids and orders
  bool operator==(const Shard&) const = default;
};

/// What lies in tm/yizhan, as far as we wrote it.
struct ShardState {
  Shard hot{"hot.tmx"};     ///< units == 0: there is no file
  std::vector<Shard> cold;  ///< newest first, ranges apart from each other and from hot
  bool complete = false;    ///< nothing was put off when all was last looked at

  bool operator==(const ShardState&) const = default;
  std::string text() const;  ///< for the agent's store
  static Result<ShardState> parse(std::string_view text);
};

struct UnitMark {
  std::uint64_t order = 0;
  wire::RecordId id;
};
/// The wanted units, newest first: orders fall strictly.
class MarkSource {
 public:
  virtual ~MarkSource() = default;
  virtual Result<std::optional<UnitMark>> next() = 0;
};

struct PushPlan {
  std::vector<Shard> writes;          ///< to be written in this order, then…
  std::vector<std::string> removals;  ///< …these files removed
  ShardState after;                   ///< once all of it is done
  bool more = false;                  ///< another push shall follow, after the pause
  std::uint64_t left_out = 0;         ///< units beyond ShardLimits::all, as far as was counted
};

/// What to write now. With `open` it stays within open_push units, and cold files that hold old
/// texts wait until OmegaT is closed. Reads as few marks as it can: only the hot ones unless units
/// are without a file, or `review` asks that all be looked at: to be asked for when OmegaT is
/// closed and anything has changed, because a unit that becomes newest leaves its old text in a
/// cold file. Fails only if `marks` does.
Result<PushPlan> plan_push(const ShardState& state, MarkSource& marks, bool open, bool review,
                           const ShardLimits& limits = {});

/// OmegaT is given time to breathe: at most one push in 15 s.
class PushPace {
 public:
  static constexpr Micros kPause = std::chrono::seconds(15);
  bool may_push(Steady now) const { return !last_ || now >= *last_ + kPause; }
  Steady due() const { return last_ ? *last_ + kPause : Steady{}; }
  void pushed(Steady now) { last_ = now; }

 private:
  std::optional<Steady> last_;
};

}  // namespace yizhan::exchange
