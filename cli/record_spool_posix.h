#pragma once
// The spool of an import, as agent/imports.h describes it: records get their ids, are put into
// chunks and written on a thread of their own, while the reader goes on with the file.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/result.h"
#include "exchange/sink.h"
#include "wire/session.pb.h"

namespace yizhan::cli {

class RecordSpool final : public exchange::Sink {
 public:
  /// Makes the file `path`, which must not exist yet (kIo), for records of `slice`.
  static Result<std::unique_ptr<RecordSpool>> create(const std::string& path, std::string slice);
  /// Removes the file unless it was kept.
  ~RecordSpool() override;
  RecordSpool(const RecordSpool&) = delete;
  RecordSpool& operator=(const RecordSpool&) = delete;

  /// kIo if the disk has failed, also at something handed over before.
  Status unit(wire::Record record) override;
  Status entry(wire::Record concept_record, std::vector<wire::Record> terms) override;

  /// All of it is durable when this has returned; nothing may follow.
  Status close();
  void keep() { kept_ = true; }
  std::uint64_t records() const { return records_; }

 private:
  using Batch = std::vector<wire::Record>;
  RecordSpool(int fd, std::string path, std::string slice);

  Status add(wire::Record record);
  Status hand_over();
  void end_writer();
  // On the writer's thread.
  void write_batches();
  std::optional<Batch> next_batch();
  Status write(Batch batch);
  Status flush();

  int fd_;
  std::string path_;
  std::string slice_;
  bool kept_ = false;
  std::uint64_t records_ = 0;
  Batch batch_;  ///< of the reader's thread
  std::size_t batch_bytes_ = 0;

  wire::SyncPush chunk_;  ///< of the writer's
  std::size_t chunk_bytes_ = 0;

  std::mutex mutex_;  ///< of what follows
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  bool ended_ = false;
  std::optional<Error> failure_;
  std::thread writer_;
};

}  // namespace yizhan::cli
