#include "agent/project_files.h"

#include <utility>

namespace yizhan::agent {

namespace {

constexpr int kMaxDepth = 16;

void add_files(store::Disk& disk, const std::string& folder, const std::string& prefix, int depth,
               std::map<std::string, store::FileInfo>* files) {
  const auto entries = disk.list(folder);
  if (!entries.ok() || depth > kMaxDepth) return;
  for (const store::FileInfo& entry : *entries) {
    if (files->size() >= kMaxProjectFiles) return;
    if (entry.type == store::FileType::kDirectory) {
      add_files(disk, folder + "/" + entry.name, prefix + entry.name + "/", depth + 1, files);
    } else if (entry.type == store::FileType::kRegular) {
      files->emplace(prefix + entry.name, entry);
    }
  }
}

}  // namespace

std::map<std::string, store::FileInfo> files_below(store::Disk& disk, const std::string& folder) {
  std::map<std::string, store::FileInfo> files;
  add_files(disk, folder, "", 0, &files);
  return files;
}

bool is_settled(store::Disk& disk, const std::string& path, const store::FileInfo& info,
                Instant now) {
  const std::int64_t age_us = to_micros(now) - info.changed_ns / 1000;
  const bool fresh = age_us >= 0 && age_us < kSettled.count();
  return !fresh && !disk.being_written(path);
}

Result<std::unique_ptr<DiskSource>> DiskSource::open(store::Disk& disk, const std::string& path) {
  TRY_ASSIGN(store::FileInfo info, disk.info(path));
  if (info.type != store::FileType::kRegular) {
    return Error{Code::kInvalid, path + " is not a regular file"};
  }
  return std::unique_ptr<DiskSource>(new DiskSource(disk, path, std::move(info)));
}

Result<std::size_t> DiskSource::read(char* into, std::size_t size) {
  TRY_ASSIGN(const std::string bytes, disk_.read_at(path_, at_, size));
  bytes.copy(into, bytes.size());
  at_ += bytes.size();
  return bytes.size();
}

Status DiskSource::rewind() {
  at_ = 0;
  return {};
}

bool DiskSource::is_unchanged() const {
  const auto now = disk_.info(path_);
  return now.ok() && *now == info_;
}

DiskOutput::DiskOutput(store::Disk& disk, std::string temporary)
    : disk_(disk), temporary_(std::move(temporary)) {}

DiskOutput::~DiskOutput() {
  if (!done_ && at_ > 0) (void)disk_.remove(temporary_);
}

Status DiskOutput::write(std::string_view bytes) {
  // What a crash left there would show behind a shorter file.
  if (at_ == 0) TRY(disk_.remove(temporary_));
  TRY(disk_.write_at(temporary_, at_, bytes));
  at_ += bytes.size();
  return {};
}

Status DiskOutput::commit(const std::string& path) {
  TRY(disk_.sync(temporary_));
  TRY(disk_.replace(temporary_, path));
  done_ = true;
  return {};
}

}  // namespace yizhan::agent
