// Source files that change under a job: the sender of the task is told, once for each change, also
// over restarts.

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/project_files.h"
#include "agent/projects.h"
#include "agent/reports.h"

namespace yizhan::agent {

namespace {

using Json = nlohmann::json;

/// What is known of a project's source files: {"reports": 1, "files": {"a.txt": "0f…"}}.
std::string fact_of(const std::string& project) {
  return "project-source:" + project;
}

}  // namespace

/// Whether nobody has ended the task yet.
Result<bool> Projects::is_under_way(const Followed& one) {
  const auto id = parse_uuid(one.place.task);
  if (!id) return false;
  TRY_ASSIGN(const auto task, context_.store.incoming(*id));
  return task && task->state != store::IncomingState::kDone &&
         task->state != store::IncomingState::kFailed;
}

/// Files that are new are only noted: what a translator adds is no new version of anything.
Status Projects::look_at_source(Followed& one) {
  const Steady now = context_.now.steady;
  const auto task = parse_uuid(one.place.task);
  if (!std::exchange(one.look_source, false) && now < one.source_due) return {};
  one.source_due = Steady::max();
  if (!task) return {};
  Json known;
  bool changed = false;
  for (const auto& [name, info] : files_below(context_.disk, one.layout->source_dir)) {
    const auto seen = one.sources.find(name);
    if (seen != one.sources.end() && seen->second == info) continue;
    const std::string path = one.layout->source_dir + "/" + name;
    if (!is_settled(context_.disk, path, info, context_.now.wall)) {
      one.source_due = now + kSettled;
      continue;
    }
    const auto digest = context_.disk.digest(path);
    if (!digest.ok()) continue;  // the next rescan looks again
    if (known.is_null()) {
      TRY_ASSIGN(const auto text, context_.store.fact(fact_of(one.place.name)));
      known = Json::parse(text.value_or("{}"), nullptr, false);
      if (!known.is_object() || !known["files"].is_object()) known = {{"files", Json::object()}};
    }
    one.sources[name] = info;
    const std::string key = shown(name);
    const std::string hash = to_hex(digest->sha256);
    const std::string before = known["files"].value(key, "");
    if (before == hash) continue;
    known["files"][key] = hash;
    changed = true;
    TRY_ASSIGN(const bool under_way, is_under_way(one));
    if (before.empty() || !under_way) continue;
    const int number = known.value("reports", 0) + 1;
    known["reports"] = number;
    context_.event("source-changed", &*task, {{"project", one.place.name}, {"file", key}});
    const MessageId id = derive_uuid(
        *task, "source:" + std::to_string(number) + ":" + hash + ":" + context_.unique_code);
    TRY(say_status(context_, id, one.place.task, one.place.ask, "source_changed",
                   {{"file", key}, {"old_sha256", before}, {"new_sha256", hash}}));
  }
  if (!changed) return {};
  TRY(context_.begin_write());
  return context_.store.save_fact(fact_of(one.place.name), known.dump());
}

}  // namespace yizhan::agent
