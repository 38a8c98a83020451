#pragma once
// What is finished is kept as long as configured, then removed a few at a time: messages; the
// folders of delivered messages that are gone; attachments that no kept message names; and the task
// files, with their attachments, that were moved on to `sent` and `rejected`.

#include <cstdint>
#include <string>

#include "agent/context.h"
#include "config/result.h"
#include "config/time.h"
#include "store/blob_sweep.h"
#include "store/client_store.h"

namespace yizhan::agent {

class Retention {
 public:
  explicit Retention(Context& context) : context_(context), sweep_(context.blobs) {}

  void start();
  /// To be called at the beginning of a step, before anything is written: a bounded part of the
  /// sweep of attachments, if one is under way.
  Status sweep_attachments();
  /// Does a bounded part of what else is due. Rides on other wake-ups: an hour more or less is
  /// nothing.
  Status work();
  bool has_more() const { return more_ || sweep_.is_running(); }

 private:
  Status sweep_folders();
  void sweep_files(const std::string& folder, std::int64_t before_us);
  Result<bool> names(bool from_start, const store::BlobSweep::Keep& keep);

  Context& context_;
  store::BlobSweep sweep_;
  store::LocalSeq swept_outgoing_ = 0;  // rows up to here have told the sweep what they name
  store::LocalSeq swept_incoming_ = 0;
  Steady due_{};
  bool more_ = false;
};

}  // namespace yizhan::agent
