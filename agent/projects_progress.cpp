// How far a translator is, and when he has made his documents.

#include <algorithm>

#include "agent/project_files.h"
#include "agent/projects.h"
#include "agent/reports.h"

namespace yizhan::agent {

namespace {

constexpr std::size_t kMaxStatsBytes = 4 * 1024 * 1024;
constexpr int kMaxDepth = 16;  // of folders below target/

std::string of(std::uint64_t left, std::uint64_t all) {
  return std::to_string(all - std::min(left, all)) + "/" + std::to_string(all);
}

}  // namespace

Status Projects::look_at_progress(Followed& one) {
  if (!std::exchange(one.look_stats, false)) return {};
  const auto info = context_.disk.info(one.layout->stats_file());
  if (!info.ok() || *info == one.stats) return {};
  const auto text = context_.disk.read(one.layout->stats_file(), kMaxStatsBytes);
  // OmegaT writes it in place: what is no table yet will be with the next look.
  if (!text.ok()) return {};
  const auto progress = exchange::parse_omegat_stats(*text);
  if (!progress.ok()) return {};
  one.stats = *info;
  if (one.progress && *one.progress == *progress) return {};
  one.progress = *progress;
  context_.event("progress", nullptr,
                 {{"project", one.place.name},
                  {"segments", of(progress->segments_left, progress->segments)},
                  {"words", of(progress->words_left, progress->words)},
                  {"percent", std::to_string(progress->percent())}});
  return tell_progress(one);
}

/// Tells the task's sender, at each tenth: nobody wants a message at each save.
Status Projects::tell_progress(Followed& one) {
  const int tenths = one.progress->percent() / 10;
  const auto task = parse_uuid(one.place.task);
  if (!task || tenths <= one.told_tenths) return {};
  one.told_tenths = tenths;
  const MessageId id =
      derive_uuid(*task, "progress:" + std::to_string(tenths) + ":" + context_.unique_code);
  const Details done = {
      {"progress_segments", of(one.progress->segments_left, one.progress->segments)},
      {"progress_words", of(one.progress->words_left, one.progress->words)},
      {"tool", "OmegaT"}};
  return say_status(context_, id, one.place.task, one.place.ask, "in_progress", done);
}

/// A number that changes whenever a file below `folder` does.
std::uint64_t Projects::state_of(const std::string& folder, int depth) const {
  const auto entries = context_.disk.list(folder);
  if (!entries.ok() || depth > kMaxDepth) return 0;
  std::uint64_t state = 0;
  for (const store::FileInfo& entry : *entries) {
    if (entry.type == store::FileType::kDirectory) {
      state = state * 31 + state_of(folder + "/" + entry.name, depth + 1);
    } else {
      state = state * 31 + entry.size;
      state = state * 31 + static_cast<std::uint64_t>(entry.mtime_ns);
      state = state * 31 + entry.inode;
    }
  }
  return state;
}

Status Projects::look_at_export(Followed& one) {
  const Steady now = context_.now.steady;
  if (std::exchange(one.look_export, false)) {
    const auto info = context_.disk.info(one.layout->export_file());
    const store::FileInfo seen = info.ok() ? *info : store::FileInfo();
    // What was there when the agent started was exported then.
    if (one.exported && !(seen == *one.exported) && info.ok()) {
      one.delivery.export_closed(now);
      one.target_state = state_of(one.layout->target_dir, 0);
    }
    one.exported = seen;
  }
  if (now < one.delivery.due()) return {};
  const std::uint64_t state = state_of(one.layout->target_dir, 0);
  if (state != one.target_state) {
    one.target_state = state;
    one.delivery.target_changed(now);
  }
  if (!one.delivery.take_finished(now)) return {};
  context_.info("project " + shown(one.place.name) + ": the translated documents are complete in " +
                shown(one.layout->target_dir));
  context_.event("exported", nullptr,
                 {{"project", one.place.name}, {"folder", one.layout->target_dir}});
  return tell_translated(one);
}

/// Once for each content of the documents, and only if nothing is left to translate. That they are
/// delivered is the translator's word.
Status Projects::tell_translated(Followed& one) {
  const auto task = parse_uuid(one.place.task);
  if (!task || !one.progress || one.progress->segments_left > 0) return {};
  TRY_ASSIGN(const bool under_way, is_under_way(one));
  if (!under_way) return {};
  const auto files = files_below(context_.disk, one.layout->target_dir);
  std::string all;
  for (const auto& [name, info] : files) {
    const auto digest = context_.disk.digest(one.layout->target_dir + "/" + name);
    if (!digest.ok()) return {};  // being made anew: another export will end
    all += name + "\n" + to_hex(digest->sha256) + "\n";
  }
  if (files.empty()) return {};
  const std::string hash = to_hex(sha256_of(all));
  const MessageId id = derive_uuid(*task, "translated:" + hash + ":" + context_.unique_code);
  return say_status(context_, id, one.place.task, one.place.ask, "translated",
                    {{"progress_segments", of(0, one.progress->segments)},
                     {"progress_words", of(0, one.progress->words)},
                     {"files", std::to_string(files.size())},
                     {"files_sha256", hash},
                     {"tool", "OmegaT"}});
}

}  // namespace yizhan::agent
