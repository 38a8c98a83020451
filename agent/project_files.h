#pragma once
// Files of a followed project, through the disk seam: read while a program may replace them, and
// written so that no program sees half of one.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "config/result.h"
#include "config/time.h"
#include "exchange/source.h"
#include "exchange/writer.h"
#include "store/disk.h"

namespace yizhan::agent {

/// As many files of a project are looked at for changes; more are left out, the last by name.
inline constexpr std::size_t kMaxProjectFiles = 2000;
/// The regular files below `folder` and in its sub-folders, by their paths within it.
std::map<std::string, store::FileInfo> files_below(store::Disk& disk, const std::string& folder);

/// What changed so short a time ago may be half of what it will be.
inline constexpr Micros kSettled = std::chrono::seconds(2);
/// Whether the file at `path` has been as `info` says for that long, and nobody is writing it.
bool is_settled(store::Disk& disk, const std::string& path, const store::FileInfo& info,
                Instant now);

/// A regular file that its owner replaces by rename. Must not outlive `disk`.
class DiskSource final : public exchange::ByteSource {
 public:
  static Result<std::unique_ptr<DiskSource>> open(store::Disk& disk, const std::string& path);

  Result<std::size_t> read(char* into, std::size_t size) override;
  Status rewind() override;
  std::uint64_t size() const override { return info_.size; }
  const std::string& name() const override { return path_; }
  /// As it was when it was opened.
  const store::FileInfo& info() const { return info_; }
  /// Whether all that was read came from one and the same file.
  bool is_unchanged() const;

 private:
  DiskSource(store::Disk& disk, std::string path, store::FileInfo info)
      : disk_(disk), path_(std::move(path)), info_(std::move(info)) {}
  store::Disk& disk_;
  std::string path_;
  store::FileInfo info_;
  std::uint64_t at_ = 0;
};

/// A file that is built in `temporary` and then takes its place, durably.
class DiskOutput final : public exchange::Output {
 public:
  DiskOutput(store::Disk& disk, std::string temporary);
  ~DiskOutput() override;  ///< without commit(): nothing is left
  DiskOutput(const DiskOutput&) = delete;
  DiskOutput& operator=(const DiskOutput&) = delete;

  Status write(std::string_view bytes) override;
  Status commit(const std::string& path);

 private:
  store::Disk& disk_;
  std::string temporary_;
  std::uint64_t at_ = 0;
  bool done_ = false;
};

}  // namespace yizhan::agent
