#pragma once
// Finished messages are kept as long as configured, then removed a few at a time; the folders of
// delivered messages that are gone go with them.

#include "agent/context.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::agent {

class Retention {
 public:
  explicit Retention(Context& context) : context_(context) {}

  void start();
  /// Does a bounded part of what is due. Rides on other wake-ups: an hour more or less is nothing.
  Status work();
  bool has_more() const { return more_; }

 private:
  Status sweep_folders();

  Context& context_;
  Steady due_{};
  bool more_ = false;
};

}  // namespace yizhan::agent
