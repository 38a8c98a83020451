#pragma once
// A bounded queue from a thread of a library to the loop's, with a descriptor that the loop waits
// for.

#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "config/daemon.h"
#include "config/result.h"

namespace yizhan::broker {

/// An eventfd. kIo without descriptors.
Result<Descriptor> open_event();
void raise_event(const Descriptor& event);
void clear_event(const Descriptor& event);

/// Any thread may call any member.
template <class Item>
class Handover {
 public:
  /// `event` is of open_event().
  Handover(Descriptor event, std::size_t limit) : event_(std::move(event)), limit_(limit) {}

  /// Readable while something waits.
  int fd() const { return event_.get(); }

  /// False, and `item` is as it was, if `limit` wait already.
  bool push(Item&& item) {
    const std::scoped_lock lock(mutex_);
    if (items_.size() >= limit_) return false;
    items_.push_back(std::move(item));
    if (items_.size() == 1) raise_event(event_);
    return true;
  }

  /// Appends the oldest, at most `max`.
  void drain(std::vector<Item>& to, std::size_t max) {
    const std::scoped_lock lock(mutex_);
    // Most rounds of the loop find nothing, and clearing costs a system call.
    if (items_.empty()) return;
    for (; max > 0 && !items_.empty(); --max) {
      to.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    if (items_.empty()) clear_event(event_);
  }

 private:
  Descriptor event_;
  std::size_t limit_;
  std::mutex mutex_;
  std::deque<Item> items_;
};

}  // namespace yizhan::broker
