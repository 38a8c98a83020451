#include "agent/task_project.h"

#include <algorithm>
#include <vector>

#include "agent/project_collect.h"
#include "exchange/omegat_project.h"
#include "wire/codec.h"
#include "wire/history.h"
#include "wire/project_path.h"

namespace yizhan::agent {

namespace {

/// What the task says of the attachment: "source" if nothing.
std::string role_of(const wire::Body& body, const std::string& name) {
  for (const wire::Section& section : body.sections()) {
    if (section.name() != "files") continue;
    for (const wire::Entry& one : section.entries()) {
      if (one.value() != name || !one.key().starts_with("file.")) continue;
      const std::string role = wire::entry_of(body, "files", one.key() + ".role");
      return role.empty() ? "source" : role;
    }
  }
  return "source";
}

}  // namespace

std::optional<ProjectPlace> place_of_task(const AgentOptions& options, const wire::Message& message,
                                          const wire::Body& body) {
  if (options.projects_dir.empty() || message.kind() != wire::TASK) return std::nullopt;
  if (wire::entry_of(body, "job", "type") != "translate") return std::nullopt;
  const std::string source = exchange::omegat_language(wire::entry_of(body, "job", "source_lang"));
  const std::string target = exchange::omegat_language(wire::entry_of(body, "job", "target_lang"));
  const std::string project = wire::entry_of(body, "project", "id");
  if (source.empty() || target.empty() || project.empty()) return std::nullopt;
  ProjectPlace place;
  const std::string job = wire::entry_of(body, "job", "id");
  // Jobs are often numbered within their project, and are as often named after it.
  const bool named_after = job.starts_with(project);
  place.name = exchange::omegat_folder_name(named_after ? job : project + " " + job);
  place.path = options.projects_dir + "/" + place.name;
  place.slice = wire::project_path(body) + "/" + source + "/" + target;
  if (!wire::check_slice(place.slice).ok()) return std::nullopt;
  place.reads = {client_of_slice(place.slice)};
  place.ask = message.sender().empty() ? "role:pm" : message.sender();
  place.task = format_uuid(wire::id_of(message));
  return place;
}

bool has_task_project(Context& context, const wire::Message& message, const wire::Body& body) {
  const auto place = place_of_task(context.options, message, body);
  if (!place) return false;
  return context.disk.info(place->path + "/" + std::string(exchange::kOmegatProjectFile)).ok();
}

Status make_task_project(Context& context, const ProjectPlace& place, const wire::Message& message,
                         const wire::Body& body, const std::string& delivered) {
  store::Disk& disk = context.disk;
  const LanguagePair languages = languages_of_slice(place.slice);
  TRY_ASSIGN(const exchange::OmegatProject project,
             exchange::default_omegat_project(place.path, languages.source, languages.target));
  for (const std::string& folder : exchange::omegat_folders(project)) {
    TRY(disk.make_folder(folder));
  }
  for (const wire::Attachment& attachment : message.attachments()) {
    const std::string role = role_of(body, attachment.name());
    if (role != "source" && role != "bilingual") continue;
    const Status copied = disk.copy_durable(delivered + "/" + attachment.name(),
                                            project.source_dir + "/" + attachment.name());
    if (!copied.ok() && copied.error().code != Code::kConflict) return copied;
  }
  // Last: a folder with this file is a project that can be opened.
  const std::string file = place.path + "/" + std::string(exchange::kOmegatProjectFile);
  if (!disk.info(file).ok()) TRY(disk.write(file, omegat_project_text(project), true));
  const std::string state = project_state_folder(context.options, place.name);
  TRY(disk.make_folder(state));
  return disk.write(state + "/place", place_text(place), true);
}

}  // namespace yizhan::agent
