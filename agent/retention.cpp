#include "agent/retention.h"

#include <cstdint>
#include <string>

#include "agent/delivered_files.h"

namespace yizhan::agent {

namespace {

constexpr Micros kInterval = std::chrono::hours(1);
constexpr int kBatch = 512;

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
  return purged > 0 ? sweep_folders() : Status();
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
