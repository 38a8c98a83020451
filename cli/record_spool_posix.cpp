#include "cli/record_spool_posix.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "wire/history.h"
#include "wire/limits.h"

namespace yizhan::cli {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::size_t kLengthBytes = 4;
// What waits for the writer: full batches, each of so much, or of so many small records.
constexpr std::size_t kWaitingBatches = 8;
constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::size_t kBatchRecords = 250;

std::size_t bytes_of(const wire::Record& record) {
  std::size_t bytes = 0;
  for (const std::string& value : record.values()) bytes += value.size();
  return bytes;
}

}  // namespace

Result<std::unique_ptr<RecordSpool>> RecordSpool::create(const std::string& path,
                                                         std::string slice) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Code::kIo, "writing " + path + ": " + std::strerror(errno)};
  return std::unique_ptr<RecordSpool>(new RecordSpool(fd, path, std::move(slice)));
}

RecordSpool::RecordSpool(int fd, std::string path, std::string slice)
    : fd_(fd), path_(std::move(path)), slice_(std::move(slice)) {
  writer_ = std::thread([this] { write_batches(); });
}

RecordSpool::~RecordSpool() {
  end_writer();
  if (fd_ >= 0) ::close(fd_);
  if (!kept_) ::unlink(path_.c_str());
}

Status RecordSpool::unit(wire::Record record) {
  return add(std::move(record));
}

Status RecordSpool::entry(wire::Record concept_record, std::vector<wire::Record> terms) {
  wire::set_record_id(&concept_record, slice_);
  const std::string id = wire::record_id_hex(concept_record.id());
  TRY(add(std::move(concept_record)));
  for (wire::Record& term : terms) {
    wire::set_value(&term, wire::term::kConcept, id);
    TRY(add(std::move(term)));
  }
  return {};
}

Status RecordSpool::close() {
  TRY(hand_over());
  end_writer();
  if (failure_) return *failure_;
  const bool synced = ::fsync(fd_) == 0;
  ::close(fd_);
  fd_ = -1;
  return synced ? Status() : Status(Error{Code::kIo, "writing " + path_ + ": the disk failed"});
}

Status RecordSpool::add(wire::Record record) {
  batch_bytes_ += bytes_of(record);
  batch_.push_back(std::move(record));
  ++records_;
  const bool full = batch_.size() >= kBatchRecords || batch_bytes_ >= kBatchBytes;
  return full ? hand_over() : Status();
}

Status RecordSpool::hand_over() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < kWaitingBatches || failure_; });
    if (failure_) return *failure_;
    waiting_.push_back(std::exchange(batch_, {}));
  }
  changed_.notify_all();
  batch_.reserve(kBatchRecords);
  batch_bytes_ = 0;
  return {};
}

/// What was handed over is written, or has failed.
void RecordSpool::end_writer() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void RecordSpool::write_batches() {
  Status done;
  while (done.ok()) {
    std::optional<Batch> batch = next_batch();
    done = batch ? write(std::move(*batch)) : flush();
    if (!batch) break;
  }
  if (done.ok()) return;
  {
    const std::lock_guard lock(mutex_);
    failure_ = done.error();
  }
  changed_.notify_all();
}

/// None: nothing will come any more.
std::optional<RecordSpool::Batch> RecordSpool::next_batch() {
  std::optional<Batch> batch;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || ended_; });
    if (waiting_.empty()) return batch;
    batch = std::move(waiting_.front());
    waiting_.pop_front();
  }
  changed_.notify_all();
  return batch;
}

Status RecordSpool::write(Batch batch) {
  for (wire::Record& record : batch) {
    wire::Change* change = chunk_.add_changes();
    wire::set_record_id(&record, slice_);
    *change->mutable_record() = std::move(record);
    change->set_groups(wire::kAllGroups);
    change->set_from_file(true);
    chunk_bytes_ += change->ByteSizeLong();
    const bool full = chunk_.changes_size() >= static_cast<int>(wire::kPushChanges);
    if (full || chunk_bytes_ >= kChunkBytes) TRY(flush());
  }
  return {};
}

Status RecordSpool::flush() {
  if (chunk_.changes_size() == 0) return {};
  std::string framed(kLengthBytes, '\0');
  chunk_.AppendToString(&framed);
  const auto size = static_cast<std::uint32_t>(framed.size() - kLengthBytes);
  for (std::size_t i = 0; i < kLengthBytes; ++i) framed[i] = static_cast<char>(size >> (8 * i));
  chunk_.Clear();
  chunk_bytes_ = 0;
  for (std::size_t at = 0; at < framed.size();) {
    const ssize_t put = ::write(fd_, framed.data() + at, framed.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return Error{Code::kIo, "writing " + path_ + ": " + std::strerror(errno)};
    at += static_cast<std::size_t>(put);
  }
  return {};
}

}  // namespace yizhan::cli
