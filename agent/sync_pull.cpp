// Fetching what is new, page by page. Of a slice that lacks much, the pages that come in one step
// are written in the next, so that the broker, which is asked for more in between, makes these
// while this agent writes.

#include <algorithm>
#include <utility>

#include "agent/sync.h"
#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr std::size_t kPullWindow = 4;  // slices that are pulled at once
constexpr std::uint32_t kPullPages = wire::kMaxPullPages;
// Pages that have come and are not written yet, of all slices. With as many no more are asked for.
constexpr std::size_t kWaitingPages = 2 * kPullPages;
constexpr std::size_t kStepPages = kPullPages;  // written in one step; a question waits for it

}  // namespace

void Sync::forget_pulls() {
  pulling_.clear();
  pages_.clear();
  fresh_pages_ = 0;
}

void Sync::on_page(wire::SyncPage page) {
  const auto slice = slices_.find(page.slice());
  if (slice == slices_.end()) return;
  if (!page.refused().empty()) {
    slice->second.access = 0;
    drop_pull(page.slice());
    return;
  }
  // One that was given up, and comes after all, begins where the rows end.
  if (!pulling_.contains(page.slice()) && pages_.size() >= kWaitingPages) return;
  const auto pull = pulling_.try_emplace(page.slice(), Pull{slice->second.cursor, {}, false}).first;
  // Another page than the next: of an earlier question, or one before it was lost.
  if (page.after() != pull->second.after || page.to() < page.after()) return;
  // Not the highest ever heard: a restored server's is lower, and would be asked for without end.
  // Now, and not when it is written: news of more may come in between.
  slice->second.head = std::max<std::uint64_t>(page.to(), page.head());
  pull->second.after = page.to();
  pull->second.due = context_.now.steady + kAnswerTimeout;
  pull->second.asked = !page.last();
  const bool more = page.last() && page.to() < page.head();
  // All that its slice lacked: a question, say. It is written in this step, before any memory's.
  if (page.last() && !more && page.after() == slice->second.cursor) {
    pages_.push_front(std::move(page));
    return;
  }
  pages_.push_back(std::move(page));
  ++fresh_pages_;
  if (more && pages_.size() < kWaitingPages) send_pull(pages_.back().slice(), pull->second.after);
}

/// Forgets that `name` is pulled, and what has come of it and is not written.
void Sync::drop_pull(const std::string& name) {
  pulling_.erase(name);
  const std::size_t before = pages_.size();
  const std::size_t old = before - fresh_pages_;
  std::size_t fresh = 0;
  std::size_t at = 0;
  std::erase_if(pages_, [&](const wire::SyncPage& page) {
    const bool drop = page.slice() == name;
    if (drop && at >= old) ++fresh;
    ++at;
    return drop;
  });
  fresh_pages_ -= fresh;
}

Status Sync::take_pages() {
  // What has come in this step waits for the next, which begins at once.
  const std::size_t old = pages_.size() - std::exchange(fresh_pages_, 0);
  for (std::size_t n = std::min(old, kStepPages); n > 0; --n) {
    const wire::SyncPage page = std::move(pages_.front());
    pages_.pop_front();
    TRY(take_page(page));
  }
  // A pull ends when all that has come of it is written: until then its cursor says nothing.
  std::erase_if(pulling_, [&](const auto& one) {
    return !one.second.asked &&
           std::none_of(pages_.begin(), pages_.end(),
                        [&](const wire::SyncPage& page) { return page.slice() == one.first; });
  });
  return {};
}

Status Sync::take_page(const wire::SyncPage& page) {
  const auto found = slices_.find(page.slice());
  if (found == slices_.end() || found->second.access == 0) return {};
  store::FollowedSlice& slice = found->second;
  if (page.after() != slice.cursor) return {};
  TRY(context_.begin_write());
  TRY(records_.take(slice, page));
  records_taken_ += static_cast<std::uint64_t>(page.records_size());
  slice.cursor = page.to();
  slice.head = std::max<std::uint64_t>(slice.head, page.to());
  TRY(records_.store().update_slice(slice));
  return note_seen(page.to(), page.proof());
}

void Sync::send_pull(const std::string& slice, std::uint64_t after) {
  wire::FromAgent frame;
  wire::SyncPull* pull = frame.mutable_sync_pull();
  pull->set_slice(slice);
  pull->set_after(after);
  pull->set_pages(kPullPages);
  context_.send(frame);
  pulling_[slice] = {after, context_.now.steady + kAnswerTimeout, true};
}

Status Sync::pull() {
  std::vector<std::string> lost;
  for (const auto& [name, one] : pulling_) {
    if (one.asked && one.due <= context_.now.steady) lost.push_back(name);
  }
  for (const std::string& name : lost) drop_pull(name);
  // Slices that lack little go first: a question does not wait for a memory.
  std::vector<const store::FollowedSlice*> behind;
  for (const auto& [name, slice] : slices_) {
    if (slice.access > 0 && slice.cursor < slice.head && !pulling_.contains(name)) {
      behind.push_back(&slice);
    }
  }
  std::stable_sort(behind.begin(), behind.end(),
                   [](const store::FollowedSlice* a, const store::FollowedSlice* b) {
                     return a->head - a->cursor < b->head - b->cursor;
                   });
  for (const store::FollowedSlice* slice : behind) {
    if (pulling_.size() >= kPullWindow) break;
    send_pull(slice->name, slice->cursor);
  }
  return {};
}

}  // namespace yizhan::agent
