#include "exchange/omegat_shards.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>
#include <utility>

#include "exchange/omegat_text.h"

namespace yizhan::exchange {

namespace {

/// Sums of these can be added when ranges are joined. (The mixer is that of splitmix64.)
std::uint64_t hash_of(const UnitMark& mark) {
  std::uint64_t word = 0;
  std::memcpy(&word, mark.id.data.data(), sizeof word);
  std::uint64_t x = mark.order * 0x9E3779B97F4A7C15u ^ word;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

void add(Shard* shard, const UnitMark& mark) {
  if (shard->units == 0) shard->last = mark.order;
  shard->first = mark.order;
  ++shard->units;
  shard->hash += hash_of(mark);
}

struct Found {
  Shard shard;
  const Shard* was = nullptr;  ///< null: these units are in no file yet
  bool write = false;
};

class Planner {
 public:
  Planner(const ShardState& state, bool open, bool review, const ShardLimits& limits)
      : state_(state), open_(open), review_(review || !state.complete), limits_(limits) {}

  Result<PushPlan> plan(MarkSource& marks);

 private:
  Result<std::vector<UnitMark>> read_hot(MarkSource& marks);
  bool hot_changed() const {
    return hot_.hash != state_.hot.hash || hot_.units != state_.hot.units;
  }
  std::uint64_t new_file_limit() const;
  void take(const UnitMark& mark);
  bool is_enough() const;
  void join_neighbours();
  void drop_what_is_too_much();
  void spend();
  PushPlan result();
  std::string free_name();

  const ShardState& state_;
  const bool open_;
  bool review_;
  const ShardLimits limits_;
  Shard hot_{"hot.tmx"};
  std::vector<Found> found_;
  std::size_t next_cold_ = 0;  // of state_.cold: the newest that may still hold the next mark
  bool stopped_early_ = false;
  bool incomplete_ = false;
  bool postponed_ = false;  // for the next push; what is not waits until OmegaT is closed
  std::uint64_t left_out_ = 0;
  std::set<std::string> names_;
};

/// Fills the hot range; what was read and is not hot is returned.
Result<std::vector<UnitMark>> Planner::read_hot(MarkSource& marks) {
  const std::uint64_t cold_end = state_.cold.empty() ? 0 : state_.cold.front().last;
  std::vector<UnitMark> read;
  bool all_hot = false;
  while (!all_hot && read.size() < limits_.hot) {
    TRY_ASSIGN(const auto mark, marks.next());
    all_hot = !mark || (!state_.cold.empty() && mark->order <= cold_end);
    if (mark) read.push_back(*mark);
    if (!mark) break;
  }
  std::size_t hot = all_hot ? 0 : limits_.hot_kept;
  if (all_hot) {
    while (hot < read.size() && (state_.cold.empty() || read[hot].order > cold_end)) ++hot;
  }
  // While others wait for a file, hot.tmx must leave room for them in each push.
  const std::uint64_t most = (limits_.hot + limits_.hot_kept) / 2;
  if (open_ && !state_.complete && hot > most) hot = limits_.hot_kept;
  for (std::size_t i = 0; i < hot; ++i) add(&hot_, read[i]);
  // Units may be without a file only if they were too many to stay hot.
  if (!all_hot) review_ = true;
  read.erase(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(hot));
  return read;
}

/// Of the file that is being filled. In an open OmegaT it takes what hot.tmx and the other new
/// files leave, so that it is written in this push.
std::uint64_t Planner::new_file_limit() const {
  if (!open_) return limits_.cold;
  std::uint64_t used = hot_changed() ? hot_.units : 0;
  for (std::size_t i = 0; i + 1 < found_.size(); ++i) {
    if (found_[i].was == nullptr) used += found_[i].shard.units;
  }
  const std::uint64_t left = limits_.open_push - std::min(used, limits_.open_push);
  return left == 0 ? limits_.open_cold : std::min(limits_.open_cold, left);
}

void Planner::take(const UnitMark& mark) {
  while (next_cold_ < state_.cold.size() && mark.order < state_.cold[next_cold_].first) {
    ++next_cold_;
  }
  const Shard* known = nullptr;
  if (next_cold_ < state_.cold.size() && mark.order <= state_.cold[next_cold_].last) {
    known = &state_.cold[next_cold_];
  }
  const bool begins = found_.empty() || found_.back().was != known ||
                      (known == nullptr && found_.back().shard.units >= new_file_limit());
  if (begins) found_.push_back({Shard{}, known});
  add(&found_.back().shard, mark);
}

/// Whether all that follows is in no file and would not come into one.
bool Planner::is_enough() const {
  std::uint64_t sum = hot_.units;
  for (const Found& one : found_) sum += one.shard.units;
  return next_cold_ >= state_.cold.size() && sum > limits_.all + limits_.cold;
}

/// Files that were begun small, or have lost units, become one.
void Planner::join_neighbours() {
  std::vector<Found> joined;
  for (Found& one : found_) {
    if (joined.empty() || joined.back().shard.units + one.shard.units > limits_.cold) {
      joined.push_back(std::move(one));
      continue;
    }
    Found& newer = joined.back();
    newer.shard.first = one.shard.first;
    newer.shard.units += one.shard.units;
    newer.shard.hash += one.shard.hash;
    // The name of the older one: it is the one that was there longer.
    if (one.was != nullptr) newer.was = one.was;
    newer.write = true;
  }
  found_ = std::move(joined);
}

/// The oldest give way, by whole files, so that a full memory does not rewrite its oldest file
/// with every new unit.
void Planner::drop_what_is_too_much() {
  std::uint64_t sum = hot_.units;
  for (const Found& one : found_) sum += one.shard.units;
  while (!found_.empty() && sum > limits_.all) {
    const std::uint64_t units = found_.back().shard.units;
    if (found_.back().was != nullptr && sum <= limits_.all + limits_.cold) break;
    left_out_ += units;
    sum -= units;
    found_.pop_back();
  }
}

/// Decides what is written now.
void Planner::spend() {
  std::uint64_t left = open_ ? limits_.open_push : UINT64_MAX;
  if (hot_changed()) left -= std::min(left, hot_.units);
  std::vector<Found> kept;
  for (Found& one : found_) {
    const bool unchanged =
        one.was != nullptr && one.was->hash == one.shard.hash && one.was->units == one.shard.units;
    one.write = one.write || !unchanged;
    if (one.write && one.shard.units > left) {
      incomplete_ = true;
      postponed_ = postponed_ || one.was == nullptr || one.shard.units <= limits_.open_push;
      if (one.was == nullptr) continue;
      one.write = false;
      one.shard = *one.was;  // as it lies there, with its old texts
    }
    if (one.write) left -= one.shard.units;
    kept.push_back(std::move(one));
  }
  found_ = std::move(kept);
}

std::string Planner::free_name() {
  for (int number = 1;; ++number) {
    std::string digits = std::to_string(number);
    if (digits.size() < 3) digits.insert(0, 3 - digits.size(), '0');
    std::string name = "cold-" + digits + ".tmx";
    if (names_.insert(name).second) return name;
  }
}

PushPlan Planner::result() {
  PushPlan plan;
  plan.left_out = left_out_;
  plan.after.hot = hot_;
  for (const Shard& shard : state_.cold) names_.insert(shard.file);
  std::set<std::string> still;
  for (Found& one : found_) {
    // An unchanged file keeps its range: units that left it stay away from their neighbours'.
    one.shard.file = one.was != nullptr ? one.was->file : free_name();
    if (!one.write && one.was != nullptr) one.shard = *one.was;
    still.insert(one.shard.file);
    if (one.write) plan.writes.push_back(one.shard);
    plan.after.cold.push_back(one.shard);
  }
  if (stopped_early_) {
    for (const Shard& shard : state_.cold) {
      still.insert(shard.file);
      plan.after.cold.push_back(shard);
    }
  }
  if (hot_changed()) {
    if (hot_.units > 0) {
      plan.writes.push_back(hot_);
    } else {
      plan.removals.push_back(hot_.file);
    }
  }
  for (const Shard& shard : state_.cold) {
    if (!still.contains(shard.file)) plan.removals.push_back(shard.file);
  }
  plan.after.complete = !incomplete_;
  plan.more = postponed_;
  return plan;
}

Result<PushPlan> Planner::plan(MarkSource& marks) {
  TRY_ASSIGN(const std::vector<UnitMark> rest, read_hot(marks));
  if (review_) {
    for (const UnitMark& mark : rest) take(mark);
    while (true) {
      TRY_ASSIGN(const auto mark, marks.next());
      if (!mark || is_enough()) break;
      take(*mark);
    }
    if (!open_) join_neighbours();
    drop_what_is_too_much();
  } else {
    stopped_early_ = true;
  }
  spend();
  return result();
}

std::string line_of(const Shard& shard) {
  return shard.file + " " + std::to_string(shard.first) + " " + std::to_string(shard.last) + " " +
         std::to_string(shard.units) + " " + std::to_string(shard.hash) + "\n";
}

bool take_number(std::string_view* line, std::uint64_t* number) {
  if (line->starts_with(' ')) line->remove_prefix(1);
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), *number);
  line->remove_prefix(static_cast<std::size_t>(end - line->data()));
  return error == std::errc();
}

bool read_line(std::string_view line, Shard* shard) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || blank == 0) return false;
  shard->file = line.substr(0, blank);
  line.remove_prefix(blank);
  return take_number(&line, &shard->first) && take_number(&line, &shard->last) &&
         take_number(&line, &shard->units) && take_number(&line, &shard->hash) && line.empty();
}

constexpr std::string_view kComplete = "complete";
constexpr std::string_view kIncomplete = "incomplete";

}  // namespace

std::string ShardState::text() const {
  std::string text(complete ? kComplete : kIncomplete);
  text += "\n" + line_of(hot);
  for (const Shard& shard : cold) text += line_of(shard);
  return text;
}

Result<ShardState> ShardState::parse(std::string_view text) {
  const Error damaged{Code::kCorrupt, "the list of what lies in tm/yizhan is damaged"};
  ShardState state;
  const std::string_view word = take_line(&text);
  state.complete = word == kComplete;
  if (!state.complete && word != kIncomplete) return damaged;
  if (!read_line(take_line(&text), &state.hot)) return damaged;
  while (!text.empty()) {
    if (!read_line(take_line(&text), &state.cold.emplace_back())) return damaged;
  }
  return state;
}

Result<PushPlan> plan_push(const ShardState& state, MarkSource& marks, bool open, bool review,
                           const ShardLimits& limits) {
  return Planner(state, open, review, limits).plan(marks);
}

}  // namespace yizhan::exchange
