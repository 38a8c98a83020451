#include "agent/uploads.h"

#include <algorithm>
#include <utility>

#include "wire/limits.h"

namespace yizhan::agent {

namespace {

// Two chunks on the way hide the round trip without filling the line before urgent small frames.
constexpr std::uint64_t kAhead = 2 * wire::kBlobChunkBytes;
constexpr Micros kAnswerTimeout = std::chrono::seconds(30);

}  // namespace

void Uploads::want(const Sha256& hash) {
  if (current_ && current_->hash == hash) return;
  if (queued_.insert(hash).second) queue_.push_back(hash);
}

void Uploads::reset() {
  queue_.clear();
  queued_.clear();
  current_.reset();
}

Steady Uploads::next_wakeup() const {
  return current_ ? current_->deadline : Steady::max();
}

void Uploads::offer() {
  wire::FromAgent frame;
  frame.mutable_blob_offer()->set_sha256(std::string(current_->hash.view()));
  frame.mutable_blob_offer()->set_size(current_->size);
  context_.send(frame);
  current_->offered = false;
  current_->sent_any = false;
  current_->deadline = context_.now.steady + kAnswerTimeout;
}

std::optional<Uploads::End> Uploads::on_state(const wire::BlobState& state) {
  const auto hash = Sha256::from(state.sha256());
  if (!hash || !current_ || current_->hash != *hash) return std::nullopt;
  if (!state.refused().empty() || state.complete()) {
    current_.reset();
    return End{*hash, state.refused()};
  }
  // An answer that lies behind what was said means that chunks were lost: go back to it.
  const bool first = !current_->offered;
  current_->offered = true;
  current_->held = std::min(state.offset(), current_->size);
  if (first || current_->held > current_->sent) {
    current_->sent = current_->held;
    current_->sent_any = false;
  }
  current_->deadline = context_.now.steady + kAnswerTimeout;
  return std::nullopt;
}

std::optional<Uploads::End> Uploads::pump() {
  if (current_ && context_.now.steady >= current_->deadline) offer();
  if (!current_ && !queue_.empty()) {
    const Sha256 hash = queue_.front();
    queue_.pop_front();
    queued_.erase(hash);
    const auto state = context_.blobs.state(hash);
    if (!state.ok()) return End{hash, "our copy of it: " + state.error().message};
    if (!state->complete) return End{hash, "our copy of it is gone from the disk"};
    current_ = Current{hash, state->offset, false, 0, 0, false, {}};
    offer();
  }
  if (!current_ || !current_->offered) return std::nullopt;
  while (current_->sent < std::min(current_->size, current_->held + kAhead) ||
         (current_->size == current_->sent && !current_->sent_any &&
          current_->held == current_->size)) {
    const auto bytes = context_.blobs.read(current_->hash, current_->sent, wire::kBlobChunkBytes);
    if (!bytes.ok() || (bytes->empty() && current_->sent < current_->size)) {
      const Sha256 hash = current_->hash;
      current_.reset();
      return End{hash, bytes.ok() ? "our copy of it became shorter"
                                  : "our copy of it: " + bytes.error().message};
    }
    wire::FromAgent frame;
    wire::BlobChunk* chunk = frame.mutable_blob_chunk();
    chunk->set_sha256(std::string(current_->hash.view()));
    chunk->set_offset(current_->sent);
    chunk->set_size(current_->size);
    chunk->set_data(*bytes);
    context_.send(frame);
    current_->sent += bytes->size();
    current_->sent_any = true;
  }
  return std::nullopt;
}

}  // namespace yizhan::agent
