#include "tests/store/virtual_disk.h"

#include <algorithm>

namespace yizhan::store {

namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The files right in `folder`, those of its subfolders left out.
template <class Names>
std::vector<typename Names::value_type> in_folder(const Names& names, const std::string& folder) {
  const std::string prefix = folder == "/" ? folder : folder + "/";
  std::vector<typename Names::value_type> found;
  for (auto name = names.lower_bound(prefix); name != names.end(); ++name) {
    if (name->first.compare(0, prefix.size(), prefix) != 0) break;
    if (name->first.find('/', prefix.size()) == std::string::npos) found.push_back(*name);
  }
  return found;
}

Error not_found(const std::string& path) {
  return {Code::kNotFound, path + ": there is nothing of that name"};
}

}  // namespace

Status VirtualDisk::enter(std::string_view call, const std::string& path) {
  ++calls_;
  if (fault_) {
    if (const auto error = fault_(call, path)) return *error;
  }
  return {};
}

VirtualDisk::FilePtr VirtualDisk::new_file(std::string_view bytes) {
  auto file = std::make_shared<File>();
  file->bytes = std::string(bytes);
  file->inode = ++inodes_;
  file->mtime_ns = file->changed_ns = ++clock_ns_;
  return file;
}

FileInfo VirtualDisk::info_of(const std::string& path, const File& file) {
  return {path.substr(path.rfind('/') + 1),
          file.type,
          file.bytes.size(),
          file.mtime_ns,
          file.inode,
          file.changed_ns};
}

Result<VirtualDisk::FilePtr> VirtualDisk::regular(const std::string& path) const {
  if (folders_.count(path) > 0) return Error{Code::kInvalid, path + ": it is a folder"};
  const auto found = names_.find(path);
  if (found == names_.end()) return not_found(path);
  if (found->second->type != FileType::kRegular) {
    return Error{Code::kInvalid, path + ": it is not a regular file"};
  }
  return found->second;
}

Status VirtualDisk::check_folder_of(const std::string& path) const {
  if (folders_.count(folder_of(path)) == 0) return not_found(folder_of(path));
  return {};
}

Result<std::vector<FileInfo>> VirtualDisk::list(const std::string& folder) {
  TRY(enter("list", folder));
  if (folders_.count(folder) == 0) return not_found(folder);
  std::vector<FileInfo> entries;
  for (const auto& [path, file] : in_folder(names_, folder)) {
    entries.push_back(info_of(path, *file));
  }
  for (const std::string& path : folders_) {
    if (path == folder || folder_of(path) != folder) continue;
    entries.push_back({path.substr(path.rfind('/') + 1), FileType::kDirectory, 0, 0, 0, 0});
  }
  std::sort(entries.begin(), entries.end(),
            [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
  return entries;
}

Result<FileInfo> VirtualDisk::info(const std::string& path) {
  TRY(enter("info", path));
  if (folders_.count(path) > 0) {
    return FileInfo{path.substr(path.rfind('/') + 1), FileType::kDirectory, 0, 0, 0, 0};
  }
  const auto found = names_.find(path);
  if (found == names_.end()) return not_found(path);
  return info_of(path, *found->second);
}

Result<std::string> VirtualDisk::read(const std::string& path, std::size_t max_bytes) {
  TRY(enter("read", path));
  TRY_ASSIGN(const FilePtr file, regular(path));
  if (file->bytes.size() > max_bytes) return Error{Code::kLimit, path + ": it is too large"};
  return file->bytes;
}

Result<std::string> VirtualDisk::read_at(const std::string& path, std::uint64_t offset,
                                         std::size_t size) {
  TRY(enter("read_at", path));
  TRY_ASSIGN(const FilePtr file, regular(path));
  if (offset >= file->bytes.size()) return std::string();
  return file->bytes.substr(static_cast<std::size_t>(offset), size);
}

Status VirtualDisk::rename(const std::string& from, const std::string& to) {
  TRY(enter("rename", from));
  const auto found = names_.find(from);
  if (found == names_.end()) return not_found(from);
  TRY(check_folder_of(to));
  if (names_.count(to) > 0 || folders_.count(to) > 0) {
    return Error{Code::kConflict, to + ": it exists"};
  }
  found->second->changed_ns = ++clock_ns_;
  enter_name(names_, &File::name, to, FilePtr(found->second));
  return {};
}

Status VirtualDisk::replace(const std::string& from, const std::string& to) {
  TRY(enter("rename", from));
  const auto found = names_.find(from);
  if (found == names_.end()) return not_found(from);
  TRY(check_folder_of(to));
  if (folders_.count(to) > 0) return Error{Code::kInvalid, to + ": it is a folder"};
  found->second->changed_ns = ++clock_ns_;
  enter_name(names_, &File::name, to, FilePtr(found->second));
  return {};
}

Status VirtualDisk::write(const std::string& path, std::string_view bytes, bool durable) {
  TRY(enter("write", path));
  TRY(check_folder_of(path));
  if (folders_.count(path) > 0) return Error{Code::kInvalid, path + ": it is a folder"};
  const FilePtr file = new_file(bytes);
  enter_name(names_, &File::name, path, file);
  if (durable) {
    file->synced = file->bytes;
    sync_folder(folder_of(path));
  }
  return {};
}

Status VirtualDisk::write_at(const std::string& path, std::uint64_t offset,
                             std::string_view bytes) {
  TRY(enter("write_at", path));
  TRY(check_folder_of(path));
  if (names_.count(path) == 0 && folders_.count(path) == 0) {
    enter_name(names_, &File::name, path, new_file({}));
  }
  TRY_ASSIGN(const FilePtr file, regular(path));
  const auto at = static_cast<std::size_t>(offset);
  if (file->bytes.size() < at + bytes.size()) file->bytes.resize(at + bytes.size());
  file->bytes.replace(at, bytes.size(), bytes);
  file->mtime_ns = file->changed_ns = ++clock_ns_;
  return {};
}

Status VirtualDisk::sync(const std::string& path) {
  TRY(enter("sync", path));
  TRY_ASSIGN(const FilePtr file, regular(path));
  file->synced = file->bytes;
  sync_folder(folder_of(path));
  return {};
}

Status VirtualDisk::copy_durable(const std::string& from, const std::string& to) {
  TRY(enter("copy_durable", from));
  TRY_ASSIGN(const FilePtr source, regular(from));
  TRY(check_folder_of(to));
  if (names_.count(to) > 0 || folders_.count(to) > 0) {
    return Error{Code::kConflict, to + ": it exists"};
  }
  const FilePtr file = new_file(source->bytes);
  file->synced = file->bytes;
  enter_name(names_, &File::name, to, file);
  sync_folder(folder_of(to));
  return {};
}

Result<Disk::Digest> VirtualDisk::digest(const std::string& path) {
  TRY(enter("digest", path));
  TRY_ASSIGN(const FilePtr file, regular(path));
  return Digest{sha256_of(file->bytes), file->bytes.size()};
}

Status VirtualDisk::remove(const std::string& path) {
  TRY(enter("remove", path));
  if (folders_.count(path) > 0) return Error{Code::kIo, path + ": it is a folder"};
  enter_name(names_, &File::name, path, nullptr);
  return {};
}

Status VirtualDisk::make_folder(const std::string& path, bool /*durable*/) {
  TRY(enter("make_folder", path));
  for (std::string folder = path; folders_.count(folder) == 0; folder = folder_of(folder)) {
    if (names_.count(folder) > 0) return Error{Code::kConflict, folder + ": it is a file"};
    folders_.insert(folder);
    if (folder == ".") break;
  }
  return {};
}

Status VirtualDisk::remove_folder(const std::string& path) {
  TRY(enter("remove_folder", path));
  const std::string inside = path + "/";
  const auto file = names_.lower_bound(inside);
  const auto folder = folders_.lower_bound(inside);
  if ((file != names_.end() && file->first.compare(0, inside.size(), inside) == 0) ||
      (folder != folders_.end() && folder->compare(0, inside.size(), inside) == 0)) {
    return Error{Code::kIo, path + ": it is not empty"};
  }
  folders_.erase(path);
  return {};
}

/// Gives `path` to `file` (null: to nothing), which loses the path that it had.
void VirtualDisk::enter_name(Names& names, std::string File::*field, const std::string& path,
                             const FilePtr& file) {
  const auto there = names.find(path);
  if (there != names.end()) ((*there->second).*field).clear();
  if (file == nullptr) {
    names.erase(path);
    return;
  }
  if (!((*file).*field).empty()) names.erase((*file).*field);
  (*file).*field = path;
  names[path] = file;
}

/// The names in `folder` become durable, and so does the other half of each rename out of it or
/// into it.
void VirtualDisk::sync_folder(const std::string& folder) {
  for (const auto& [path, file] : in_folder(durable_, folder)) {
    if (file->name == path) continue;
    enter_name(durable_, &File::durable_name, path, nullptr);  // removed, replaced or renamed
    if (!file->name.empty()) enter_name(durable_, &File::durable_name, file->name, file);
  }
  for (const auto& [path, file] : in_folder(names_, folder)) {
    if (file->durable_name != path) enter_name(durable_, &File::durable_name, path, file);
  }
}

void VirtualDisk::crash() {
  for (const auto& [path, file] : names_) file->name.clear();
  names_ = durable_;
  for (const auto& [path, file] : names_) {
    file->name = path;
    file->bytes = file->synced;
    // A folder whose removal was not durable either is back, with what lay in it.
    for (std::string folder = folder_of(path); folders_.insert(folder).second;) {
      folder = folder_of(folder);
    }
  }
}

void VirtualDisk::put_other(const std::string& path) {
  const FilePtr file = new_file({});
  file->type = FileType::kOther;
  enter_name(names_, &File::name, path, file);
}

}  // namespace yizhan::store
