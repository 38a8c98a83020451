#include "agent/imports.h"

#include <google/protobuf/arena.h>

#include <utility>

#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr std::size_t kLengthBytes = 4;
// Records of a step: the index of their ids is random, so the more of them a commit has, the fewer
// pages it writes for each; but a question waits for a step, up to 0.5 s with a million units.
constexpr std::uint64_t kStepRecords = 8'000;

std::size_t length_of(const std::string& bytes) {
  std::size_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    length = length * 256 + static_cast<unsigned char>(bytes[i]);
  }
  return length;
}

}  // namespace

Status Imports::recover() {
  TRY_ASSIGN(waiting_, records_.store().imports());
  TRY_ASSIGN(const auto slices, records_.store().slices());
  slices_.clear();
  for (const store::Import& import : waiting_) {
    std::string name;
    for (const store::FollowedSlice& slice : slices) {
      if (slice.id == import.slice) name = slice.name;
    }
    slices_.push_back(name);
  }
  return {};
}

Status Imports::begin(const store::Import& import, const std::string& slice) {
  store::Import begun = import;
  TRY_ASSIGN(const store::FileInfo file, context_.disk.info(import.spool));
  begun.bytes = file.size;
  TRY(context_.begin_write());
  TRY_ASSIGN(const store::FollowedSlice followed, records_.store().slice(slice));
  begun.slice = followed.id;
  begun.started_us = context_.wall_us();
  TRY_ASSIGN(begun.n, records_.store().add_import(begun));
  waiting_.push_back(std::move(begun));
  slices_.push_back(slice);
  return {};
}

Status Imports::give_up(const std::string& why) {
  context_.warn("the import of " + shown(waiting_.front().file) + " stopped after " +
                std::to_string(waiting_.front().done) + " records: " + why +
                "; what was taken stays, import the file again");
  TRY(context_.begin_write());
  TRY(records_.store().remove_import(waiting_.front().n));
  context_.after_commit(Context::Removal{waiting_.front().spool});
  waiting_.erase(waiting_.begin());
  slices_.erase(slices_.begin());
  return {};
}

Status Imports::work() {
  std::uint64_t taken = 0;
  while (taken < kStepRecords && !waiting_.empty()) {
    const std::int64_t n = waiting_.front().n;
    const std::uint64_t before = waiting_.front().done;
    TRY(take_chunk());
    if (waiting_.empty() || waiting_.front().n != n) break;  // that file is done with
    taken += waiting_.front().done - before;
  }
  return {};
}

Status Imports::take_chunk() {
  store::Import& import = waiting_.front();
  if (import.at_byte >= import.bytes) {
    context_.info("imported " + std::to_string(import.done) + " records of " +
                  shown(import.file) + " into " + slices_.front());
    TRY(context_.begin_write());
    TRY(records_.store().remove_import(import.n));
    context_.after_commit(Context::Removal{import.spool});
    waiting_.erase(waiting_.begin());
    slices_.erase(slices_.begin());
    return {};
  }
  const auto length = context_.disk.read_at(import.spool, import.at_byte, kLengthBytes);
  if (!length.ok()) return give_up(length.error().message);
  if (length->size() != kLengthBytes || length_of(*length) > wire::kMaxFrameBytes) {
    return give_up("its spool is damaged");
  }
  const std::size_t size = length_of(*length);
  const auto bytes = context_.disk.read_at(import.spool, import.at_byte + kLengthBytes, size);
  if (!bytes.ok()) return give_up(bytes.error().message);
  google::protobuf::Arena arena;  // a chunk has thousands of small strings
  wire::SyncPush& chunk = *google::protobuf::Arena::CreateMessage<wire::SyncPush>(&arena);
  const bool whole = bytes->size() == size && chunk.ParseFromString(*bytes);
  if (!whole) return give_up("its spool is damaged");
  import.at_byte += kLengthBytes + size;
  import.done += static_cast<std::uint64_t>(chunk.changes_size());
  const Status taken = records_.change(slices_.front(), &chunk, store::Lane::kBulk);
  if (!taken.ok()) {
    if (taken.error().code == Code::kInvalid || taken.error().code == Code::kLimit) {
      return give_up(taken.error().message);
    }
    return taken;
  }
  TRY(context_.begin_write());
  return records_.store().update_import(import);
}

}  // namespace yizhan::agent
