#pragma once
// Where the history of a message's project lies: the beginning of its slices' names, the same for
// its sender, the broker and everybody who receives it.

#include <string>

#include "wire/message.pb.h"

namespace yizhan::wire {

/// "CLIENT/PROJECT" of `[project]`, as the first names of a slice: what may not stand in one is
/// "_", a client that is not named "-". Empty if the message is of no project. May be longer than a
/// slice's name: check_slice() judges.
std::string project_path(const Body& body);

}  // namespace yizhan::wire
