// What happens to a task file that is whole: claimed, read, judged, moved on.

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/intake.h"
#include "agent/outgoing.h"
#include "agent/task_file.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

constexpr int kClaimAttempts = 4;
constexpr int kRecoverBatch = 256;

Judgement rejected(const std::string& why) {
  return {Judgement::kRejected, why};
}

/// The attachments of a stored message, which need not lie beside its file a second time.
Result<std::vector<wire::Attachment>> known_attachments(Context& context, const std::string& raw) {
  const auto id = MessageId::from(raw);
  if (!id) return std::vector<wire::Attachment>();
  std::string bytes;
  TRY_ASSIGN(const auto outgoing, context.store.outgoing(*id));
  if (outgoing) {
    bytes = outgoing->message;
  } else {
    TRY_ASSIGN(const auto incoming, context.store.incoming(*id));
    if (!incoming) return std::vector<wire::Attachment>();
    bytes = incoming->message;
  }
  wire::Message message;
  if (!message.ParseFromString(bytes)) return std::vector<wire::Attachment>();
  return std::vector<wire::Attachment>(message.attachments().begin(), message.attachments().end());
}

}  // namespace

Status Intake::recover() {
  next_scan_ = context_.now.steady + context_.options.rescan_interval;
  if (const Status made = context_.disk.make_folder(context_.options.state_dir + "/rejected");
      !made.ok()) {
    context_.warn(made.error().message);
  }
  for (Folder& folder : folders_) {
    try_to_prepare(folder);
    if (folder.mode != FolderMode::kManaged) continue;
    const std::string claimed = folder.path + std::string(kClaimedFolder);
    const auto files = context_.disk.list(claimed);
    if (!files.ok()) continue;  // said by try_to_prepare() or by the first scan
    for (const store::FileInfo& file : *files) {
      if (file.type != store::FileType::kRegular || file.name.front() == '.') continue;
      Candidate candidate;
      candidate.folder = &folder;
      candidate.name = name_of_claimed(file.name);
      candidate.path = claimed + "/" + file.name;
      candidate.origin = watch_origin(folder.name, candidate.name);
      candidate.beside = folder.path;
      TRY(consider(std::move(candidate)));
    }
  }
  // Every claimed file has been found again above, or has been moved on.
  while (true) {
    TRY_ASSIGN(auto rows, context_.store.unmoved_outgoing(kRecoverBatch));
    if (rows.empty()) return {};
    TRY(context_.begin_write());
    for (store::Outgoing& row : rows) {
      row.claimed.clear();
      TRY(context_.store.update_outgoing(row));
    }
  }
}

/// Claims the file, so that it is ours alone, and judges what is in it.
Status Intake::take(Folder& folder, const store::FileInfo& info, std::string bytes) {
  Candidate candidate;
  candidate.folder = &folder;
  candidate.name = info.name;
  candidate.path = folder.path + "/" + info.name;
  candidate.beside = folder.path;
  candidate.origin = watch_origin(folder.name, info.name);
  if (folder.mode == FolderMode::kObserved) {
    folder.seen[info.name] = info;
    return consider(std::move(candidate));
  }
  for (int attempt = 0; attempt < kClaimAttempts; ++attempt) {
    const std::string claimed = folder.path + std::string(kClaimedFolder) + "/" +
                                claimed_name(context_.random.hex16(), info.name);
    Status moved = context_.disk.rename(candidate.path, claimed);
    if (!moved.ok() && moved.error().code == Code::kNotFound) {
      if (!context_.disk.info(candidate.path).ok()) return {};  // somebody took it away
      // It is there, so it is our folders that are not: theirs was deleted and made anew.
      moved = prepare(folder);
      if (moved.ok()) continue;
    }
    if (moved.ok()) {
      folder.seen.erase(info.name);
      candidate.path = claimed;
      // What is judged is what lies in claimed: read again, unless nothing has touched it.
      const auto there = context_.disk.info(claimed);
      const bool untouched = there.ok() && there->inode == info.inode &&
                             there->mtime_ns == info.mtime_ns && there->size == info.size;
      if (untouched && bytes.size() == info.size) candidate.bytes = std::move(bytes);
      return consider(std::move(candidate));
    }
    if (moved.error().code != Code::kConflict) {
      leave_alone(folder, info, moved.error().message);
      folder.unreadable.insert(info.name);
      return {};
    }
  }
  return {};
}

/// Judges a file from what it holds now; afterwards it is finished, or waits for attachments.
Status Intake::consider(Candidate candidate) {
  auto bytes = candidate.bytes ? Result<std::string>(std::move(*candidate.bytes))
                               : context_.disk.read(candidate.path, wire::kMaxTaskFileBytes);
  candidate.bytes.reset();
  if (!bytes.ok()) {
    if (bytes.error().code == Code::kNotFound) return {};
    const bool large = bytes.error().code == Code::kLimit;
    return finish(
        candidate,
        rejected(large ? "it is over the limit of " + std::to_string(wire::kMaxTaskFileBytes) +
                             " bytes for a task file; send what is large as an attachment"
                       : bytes.error().message),
        {});
  }
  bytes_this_step_ += bytes->size();
  if (candidate.folder->mode == FolderMode::kObserved) candidate.hash = sha256_of(*bytes);
  auto file = parse_task_file(*bytes, shown(candidate.name));
  if (!file.ok()) return finish(candidate, rejected(file.error().message), {});

  std::vector<std::string> files;
  if (!file->attachments.empty()) {
    TRY_ASSIGN(Gathered gathered, gather(candidate, *file));
    bytes_this_step_ += gathered.bytes;
    if (gathered.state == Gathered::kWaiting) {
      wait(std::move(candidate), file->attachments, gathered.look_again);
      return {};
    }
    if (gathered.state == Gathered::kRejected) {
      return finish(candidate, rejected(gathered.reason), {});
    }
    for (wire::Attachment& one : gathered.attachments) {
      *file->message.add_attachments() = std::move(one);
    }
    files = std::move(gathered.files);
  }
  const bool in_place = candidate.folder->mode == FolderMode::kObserved;
  TRY_ASSIGN(Judgement judgement, judge(context_, inbox_, file->message, candidate.origin,
                                        in_place ? "" : candidate.path));
  for (const std::string& warning : file->warnings) judgement.text += "\nwarning: " + warning;
  return finish(candidate, judgement, files);
}

Result<Gathered> Intake::gather(Candidate& candidate, const TaskFile& file) {
  TRY_ASSIGN(const auto known, known_attachments(context_, file.message.id()));
  return gather_attachments(context_, candidate.beside, file.attachments, known, candidate.patience,
                            candidate.watch);
}

void Intake::wait(Candidate candidate, const std::vector<AttachmentClaim>& claims,
                  Steady look_again) {
  candidate.look_again = look_again;
  for (const AttachmentClaim& claim : claims) {
    const std::string path = candidate.beside + "/" + claim.name;
    candidate.wanted.push_back(path);
    wanted_by_[path].insert(candidate.path);
  }
  const std::string path = candidate.path;
  waiting_[path] = std::move(candidate);
}

/// Something that a waiting file needs may have come, or its time is over.
Status Intake::reconsider(const std::string& path) {
  auto found = waiting_.extract(path);
  if (found.empty()) return {};
  Candidate candidate = std::move(found.mapped());
  for (const std::string& wanted : std::exchange(candidate.wanted, {})) {
    const auto by = wanted_by_.find(wanted);
    if (by == wanted_by_.end()) continue;
    by->second.erase(path);
    if (by->second.empty()) wanted_by_.erase(by);
  }
  return consider(std::move(candidate));
}

Status Intake::finish(const Candidate& candidate, const Judgement& judgement,
                      const std::vector<std::string>& files) {
  bool quiet = false;
  switch (candidate.folder->mode) {
    case FolderMode::kManaged:
      finish_managed(candidate, judgement, files);
      break;
    case FolderMode::kObserved:
      TRY(finish_observed(candidate, &quiet));
      break;
    case FolderMode::kSpool:
      finish_spooled(candidate, judgement);
      break;
  }
  if (quiet) return {};
  if (judgement.kind == Judgement::kRejected) {
    context_.warn("rejected " + shown(candidate.origin) + ": " + judgement.text);
    context_.event("rejected", nullptr, {{"origin", candidate.origin}, {"reason", judgement.text}});
  } else if (judgement.kind == Judgement::kKnown) {
    context_.event("known", nullptr, {{"origin", candidate.origin}, {"text", judgement.text}});
  }
  return {};
}

void Intake::finish_managed(const Candidate& candidate, const Judgement& judgement,
                            const std::vector<std::string>& files) {
  const std::string& folder = candidate.folder->path;
  const std::string claimed(last_component(candidate.path));
  const auto result = [&](std::string_view suffix) {
    return result_path(folder, candidate.name, suffix);
  };
  // The task file moves last: if the agent ends in between, it is found claimed, and all of this is
  // done again.
  if (judgement.kind == Judgement::kRejected) {
    context_.after_commit(Context::Text{
        result(kRejectedSuffix),
        "rejected at " + format_time(context_.now.wall) + ": " + judgement.text + "\n"});
    context_.after_commit(Context::Move{candidate.path,
                                        folder + std::string(kRejectedFolder) + "/" + claimed,
                                        result(kRejectedSuffix)});
    return;
  }
  const std::string sent = folder + std::string(kSentFolder) + "/";
  const std::string prefix = claimed.substr(0, claimed.size() - name_of_claimed(claimed).size());
  for (const std::string& file : files) {
    context_.after_commit(
        Context::Move{file, sent + prefix + std::string(last_component(file)), {}});
  }
  // What was wrong with an earlier file of this name has been put right.
  context_.after_commit(Context::Removal{result(kRejectedSuffix)});
  context_.after_commit(Context::Text{result(kAcceptedSuffix), judgement.text + "\n"});
  context_.after_commit(Context::Move{candidate.path, sent + claimed, result(kAcceptedSuffix)});
}

void Intake::finish_spooled(const Candidate& candidate, const Judgement& judgement) {
  Context::Removal removal{candidate.beside, true, {}};
  if (judgement.kind == Judgement::kRejected) {
    const std::string kept = context_.options.state_dir + "/rejected/" +
                             std::string(last_component(candidate.beside)) + "-" + candidate.name;
    context_.after_commit(Context::Text{kept + std::string(kRejectedSuffix),
                                        shown(candidate.origin) + " rejected at " +
                                            format_time(context_.now.wall) + ": " + judgement.text +
                                            "\n"});
    context_.after_commit(Context::Move{candidate.path, kept, kept + std::string(kRejectedSuffix)});
    removal.unless = candidate.path;
  }
  context_.after_commit(std::move(removal));
}

/// The file stays; that its content has been judged is remembered, wherever it is moved to.
Status Intake::finish_observed(const Candidate& candidate, bool* seen_before) {
  if (candidate.hash == Sha256{}) return {};  // it could not be read
  TRY(context_.begin_write());
  TRY_ASSIGN(*seen_before, context_.store.seen_before(candidate.hash, context_.wall_us()));
  return {};
}

}  // namespace yizhan::agent
