#include "agent/retention.h"

#include <cstdint>
#include <string>

#include "agent/delivered_files.h"
#include "agent/folder.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

namespace {

constexpr Micros kInterval = std::chrono::hours(1);
constexpr int kBatch = 512;
constexpr int kFileBatch = 4096;

}  // namespace

void Retention::start() {
  due_ = context_.now.steady + kInterval;
}

Status Retention::work() {
  if (context_.now.steady < due_) return {};
  const std::int64_t before = to_micros(context_.now.wall - context_.options.retention);
  TRY(context_.begin_write());
  TRY_ASSIGN(const std::int64_t purged, context_.store.purge_finished(before, kBatch));
  more_ = purged >= kBatch;
  if (more_) return {};
  due_ = context_.now.steady + kInterval;
  for (const WatchOptions& watch : context_.options.watches) {
    if (!watch.managed) continue;
    sweep_files(watch.path + std::string(kSentFolder), before);
    sweep_files(watch.path + std::string(kRejectedFolder), before);
  }
  sweep_files(context_.options.state_dir + "/rejected", before);
  sweep_.start(before);
  return purged > 0 ? sweep_folders() : Status();
}

/// Counted from the day the file was moved there: it may have been written long before.
void Retention::sweep_files(const std::string& folder, std::int64_t before_us) {
  const auto files = context_.disk.list(folder);
  if (!files.ok()) return;  // an unusable folder is said by the intake
  int left = kFileBatch;
  for (const store::FileInfo& file : *files) {
    if (file.type != store::FileType::kRegular || file.changed_ns / 1000 >= before_us) continue;
    if (left-- == 0) return;
    context_.after_commit(Context::Removal{folder + "/" + file.name, false, {}});
  }
}

Status Retention::sweep_attachments() {
  if (!sweep_.is_running()) return {};
  TRY(sweep_.work([this](bool from_start, const auto& keep) { return names(from_start, keep); }));
  if (const std::string trouble = sweep_.take_trouble(); !trouble.empty()) {
    context_.warn("old attachments are left for the next hour: " + trouble);
  }
  return {};
}

Result<bool> Retention::names(bool from_start, const store::BlobSweep::Keep& keep) {
  if (from_start) swept_outgoing_ = swept_incoming_ = 0;
  TRY_ASSIGN(auto messages,
             context_.store.outgoing_messages(&swept_outgoing_, store::kSweepMessages));
  if (messages.empty()) {
    TRY_ASSIGN(messages, context_.store.incoming_messages(&swept_incoming_, store::kSweepMessages));
  }
  for (const std::string& bytes : messages) {
    wire::Message message;
    if (!message.ParseFromString(bytes)) continue;  // damaged, and given up
    for (const wire::Attachment& attachment : message.attachments()) {
      if (const auto hash = Sha256::from(attachment.sha256())) keep(*hash);
    }
  }
  return !messages.empty();
}

/// Folders whose message is no longer stored are derived data of nothing.
Status Retention::sweep_folders() {
  const std::string inbox = context_.options.state_dir + "/inbox";
  const auto folders = context_.disk.list(inbox);
  if (!folders.ok()) return {};
  for (const store::FileInfo& folder : *folders) {
    const auto id = parse_uuid(folder.name);
    if (!id || folder.type != store::FileType::kDirectory) continue;
    TRY_ASSIGN(const auto row, context_.store.incoming(*id));
    if (!row)
      context_.after_commit(Context::Removal{delivered_folder(context_.options, *id), true, {}});
  }
  return {};
}

}  // namespace yizhan::agent
