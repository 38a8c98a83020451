#pragma once
// Questions that translators ask by a note in OmegaT, and how the answers come back to them.

#include <string>
#include <vector>

#include "agent/context.h"
#include "agent/project_place.h"
#include "config/result.h"
#include "exchange/omegat_diff.h"
#include "exchange/omegat_glossary.h"
#include "exchange/omegat_project.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// Puts the question into the outbox, once: the same words about the same segment are one message.
Status queue_question(Context& context, const ProjectPlace& place,
                      const exchange::OmegatProject& layout,
                      const exchange::OmegatQuestion& question);

/// The name of the project whose question `message` (a reply) answers; empty if it is none's.
Result<std::string> project_answered(Context& context, const wire::Message& message);

/// Remembers a reply among the answers of `project`, in the step's transaction. A reply that comes
/// again, and one without words, changes nothing.
Status keep_answer(Context& context, const std::string& project, const wire::Message& reply);
/// What is remembered, oldest first.
Result<std::vector<exchange::GlossaryText::Answer>> kept_answers(Context& context,
                                                                 const std::string& project);

}  // namespace yizhan::agent
