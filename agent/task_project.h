#pragma once
// A received task to translate becomes an OmegaT project: its folders, its source files, and the
// note that makes the agent follow it. Derived from the message: repeating it completes what is
// missing and never touches what a translator may have changed.

#include <optional>
#include <string>

#include "agent/context.h"
#include "agent/project_place.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// The project of a task; nothing if the message is no task to translate, or the agent makes no
/// projects (projects_dir), or the task's languages are none, or the names of client and project
/// are too long for a slice. Pure.
std::optional<ProjectPlace> place_of_task(const AgentOptions& options, const wire::Message& message,
                                          const wire::Body& body);

/// Whether the task has its project here: opening it is not doing it, so a handler's end says
/// nothing of the task's.
bool has_task_project(Context& context, const wire::Message& message, const wire::Body& body);

/// Makes it. The message's files must lie in `delivered` already. kIo, kInvalid, …: what could not
/// be made.
Status make_task_project(Context& context, const ProjectPlace& place, const wire::Message& message,
                         const wire::Body& body, const std::string& delivered);

}  // namespace yizhan::agent
