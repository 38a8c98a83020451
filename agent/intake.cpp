// Finding task files: hints, listings, and what is whole enough to be taken. What then happens to
// one is in intake_take.cpp.

#include "agent/intake.h"

#include <algorithm>
#include <utility>

#include "agent/outgoing.h"
#include "agent/task_file.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

using store::FileInfo;
using store::FileType;

// The bounds of one step: a crowd of files is taken in bites, so that one commit serves many and
// nobody else waits for long.
constexpr int kFilesPerStep = 512;
constexpr std::uint64_t kBytesPerStep = std::uint64_t{64} << 20;
// As far as is_task_file() looks.
constexpr std::size_t kPrefixBytes = 64 * 1024;
// A spool entry whose maker died before it wrote where the file came from.
constexpr Micros kEntryPatience = std::chrono::seconds(10);

/// Whether a person who called a file so expects it to be taken.
bool is_called_like_a_task(const std::string& name) {
  for (const std::string_view suffix : {".ini", ".yizhan", ".ytask"}) {
    if (name.size() > suffix.size() &&
        name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0) {
      return true;
    }
  }
  return false;
}

bool is_listed(const std::vector<FileInfo>& entries, const std::string& name) {
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const FileInfo& one, const std::string& wanted) { return one.name < wanted; });
  return found != entries.end() && found->name == name;
}

}  // namespace

Intake::Intake(Context& context, Inbox& inbox) : context_(context), inbox_(inbox) {
  for (const WatchOptions& watch : context.options.watches) {
    Folder& folder = folders_.emplace_back();
    folder.name = watch.name;
    folder.path = watch.path;
    folder.mode = watch.managed ? FolderMode::kManaged : FolderMode::kObserved;
  }
  Folder& spool = folders_.emplace_back();
  spool.name = kSpoolName;
  spool.path = context.options.state_dir + "/" + std::string(kSpoolName);
  spool.mode = FolderMode::kSpool;
}

void Intake::on_hint(const FolderHint& hint) {
  for (Folder& folder : folders_) {
    if (folder.name != hint.watch) continue;
    if (hint.name.empty() || !folder.usable) {
      folder.scan = true;
    } else if (hint.name.find('/') == std::string::npos) {
      folder.enqueue(hint.name);
    }
  }
}

void Intake::rescan() {
  for (Folder& folder : folders_) folder.scan = true;
  next_scan_ = context_.now.steady + context_.options.rescan_interval;
}

bool Intake::has_more() const {
  return std::any_of(folders_.begin(), folders_.end(),
                     [](const Folder& one) { return one.scan || !one.queue.empty(); });
}

Steady Intake::next_wakeup() const {
  Steady next = next_scan_;
  for (const Folder& folder : folders_) {
    const Micros patience = folder.mode == FolderMode::kSpool ? kEntryPatience : kQuiet;
    for (const auto& [name, quiet] : folder.quiet) next = std::min(next, quiet.since + patience);
  }
  for (const auto& [path, candidate] : waiting_) next = std::min(next, candidate.look_again);
  return next;
}

std::vector<Intake::View> Intake::folders() const {
  std::vector<View> views;
  for (const Folder& folder : folders_) {
    views.push_back({folder.name, folder.path, folder.mode, folder.usable,
                     folder.queue.size() + folder.quiet.size()});
  }
  return views;
}

Status Intake::work() {
  const Steady now = context_.now.steady;
  // A little early rather than with a wake-up of its own: the heartbeat wakes us anyway.
  const Micros early =
      std::min(context_.options.heartbeat_interval, context_.options.rescan_interval / 8);
  if (now + early >= next_scan_) {
    context_.retry_file_work();
    rescan();
  }
  std::vector<std::string> due;
  for (const auto& [path, candidate] : waiting_) {
    if (candidate.look_again <= now) due.push_back(path);
  }
  for (const std::string& path : due) TRY(reconsider(path));

  int left = kFilesPerStep;
  bytes_this_step_ = 0;
  for (Folder& folder : folders_) {
    if (folder.scan && folder.queue.empty()) scan(folder);
    const Micros patience = folder.mode == FolderMode::kSpool ? kEntryPatience : kQuiet;
    for (const auto& [name, quiet] : folder.quiet) {
      if (quiet.since + patience <= now) folder.enqueue(name);
    }
    while (!folder.queue.empty() && left > 0 && bytes_this_step_ < kBytesPerStep) {
      const std::string name = std::move(folder.queue.front());
      folder.queue.pop_front();
      folder.queued.erase(name);
      --left;
      TRY(look(folder, name));
    }
  }
  return {};
}

/// Makes what we need of the folder.
Status Intake::prepare(const Folder& folder) {
  if (folder.mode == FolderMode::kObserved) return {};
  std::vector<std::string> paths = {folder.path};
  if (folder.mode == FolderMode::kManaged) {
    for (const std::string_view part : {kClaimedFolder, kSentFolder, kRejectedFolder}) {
      paths.push_back(folder.path + std::string(part));
    }
  }
  for (const std::string& path : paths) TRY(context_.disk.make_folder(path));
  return {};
}

/// The same, where a failure shows again when the folder is listed or a file is claimed.
void Intake::try_to_prepare(const Folder& folder) {
  if (const Status made = prepare(folder); !made.ok()) {
    context_.warn("folder " + shown(folder.name) + ": " + made.error().message);
  }
}

void Intake::scan(Folder& folder) {
  folder.scan = false;
  if (!folder.usable) try_to_prepare(folder);
  const auto entries = context_.disk.list(folder.path);
  if (!entries.ok()) {
    if (folder.usable) {
      context_.warn("folder " + shown(folder.name) + ": " + entries.error().message +
                    "; looking again at each rescan");
      context_.event("folder_unusable", nullptr,
                     {{"watch", folder.name}, {"reason", entries.error().message}});
    }
    folder.usable = false;
    return;
  }
  folder.usable = true;
  for (const FileInfo& info : *entries) {
    if (wanted_by_.count(folder.path + "/" + info.name) == 0) {
      if (is_never_taken(info.name) || is_settled(folder, info)) continue;
      if ((info.type == FileType::kDirectory) != (folder.mode == FolderMode::kSpool)) continue;
    }
    folder.enqueue(info.name);
  }
  std::erase_if(folder.seen, [&](const auto& one) { return !is_listed(*entries, one.first); });
  std::erase_if(folder.unreadable, [&](const auto& one) { return !is_listed(*entries, one); });
}

/// Whether this state of the file has been judged, or is being waited out.
bool Intake::is_settled(Folder& folder, const FileInfo& info) const {
  const auto seen = folder.seen.find(info.name);
  if (seen != folder.seen.end() && seen->second == info) {
    return folder.unreadable.count(info.name) == 0;
  }
  const auto quiet = folder.quiet.find(info.name);
  return quiet != folder.quiet.end() && quiet->second.info == info;
}

Status Intake::look(Folder& folder, const std::string& name) {
  const std::string path = folder.path + "/" + name;
  if (const auto wanted = wanted_by_.find(path); wanted != wanted_by_.end()) {
    const std::set<std::string> waiting = wanted->second;  // reconsider() changes the set
    for (const std::string& one : waiting) TRY(reconsider(one));
  }
  if (is_never_taken(name)) return {};
  const auto info = context_.disk.info(path);
  if (!info.ok()) {
    folder.seen.erase(name);
    folder.quiet.erase(name);
    return {};
  }
  if (folder.mode == FolderMode::kSpool) {
    return info->type == FileType::kDirectory ? look_at_entry(folder, name) : Status();
  }
  if (info->type == FileType::kDirectory) return {};
  const auto seen = folder.seen.find(name);
  const bool unchanged = seen != folder.seen.end() && seen->second == *info;
  const bool waited_for = folder.unreadable.count(name) != 0 || folder.quiet.count(name) != 0;
  if (unchanged && !waited_for) return {};
  return look_at_file(folder, *info, path);
}

Status Intake::look_at_file(Folder& folder, const FileInfo& info, const std::string& path) {
  if (info.type != FileType::kRegular) {
    leave_alone(folder, info, "it is not a regular file (a link, FIFO or device?)");
    return {};
  }
  auto bytes = context_.disk.read_at(path, 0, kPrefixBytes);
  if (!bytes.ok()) {
    if (bytes.error().code == Code::kNotFound) return {};
    leave_alone(folder, info, bytes.error().message);
    folder.unreadable.insert(info.name);
    return {};
  }
  folder.unreadable.erase(info.name);
  if (!is_task_file(*bytes)) {
    folder.quiet.erase(info.name);
    folder.seen[info.name] = info;
    return {};
  }
  if (bytes->size() < info.size && info.size <= wire::kMaxTaskFileBytes) {
    if (auto all = context_.disk.read(path, wire::kMaxTaskFileBytes); all.ok()) bytes = all;
  }
  if (!is_whole(folder, info, path, *bytes)) return {};
  folder.quiet.erase(info.name);
  return take(folder, info, std::move(*bytes));
}

/// Whether nothing more will be written to the file: it says so itself, or it has been still.
bool Intake::is_whole(Folder& folder, const FileInfo& info, const std::string& path,
                      const std::string& bytes) {
  if (bytes.size() >= info.size && is_complete(bytes)) return true;
  const auto known = folder.quiet.find(info.name);
  if (known != folder.quiet.end() && known->second.info == info) {
    if (context_.now.steady < known->second.since + kQuiet) return false;
    if (!context_.disk.being_written(path)) return true;
    // A writer that pauses: the wait begins anew.
    known->second.since = context_.now.steady;
    return false;
  }
  folder.quiet[info.name] = {info, context_.now.steady};
  return false;
}

/// Not ours to take, or not possible: said once, then silent until the file changes.
void Intake::leave_alone(Folder& folder, const FileInfo& info, const std::string& why) {
  const auto seen = folder.seen.find(info.name);
  const bool said = seen != folder.seen.end() && seen->second == info;
  folder.seen[info.name] = info;
  folder.quiet.erase(info.name);
  if (said) return;
  const std::string reason =
      "cannot take " + shown(info.name) + " in " + shown(folder.name) + ": " + why;
  context_.warn(reason);
  context_.event("unreadable", nullptr, {{"watch", folder.name}, {"reason", reason}});
  if (folder.mode == FolderMode::kManaged && is_called_like_a_task(info.name)) {
    context_.after_commit(
        Context::Text{result_path(folder.path, info.name, kRejectedSuffix),
                      "rejected at " + format_time(context_.now.wall) + ": " + reason + "\n"});
  }
}

/// An entry of the spool is whole when it says where its file came from.
Status Intake::look_at_entry(Folder& folder, const std::string& name) {
  const std::string entry = folder.path + "/" + name;
  const auto from = context_.disk.read(entry + "/" + std::string(kFromFile), wire::kMaxValueBytes);
  if (!from.ok()) {
    const auto quiet = folder.quiet.try_emplace(name, Folder::Quiet{{}, context_.now.steady}).first;
    if (context_.now.steady < quiet->second.since + kEntryPatience) return {};
  }
  folder.quiet.erase(name);
  std::string original = from.ok() ? from->substr(0, from->find('\n')) : "";
  const auto files = context_.disk.list(entry);
  if (!files.ok()) return {};
  Candidate candidate;
  candidate.folder = &folder;
  candidate.beside = entry;
  candidate.patience = false;
  candidate.name = std::string(last_component(original));
  for (const FileInfo& file : *files) {
    if (file.type != FileType::kRegular || file.name == kFromFile) continue;
    if (candidate.path.empty() || file.name == candidate.name) {
      candidate.path = entry + "/" + file.name;
    }
  }
  if (candidate.path.empty()) {
    context_.warn("spool entry " + shown(name) + " holds no file; removed");
    context_.after_commit(Context::Removal{entry, true});
    return {};
  }
  candidate.name = std::string(last_component(candidate.path));
  if (original.empty()) original = candidate.path;
  candidate.origin = "open:" + original;
  return consider(std::move(candidate));
}

}  // namespace yizhan::agent
