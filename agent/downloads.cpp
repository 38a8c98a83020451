#include "agent/downloads.h"

#include <algorithm>
#include <utility>

#include "wire/limits.h"

namespace yizhan::agent {

namespace {

constexpr std::uint64_t kAhead = 2 * wire::kBlobChunkBytes;
constexpr Micros kAnswerTimeout = std::chrono::seconds(30);
// A broker whose copy is damaged would be asked for ever.
constexpr int kMaxFailures = 3;

}  // namespace

void Downloads::want(const Sha256& hash, std::uint64_t size) {
  if (current_ && current_->blob.hash == hash) return;
  if (queued_.insert(hash).second) queue_.push_back({hash, size});
}

void Downloads::reset() {
  queue_.clear();
  queued_.clear();
  current_.reset();
}

void Downloads::ask_again() {
  current_->asked = current_->held;
  current_->asked_any = false;
}

Steady Downloads::next_wakeup() const {
  return current_ ? current_->deadline : Steady::max();
}

Result<std::optional<Downloads::End>> Downloads::on_chunk(const wire::BlobChunk& chunk) {
  const auto hash = Sha256::from(chunk.sha256());
  if (!hash || !current_ || current_->blob.hash != *hash) return std::optional<End>();
  const Wanted blob = current_->blob;
  if (chunk.size() != blob.size) {
    current_.reset();
    return std::optional<End>(End{blob.hash, "the broker has " + std::to_string(chunk.size()) +
                                                 " bytes of it, the message says " +
                                                 std::to_string(blob.size)});
  }
  const auto state = context_.blobs.add(blob.hash, blob.size, chunk.offset(), chunk.data());
  if (!state.ok()) {
    const Code code = state.error().code;
    if (code != Code::kInvalid && code != Code::kLimit) return state.error();
    current_->held = current_->asked = 0;
    current_->asked_any = false;
    if (++current_->failures < kMaxFailures) return std::optional<End>();
    current_.reset();
    return std::optional<End>(End{blob.hash, state.error().message});
  }
  if (state->complete) {
    current_.reset();
    return std::optional<End>(End{blob.hash, ""});
  }
  current_->held = state->offset;
  current_->asked = std::max(current_->asked, current_->held);
  current_->deadline = context_.now.steady + kAnswerTimeout;
  return std::optional<End>();
}

std::optional<Downloads::End> Downloads::on_state(const wire::BlobState& state) {
  const auto hash = Sha256::from(state.sha256());
  if (!hash || state.refused().empty() || !current_ || current_->blob.hash != *hash) {
    return std::nullopt;
  }
  current_.reset();
  return End{*hash, state.refused()};
}

Status Downloads::pump() {
  if (current_ && context_.now.steady >= current_->deadline) ask_again();
  if (!current_ && !queue_.empty()) {
    const Wanted next = queue_.front();
    queue_.pop_front();
    queued_.erase(next.hash);
    TRY_ASSIGN(const auto state, context_.blobs.state(next.hash));
    const std::uint64_t held = state.complete ? 0 : std::min(state.offset, next.size);
    current_ = Current{next, held, held, false, 0, context_.now.steady + kAnswerTimeout};
  }
  if (!current_) return {};
  const Wanted& blob = current_->blob;
  while (current_->asked < std::min(blob.size, current_->held + kAhead) || !current_->asked_any) {
    wire::FromAgent frame;
    frame.mutable_blob_get()->set_sha256(std::string(blob.hash.view()));
    frame.mutable_blob_get()->set_offset(current_->asked);
    context_.send(frame);
    current_->asked = std::min<std::uint64_t>(blob.size, current_->asked + wire::kBlobChunkBytes);
    current_->asked_any = true;
    current_->deadline = context_.now.steady + kAnswerTimeout;
  }
  return {};
}

}  // namespace yizhan::agent
