#include "store/blob_sweep.h"

#include <vector>

namespace yizhan::store {

namespace {

constexpr int kBlobFolders = 256;

}  // namespace

void BlobSweep::start(std::int64_t before_us) {
  phase_ = Phase::kLook;
  before_us_ = before_us;
  folders_left_ = kBlobFolders;
  from_start_ = true;
  candidates_.clear();
}

Status BlobSweep::work(const Names& names) {
  if (phase_ == Phase::kLook) {
    if (const Status looked = look(); !looked.ok()) {
      trouble_ = looked.error().message;
      end();
    }
    return {};
  }
  if (phase_ == Phase::kIdle) return {};
  TRY_ASSIGN(const bool more,
             names(from_start_, [this](const Sha256& hash) { candidates_.erase(hash); }));
  from_start_ = false;
  if (more) return {};
  // All that is stored has been asked, and nobody else runs before these are gone.
  if (const Status removed = remove_some(); !removed.ok()) {
    trouble_ = removed.error().message;
    candidates_.clear();
  }
  if (candidates_.empty()) end();
  return {};
}

Status BlobSweep::look() {
  if (folders_left_ == kBlobFolders) TRY(blobs_->remove_abandoned(before_us_, kSweepRemovals));
  for (int i = 0; i < kSweepFolders && folders_left_ > 0; ++i, --folders_left_) {
    TRY_ASSIGN(const std::vector<Sha256> old,
               blobs_->unchanged(static_cast<unsigned char>(folder_), before_us_));
    folder_ = (folder_ + 1) % kBlobFolders;
    candidates_.insert(old.begin(), old.end());
    if (candidates_.size() >= kSweepCandidates) folders_left_ = 1;
  }
  if (folders_left_ > 0) return {};
  phase_ = candidates_.empty() ? Phase::kIdle : Phase::kStrike;
  return {};
}

Status BlobSweep::remove_some() {
  for (int i = 0; i < kSweepRemovals && !candidates_.empty(); ++i) {
    const Sha256 hash = *candidates_.begin();
    candidates_.erase(candidates_.begin());
    TRY(blobs_->remove(hash));
  }
  return {};
}

}  // namespace yizhan::store
