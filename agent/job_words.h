#pragma once
// What whoever gave a task says of it after it was delivered: `approved` and `closed` end it,
// `rework` sends it back. Said by a status in reply to the task (docs/task-file.md).

#include <string>

#include "agent/context.h"
#include "agent/control_json.h"
#include "config/result.h"
#include "store/client_store.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// Takes in what `status` says of the received task `about`: only the task's sender, and the
/// project manager that it names, have a say. Anything else changes nothing.
Status take_job_word(Context& context, const MessageId& about, const wire::Message& status);

/// The broker has put the report `id` of ours into quarantine, as `receipt` says: a delivery that
/// it was is none, and can be made again. Anything else changes nothing.
Status take_quarantine(Context& context, const MessageId& id, const wire::Message& receipt);

/// Says `word` of a task of ours to those who have delivered it; `closed`, if nobody has, to all it
/// went to. kInvalid, with nothing changed, if the word cannot be said.
Result<Json> say_job_word(Context& context, const store::Outgoing& task,
                                    const std::string& word, const std::string& reason);

}  // namespace yizhan::agent
