#pragma once
// A disk in memory that behaves like the real one, and like the real one forgets at a power cut
// what was not synced: file contents by file, names by folder. A rename is atomic: syncing either
// folder makes both of its halves durable.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/time.h"
#include "store/disk.h"

namespace yizhan::store {

class VirtualDisk final : public Disk {
 public:
  VirtualDisk() { folders_.insert("/"); }

  // -- Disk
  Result<std::vector<FileInfo>> list(const std::string& folder) override;
  Result<FileInfo> info(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::size_t max_bytes) override;
  Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                              std::size_t size) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status replace(const std::string& from, const std::string& to) override;
  bool locked(const std::string& path) override { return locks.contains(path); }
  Status write(const std::string& path, std::string_view bytes, bool durable) override;
  Status write_at(const std::string& path, std::uint64_t offset, std::string_view bytes) override;
  Status sync(const std::string& path) override;
  Status copy_durable(const std::string& from, const std::string& to) override;
  Result<Digest> digest(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status make_folder(const std::string& path, bool durable = true) override;
  Status remove_folder(const std::string& path) override;

  // -- what only a test does

  /// The power fails: what was not synced is gone.
  void crash();

  /// Asked before every call with its name ("write", "sync", …) and path; what it returns is what
  /// the call fails with. Nothing is changed by a call that fails this way.
  using Fault = std::function<std::optional<Error>(std::string_view call, const std::string& path)>;
  void set_fault(Fault fault) { fault_ = std::move(fault); }
  /// Calls so far. With set_fault: fail, or crash, at the n-th.
  std::uint64_t calls() const { return calls_; }

  /// What the system's clock says from now on; never goes back.
  void set_clock(Instant now) { clock_ns_ = std::max(clock_ns_, to_micros(now) * 1000); }

  /// Files that another program has open and locked.
  std::set<std::string> locks;

  /// A link, FIFO or device, which no program of ours makes.
  void put_other(const std::string& path);

 private:
  struct File {
    std::string bytes;
    std::string synced;  ///< what a crash leaves
    FileType type = FileType::kRegular;
    std::int64_t mtime_ns = 0;
    std::int64_t changed_ns = 0;
    std::uint64_t inode = 0;
    std::string name;          ///< its path in names_; empty: it has none any more
    std::string durable_name;  ///< the same in durable_
  };
  using FilePtr = std::shared_ptr<File>;
  using Names = std::map<std::string, FilePtr>;

  Status enter(std::string_view call, const std::string& path);
  Result<FilePtr> regular(const std::string& path) const;
  Status check_folder_of(const std::string& path) const;
  FilePtr new_file(std::string_view bytes);
  void enter_name(Names& names, std::string File::*field, const std::string& path,
                  const FilePtr& file);
  void sync_folder(const std::string& folder);
  static FileInfo info_of(const std::string& path, const File& file);

  Names names_;    ///< as programs see them
  Names durable_;  ///< as they are after a crash
  std::set<std::string> folders_;
  Fault fault_;
  std::uint64_t calls_ = 0;
  std::uint64_t inodes_ = 0;
  std::int64_t clock_ns_ = 1'700'000'000'000'000'000;
};

}  // namespace yizhan::store
