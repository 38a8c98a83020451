#include "agent/sync.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "wire/history.h"
#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr std::size_t kLiveWindow = 64;  // pushes in the air
// The more of them the server takes in one transaction, the fewer pages of its index of random ids
// it writes for each; but other people's messages wait for that transaction.
constexpr std::size_t kBulkWindow = 4;

// Names of facts in the client database; two more are in sync.h.
constexpr const char* kDatabase = "sync.database";
constexpr const char* kMachine = "sync.machine";

std::uint64_t number_of(const std::optional<std::string>& text) {
  std::uint64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

/// Network cards, as text; a copied laptop has others.
std::string machine_mark(const Machine& machine) {
  std::string mark;
  for (const std::string& mac : machine.mac) mark += mac + " ";
  return mark;
}

bool shares_a_card(const std::string& mark, const Machine& machine) {
  if (mark.empty() || machine.mac.empty()) return true;  // nothing to tell them apart by
  return std::any_of(machine.mac.begin(), machine.mac.end(), [&](const std::string& mac) {
    return mark.find(mac + " ") != std::string::npos;
  });
}

}  // namespace

Status Sync::recover() {
  TRY_ASSIGN(const auto database, context_.store.fact(kDatabase));
  TRY_ASSIGN(const auto epoch, context_.store.fact(kEpochFact));
  TRY_ASSIGN(const auto seen, context_.store.fact(kSeenFact));
  TRY_ASSIGN(const auto proof, context_.store.fact(kProofFact));
  TRY_ASSIGN(const auto machine, context_.store.fact(kMachine));
  database_ = database.value_or("");
  seen_.set_epoch(epoch.value_or(""));
  seen_.set_seq(number_of(seen));
  seen_.set_proof(proof.value_or(""));
  TRY_ASSIGN(const auto slices, records_.store().slices());
  for (const store::FollowedSlice& slice : slices) slices_[slice.name] = slice;
  const std::string mark = machine_mark(context_.machine);
  if (database_.size() != 16) {
    TRY(new_database(""));
  } else if (!shares_a_card(machine.value_or(""), context_.machine)) {
    TRY(new_database("this client database comes from another machine"));
  }
  if (machine == mark) return {};
  TRY(context_.begin_write());
  return context_.store.save_fact(kMachine, mark);
}

Status Sync::new_database(const std::string& why) {
  if (!why.empty()) {
    context_.warn(why + ": it synchronises as a new one, and nothing in it is lost");
  }
  TRY(context_.begin_write());
  database_ = std::string(context_.random.uuid(context_.wall_us()).view());
  return context_.store.save_fact(kDatabase, database_);
}

Status Sync::say_hello() {
  TRY_ASSIGN(const std::int64_t last_push, records_.store().last_push());
  wire::FromAgent frame;
  wire::SyncHello* hello = frame.mutable_sync_hello();
  hello->set_database(database_);
  hello->set_pushes(static_cast<std::uint64_t>(last_push));
  hello->set_epoch(seen_.epoch());
  hello->set_seq(seen_.seq());
  // By the clock, so that it is another one after a restart too.
  hello_ = std::max(hello_ + 1,
                    static_cast<std::uint64_t>(std::max<std::int64_t>(0, context_.wall_us())));
  hello->set_number(hello_);
  told_ = 0;
  context_.send(frame);
  hello_due_ = context_.now.steady + kAnswerTimeout;
  return {};
}

Status Sync::restart(bool served) {
  served_ = served;
  open_ = false;
  in_air_.clear();
  forget_pulls();
  pushed_.clear();
  return served_ ? say_hello() : Status();
}

Status Sync::on_state(const wire::SyncState& state) {
  if (state.number() != 0 && state.number() != hello_) return {};  // of an earlier hello
  ++told_;
  hello_due_ = Steady::max();
  if (state.new_database()) {
    TRY(new_database("the server has met this client database before, with more in it: it is an "
                     "old copy"));
    return say_hello();
  }
  rank_ = state.rank();
  writable_.assign(state.writable_paths().begin(), state.writable_paths().end());
  const bool first = !open_;
  open_ = true;
  bool anew = false;
  TRY(follow(state, &anew));
  if (anew) {  // also its own words are to be sent: as a new database it has none
    TRY(new_database(""));
    return restart(served_);
  }
  if (!first) return {};
  wire::Seen agreed;
  agreed.set_epoch(state.epoch());
  agreed.set_seq(std::min<std::uint64_t>(state.agreed_seq(), seen_.seq()));
  agreed.set_proof(state.proof());
  if (agreed.seq() == seen_.seq()) {
    TRY(context_.begin_write());
    restoring_ = false;  // it has back what it had lost
    seen_ = std::move(agreed);
    return save_seen();
  }
  context_.warn("the server has forgotten changes " + std::to_string(agreed.seq() + 1) + " to " +
                std::to_string(seen_.seq()) +
                " (it was restored from a backup): what is here is sent to it again");
  // Until all of it is ready to be sent, what was seen stays as it is, in memory and on disk: a
  // crash or a new session then begins with the same numbers.
  restoring_ = true;
  restore_ = {};
  restore_.agreed = std::move(agreed);
  for (const auto& [name, slice] : slices_) restore_.slices.push_back(name);
  return {};
}

Status Sync::name_slice(const wire::SyncState::Slice& one, bool* anew) {
  gone_.erase(one.name());
  unsure_.erase(one.name());
  const auto known = slices_.find(one.name());
  if (known != slices_.end() && known->second.access == one.access() &&
      known->second.head >= one.head() && known->second.purged >= one.purged()) {
    return {};
  }
  TRY(context_.begin_write());
  TRY_ASSIGN(store::FollowedSlice slice, records_.store().slice(one.name()));
  slice.head = std::max<std::uint64_t>(slice.head, one.head());
  slice.access = one.access();
  TRY(records_.store().update_slice(slice));
  TRY(note_purged(&slice, one.purged(), anew));
  slices_[slice.name] = slice;
  return {};
}

Status Sync::follow(const wire::SyncState& state, bool* anew) {
  std::set<std::string> named;
  for (const wire::SyncState::Slice& one : state.slices()) {
    if (!wire::check_slice(one.name()).ok()) continue;
    named.insert(one.name());
    TRY(name_slice(one, anew));
  }
  for (auto& [name, slice] : slices_) {
    if (named.contains(name)) continue;
    slice.access = 0;
    // The server may not know it yet: what is on its way there decides, and then it is asked again.
    TRY_ASSIGN(const bool waits, records_.store().has_waiting(slice.id));
    (waits ? unsure_ : gone_).insert(name);
  }
  return {};
}

Status Sync::on_changed(const wire::SyncChanged& changed) {
  if (changed.number() == hello_) ++told_;
  const auto slice = slices_.find(changed.slice());
  if (changed.access() != wire::SyncState::NONE && open_ &&
      wire::check_slice(changed.slice()).ok()) {
    wire::SyncState::Slice made;
    made.set_name(changed.slice());
    made.set_head(changed.head());
    made.set_access(changed.access());
    if (slice != slices_.end()) made.set_purged(slice->second.purged);
    bool anew = false;
    return name_slice(made, &anew);
  }
  if (slice == slices_.end()) return {};
  slice->second.head = std::max<std::uint64_t>(slice->second.head, changed.head());
  return {};
}

Status Sync::on_pong(const wire::Pong& pong) {
  if (pong.history_hello() > hello_) {  // of an earlier process, by a clock that was ahead
    hello_ = pong.history_hello();
    return say_hello();
  }
  if (!open_ || restoring_ || pong.history_hello() != hello_) return {};
  // Something that was said of slices got lost: the answer to a hello says it all again.
  return pong.history_told() == told_ ? Status() : say_hello();
}

Status Sync::fetch_again(const std::string& name, std::uint64_t seq) {
  TRY(new_database(""));
  const auto found = slices_.find(name);
  if (found != slices_.end() && seq > 0) {
    found->second.cursor = std::min(found->second.cursor, seq - 1);
    TRY(records_.store().update_slice(found->second));
  }
  return restart(served_);
}

Status Sync::retry(const store::Push& push) {
  TRY(context_.begin_write());
  pushed_[static_cast<int>(push.lane)] = 0;  // it lies before those that were said
  return records_.store().unpark(push.n);
}

Status Sync::drop(const store::Push& push) {
  TRY_ASSIGN(const std::string name, slice_name(push.slice));
  TRY_ASSIGN(const std::uint64_t oldest, records_.drop(push));
  const auto slice = slices_.find(name);
  if (oldest != 0 && slice != slices_.end() && slice->second.seed > 0) {
    TRY(fetch_anew(&slice->second));  // the server may have purged what the change was about
  }
  return oldest == 0 ? Status() : fetch_again(name, oldest);
}

Status Sync::on_result(wire::SyncResult result) {
  const auto found = in_air_.find(result.id());
  if (found == in_air_.end()) return {};
  Flight& flight = found->second;
  TRY(context_.begin_write());
  TRY_ASSIGN(const auto push, records_.store().push(result.id()));
  if (!push) {
    in_air_.erase(found);
    return {};
  }
  if (!result.refused().empty()) {
    in_air_.erase(found);
    return records_.park(*push, result.refused());
  }
  if (result.first() != flight.results.size()) return {};  // a part is missing: it is asked again
  for (wire::SyncResult::One& one : *result.mutable_results()) {
    flight.results.push_back(std::move(one));
  }
  if (result.more()) return {};
  std::uint64_t highest = 0;
  for (const auto& one : flight.results) highest = std::max<std::uint64_t>(highest, one.seq());
  const std::vector<wire::SyncResult::One> results = std::move(flight.results);
  in_air_.erase(found);
  TRY(records_.settle(*push, results));
  return note_seen(highest, result.proof());
}

Status Sync::note_seen(std::uint64_t seq, const std::string& proof) {
  if (seq <= seen_.seq() || restoring_) return {};
  seen_.set_seq(seq);
  seen_.set_proof(proof);
  return save_seen();
}

Status Sync::save_seen() {
  TRY(context_.store.save_fact(kEpochFact, seen_.epoch()));
  TRY(context_.store.save_fact(kSeenFact, std::to_string(seen_.seq())));
  return context_.store.save_fact(kProofFact, seen_.proof());
}

Status Sync::work(bool open, bool importing) {
  if (!open || !served_) return {};
  if (hello_due_ <= context_.now.steady) TRY(say_hello());
  if (!open_) return {};
  if (restoring_) return restore();
  TRY(ask_again());
  if (!gone_.empty()) TRY(purge());
  TRY(sweep());
  TRY(push_lane(store::Lane::kLive, kLiveWindow));
  if (!importing) TRY(push_lane(store::Lane::kBulk, kBulkWindow));
  return pull();
}

/// Empty if there is none. A slice that was made here is learnt of when its first push is said.
Result<std::string> Sync::slice_name(store::SliceId id) {
  const auto is_it = [&](const auto& one) { return one.second.id == id; };
  if (std::none_of(slices_.begin(), slices_.end(), is_it)) {
    TRY_ASSIGN(const auto all, records_.store().slices());
    for (const store::FollowedSlice& one : all) slices_.try_emplace(one.name, one);
  }
  const auto found = std::find_if(slices_.begin(), slices_.end(), is_it);
  return found == slices_.end() ? std::string() : found->first;
}

bool Sync::overlaps(const std::set<std::string>& records) const {
  for (const auto& [id, flight] : in_air_) {
    for (const std::string& record : records) {
      if (flight.records.contains(record)) return true;
    }
  }
  return false;
}

Status Sync::push_lane(store::Lane lane, std::size_t window) {
  std::size_t flying = 0;
  bool lost = false;
  for (const auto& [id, flight] : in_air_) {
    if (flight.lane != lane) continue;
    ++flying;
    lost = lost || flight.due <= context_.now.steady;
  }
  if (lost) {  // say it, and whatever came after it, again
    std::erase_if(in_air_, [&](const auto& one) { return one.second.lane == lane; });
    pushed_[static_cast<int>(lane)] = 0;
    flying = 0;
  }
  if (flying >= window) return {};
  std::int64_t& after = pushed_[static_cast<int>(lane)];
  TRY_ASSIGN(const auto pushes, records_.store().waiting(lane, after,
                                                         static_cast<int>(window - flying)));
  for (const store::Push& push : pushes) {
    if (in_air_.contains(push.id)) {
      after = push.n;
      continue;
    }
    wire::FromAgent frame;
    wire::SyncPush* said = frame.mutable_sync_push();
    TRY_ASSIGN(const std::string name, slice_name(push.slice));
    if (!said->ParseFromString(push.content) || name.empty()) {
      after = push.n;
      TRY(context_.begin_write());
      TRY(records_.park(push, "its row is damaged"));
      continue;
    }
    // Two changes of one record are said one after the other: should the first get lost, the second
    // must not be judged before it.
    std::set<std::string> records;
    for (const wire::Change& change : said->changes()) records.insert(change.record().id());
    if (overlaps(records)) return {};
    after = push.n;
    said->set_id(push.id);
    said->set_slice(name);
    said->set_number(static_cast<std::uint64_t>(push.n));
    context_.send(frame);
    in_air_[push.id] = {push.n, lane, context_.now.steady + kAnswerTimeout, std::move(records),
                        {}};
  }
  return {};
}

Steady Sync::next_wakeup(bool open) const {
  if (!open || !served_) return Steady::max();
  if (!open_) return hello_due_;
  Steady next = hello_due_;
  for (const auto& [id, flight] : in_air_) next = std::min(next, flight.due);
  for (const auto& [name, pull] : pulling_) next = std::min(next, pull.due);
  return next;
}

}  // namespace yizhan::agent
