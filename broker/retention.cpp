#include "broker/retention.h"

#include <chrono>

#include "wire/message.pb.h"

namespace yizhan::broker {

namespace {

/// Finished messages are purged in small bites, so that no step is long.
constexpr Micros kPurgeInterval = std::chrono::minutes(10);
constexpr Micros kPurgePause = std::chrono::seconds(1);
constexpr int kPurgeBatch = 1000;
/// So are the attachments that they named.
constexpr Micros kSweepInterval = std::chrono::hours(1);
constexpr Micros kSweepPause = std::chrono::milliseconds(50);

}  // namespace

void Retention::start(Now now) {
  purge_due_ = now.steady + kPurgeInterval;
  sweep_due_ = now.steady + kSweepInterval;
}

Status Retention::work(Step& step) {
  if (purge_due_ > step.steady()) return {};
  TRY_ASSIGN(const std::int64_t purged,
             store_.purge_finished(step.wall_us() - options_.retention.count(), kPurgeBatch));
  TRY_ASSIGN(const bool held, collaboration_.release_old(step));
  TRY_ASSIGN(const bool audited, audit_.purge(step, options_.audit_retention));
  const bool more = held || audited || purged == kPurgeBatch;
  purge_due_ = step.steady() + (more ? kPurgePause : kPurgeInterval);
  return {};
}

Status Retention::sweep_attachments(Step& step) {
  if (sweep_due_ > step.steady()) return {};
  if (!sweep_.is_running()) sweep_.start(step.wall_us() - options_.retention.count());
  TRY(sweep_.work([this](bool from_start, const auto& keep) { return names(from_start, keep); }));
  if (const std::string trouble = sweep_.take_trouble(); !trouble.empty()) {
    step.log(LogLine::kWarning, "old attachments are left for the next hour: " + trouble);
  }
  sweep_due_ = step.steady() + (sweep_.is_running() ? kSweepPause : kSweepInterval);
  return {};
}

Result<bool> Retention::names(bool from_start, const store::BlobSweep::Keep& keep) {
  if (from_start) swept_ = 0;
  TRY_ASSIGN(const auto envelopes, store_.envelopes(&swept_, store::kSweepMessages));
  for (const std::string& envelope : envelopes) {
    wire::Message message;
    if (!message.ParseFromString(envelope)) continue;  // damaged, and never relayed again
    for (const wire::Attachment& attachment : message.attachments()) {
      if (const auto hash = Sha256::from(attachment.sha256())) keep(*hash);
    }
  }
  return !envelopes.empty();
}

void Retention::spare(const wire::FromAgent& frame) {
  if (!sweep_.is_running()) return;
  const auto spare_one = [this](const std::string& sha256) {
    if (const auto hash = Sha256::from(sha256)) sweep_.spare(*hash);
  };
  if (frame.has_blob_offer()) spare_one(frame.blob_offer().sha256());
  for (const wire::Message& message : frame.push().messages()) {
    for (const wire::Attachment& attachment : message.attachments()) spare_one(attachment.sha256());
  }
}

}  // namespace yizhan::broker
