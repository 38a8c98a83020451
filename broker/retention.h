#pragma once
// What is finished is kept as long as configured, then removed a few at a time: messages, rows of
// the audit log, answers that were held for their question, and attachments that no kept message
// names.

#include <algorithm>

#include "broker/audit.h"
#include "broker/collaboration.h"
#include "broker/step.h"
#include "config/options.h"
#include "config/result.h"
#include "config/time.h"
#include "store/blob_sweep.h"
#include "store/server_store.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

class Retention {
 public:
  Retention(const BrokerOptions& options, store::ServerStore& store, store::Blobs& blobs,
            Audit& audit, Collaboration& collaboration)
      : options_(options),
        store_(store),
        audit_(audit),
        collaboration_(collaboration),
        sweep_(blobs) {}

  void start(Now now);

  /// A bite of the sweep of attachments, if it is due: before the step's transaction begins.
  Status sweep_attachments(Step& step);
  /// What is on its way in may need an attachment that no stored message names.
  void spare(const wire::FromAgent& frame);
  /// A bite of all else that is due, in the step's transaction.
  Status work(Step& step);

  /// When work() writes next.
  Steady next_write() const { return purge_due_; }
  Steady next_wakeup() const { return std::min(sweep_due_, purge_due_); }

 private:
  Result<bool> names(bool from_start, const store::BlobSweep::Keep& keep);

  const BrokerOptions& options_;
  store::ServerStore& store_;
  Audit& audit_;
  Collaboration& collaboration_;
  store::BlobSweep sweep_;
  store::MessageSeq swept_ = 0;  // messages up to here have told the sweep what they name
  Steady purge_due_{};
  Steady sweep_due_{};
};

}  // namespace yizhan::broker
