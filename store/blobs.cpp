#include "store/blobs.h"

#include <algorithm>

namespace yizhan::store {

namespace {

/// A file up to this size is read once, hashed and written from memory; above it is copied.
constexpr std::size_t kSmallFileBytes = 1024 * 1024;
constexpr std::size_t kReadBackBytes = 1024 * 1024;

/// True when a partial file that grows from `before` to `after` should be synced now.
bool is_sync_due(std::uint64_t before, std::uint64_t after) {
  return before / kSyncBytes != after / kSyncBytes;
}

bool is_before(const FileInfo& file, std::int64_t before_us) {
  return file.changed_ns / 1000 < before_us;
}

}  // namespace

Result<Blobs> Blobs::open(Disk& disk, std::string folder) {
  TRY(disk.make_folder(folder + "/partial"));
  return Blobs(disk, std::move(folder));
}

std::string Blobs::path(const Sha256& hash) const {
  const std::string hex = to_hex(hash);
  return folder_ + "/" + hex.substr(0, 2) + "/" + hex;
}

std::string Blobs::partial_path(const Sha256& hash) const {
  return folder_ + "/partial/" + to_hex(hash);
}

bool Blobs::has(const Sha256& hash) const {
  if (!disk_->info(path(hash)).ok()) return false;
  const std::size_t folder = hash.data[0];
  if (!durable_[folder]) durable_[folder] = disk_->sync(path(hash)).ok();
  return durable_[folder];
}

Result<Blobs::State> Blobs::state(const Sha256& hash) const {
  const auto whole = disk_->info(path(hash));
  if (whole.ok()) return State{whole->size, true};
  if (whole.error().code != Code::kNotFound) return whole.error();
  const auto part = disk_->info(partial_path(hash));
  if (part.ok()) return State{part->size, false};
  if (part.error().code != Code::kNotFound) return part.error();
  return State{};
}

Result<Blobs::State> Blobs::add(const Sha256& hash, std::uint64_t size, std::uint64_t offset,
                                std::string_view bytes) {
  if (bytes.size() > size || offset > size - bytes.size()) {
    return Error{Code::kLimit, "attachment " + to_hex(hash) + ": a chunk ends at " +
                                   std::to_string(offset) + "+" + std::to_string(bytes.size()) +
                                   ", past the announced size of " + std::to_string(size)};
  }
  TRY_ASSIGN(State held, state(hash));
  if (held.complete) return held;
  if (held.offset > size) {
    forget(hash);
    TRY(disk_->remove(partial_path(hash)));
    return State{};
  }
  if (offset > held.offset) return held;
  const std::uint64_t known = held.offset - offset;  // what of this chunk is held already
  if (known < bytes.size()) {
    bytes.remove_prefix(static_cast<std::size_t>(known));
    TRY(append(hash, held.offset, bytes));
    held.offset += bytes.size();
  }
  if (held.offset < size) return held;
  TRY(complete(hash, size));
  return State{size, true};
}

Status Blobs::append(const Sha256& hash, std::uint64_t held, std::string_view bytes) {
  TRY_ASSIGN(Running* const running, running_at(hash, held));
  const Status written = disk_->write_at(partial_path(hash), held, bytes);
  if (!written.ok()) {
    forget(hash);  // part of it may be there; the next chunk starts from what the file then holds
    return written;
  }
  running->hash.add(bytes);
  running->offset += bytes.size();
  if (is_sync_due(held, running->offset)) return disk_->sync(partial_path(hash));
  return {};
}

Result<Blobs::Running*> Blobs::running_at(const Sha256& hash, std::uint64_t offset) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const Running& one) { return one.name == hash; });
  if (found != running_.end() && found->offset == offset) {
    running_.splice(running_.begin(), running_, found);
    return &running_.front();
  }
  if (found != running_.end()) running_.erase(found);
  Running fresh{hash, 0, {}};
  while (fresh.offset < offset) {  // what an earlier run left
    const auto wanted = std::min<std::uint64_t>(kReadBackBytes, offset - fresh.offset);
    TRY_ASSIGN(const std::string bytes,
               disk_->read_at(partial_path(hash), fresh.offset, static_cast<std::size_t>(wanted)));
    if (bytes.empty()) {
      return Error{Code::kIo, "read " + partial_path(hash) + ": it became shorter"};
    }
    fresh.hash.add(bytes);
    fresh.offset += bytes.size();
  }
  running_.push_front(std::move(fresh));
  if (running_.size() > kMaxRunning) running_.pop_back();
  return &running_.front();
}

void Blobs::forget(const Sha256& hash) {
  running_.remove_if([&](const Running& one) { return one.name == hash; });
}

Status Blobs::complete(const Sha256& hash, std::uint64_t size) {
  const std::string partial = partial_path(hash);
  if (size == 0) TRY(disk_->write_at(partial, 0, {}));
  TRY_ASSIGN(Running* const running, running_at(hash, size));
  const Sha256 actual = running->hash.finish();
  forget(hash);
  if (actual != hash) {
    TRY(disk_->remove(partial));
    return Error{Code::kInvalid, "attachment " + to_hex(hash) + ": the " + std::to_string(size) +
                                     " bytes received have the hash " + to_hex(actual) +
                                     "; send it again from the start"};
  }
  return publish(partial, hash);
}

/// Makes a verified file on the same file system the blob. Its bytes are on disk before its name
/// is: a crash in between must not leave a complete-looking blob without content.
Status Blobs::publish(const std::string& from, const Sha256& hash) {
  const std::string to = path(hash);
  TRY(disk_->sync(from));
  TRY(disk_->make_folder(to.substr(0, to.rfind('/'))));
  durable_[hash.data[0]] = false;  // until the sync below has succeeded
  const Status renamed = disk_->rename(from, to);
  if (!renamed.ok() && renamed.error().code != Code::kConflict) return renamed;
  if (!renamed.ok()) TRY(disk_->remove(from));  // the same content came another way
  TRY(disk_->sync(to));
  durable_[hash.data[0]] = true;
  return {};
}

Result<Disk::Digest> Blobs::take_file(const std::string& path) {
  TRY_ASSIGN(const FileInfo info, disk_->info(path));
  if (info.size <= kSmallFileBytes) {
    TRY_ASSIGN(const std::string bytes, disk_->read(path, 2 * kSmallFileBytes));
    const Disk::Digest digest{sha256_of(bytes), bytes.size()};
    if (has(digest.sha256)) return digest;
    const std::string to = this->path(digest.sha256);
    TRY(disk_->make_folder(to.substr(0, to.rfind('/'))));
    durable_[digest.sha256.data[0]] = false;  // until the write has succeeded as a whole
    TRY(disk_->write(to, bytes, true));
    return digest;
  }
  TRY_ASSIGN(const Disk::Digest digest, disk_->digest(path));
  if (has(digest.sha256)) return digest;
  const std::string copy = partial_path(digest.sha256) + ".copy";
  TRY(disk_->remove(copy));  // of a process that died here
  TRY(disk_->copy_durable(path, copy));
  TRY_ASSIGN(const Disk::Digest copied, disk_->digest(copy));
  if (copied.sha256 != digest.sha256) {
    TRY(disk_->remove(copy));
    return Error{Code::kInvalid, "attachment " + path +
                                     ": it is still being written; put it there again when it "
                                     "is complete"};
  }
  TRY(publish(copy, digest.sha256));
  return digest;
}

Result<std::string> Blobs::read(const Sha256& hash, std::uint64_t offset, std::size_t size) const {
  return disk_->read_at(path(hash), offset, size);
}

Status Blobs::remove(const Sha256& hash) {
  forget(hash);
  TRY(disk_->remove(partial_path(hash)));
  return disk_->remove(path(hash));
}

Result<std::vector<Sha256>> Blobs::unchanged(unsigned char first, std::int64_t before_us) const {
  Sha256 any;
  any.data[0] = first;
  const std::string path = this->path(any);
  const auto files = disk_->list(path.substr(0, path.rfind('/')));
  std::vector<Sha256> found;
  if (!files.ok() && files.error().code == Code::kNotFound) return found;
  if (!files.ok()) return files.error();
  for (const FileInfo& file : *files) {
    const auto hash = sha256_from_hex(file.name);
    if (hash && file.type == FileType::kRegular && is_before(file, before_us)) {
      found.push_back(*hash);
    }
  }
  return found;
}

Status Blobs::remove_abandoned(std::int64_t before_us, int limit) {
  TRY_ASSIGN(const std::vector<FileInfo> files, disk_->list(folder_ + "/partial"));
  for (const FileInfo& file : files) {
    if (file.type != FileType::kRegular || !is_before(file, before_us)) continue;
    if (limit-- == 0) return {};
    if (const auto hash = sha256_from_hex(file.name)) forget(*hash);
    TRY(disk_->remove(folder_ + "/partial/" + file.name));
  }
  return {};
}

}  // namespace yizhan::store
