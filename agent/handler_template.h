#pragma once
// Which handler a message gets, and the arguments it is started with. Pure.
//
// A [handler NAME] fits when all its when.<field> conditions hold: the field's value equals one of
// the alternatives `a | b`, in which `*` stands for any characters. Reports and commands get only
// handlers that name their kind in when.kind; a command must be named outright, without `*`.
//
// In `run`, {file} {id} {folder} {project} {kind} {sender} and {section.key}, also written ${file}
// as in rules, take the message's values inside one argument: a value can never add an argument. A
// value that would make an option of its argument (a leading "-" where the template has none) is
// refused.

#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// The first handler that fits, or null. `body` is the message's.
const HandlerOptions* choose_handler(const std::vector<HandlerOptions>& handlers,
                                     const wire::Message& message, const wire::Body& body);

/// Whether `value` is one of the alternatives of `pattern`.
bool fits(std::string_view pattern, std::string_view value);

/// The argument list of `run` for a message whose task file is `file` in `folder`. `project` is the
/// folder of the OmegaT project that was made for it. The first
/// argument, the program, is taken as it is. kDenied names the argument that was refused.
Result<std::vector<std::string>> expand_run(const std::vector<std::string>& run,
                                            const wire::Message& message, const wire::Body& body,
                                            const std::string& file, const std::string& folder,
                                            const std::string& project = {});

}  // namespace yizhan::agent
