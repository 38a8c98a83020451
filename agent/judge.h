#pragma once
// Whose file is it, and what becomes of the message in it (SPEC 2). Reads and writes the store;
// touches no file.

#include <string>

#include "agent/context.h"
#include "agent/inbox.h"
#include "config/ids.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

struct Judgement {
  enum Kind {
    kTaken,     ///< outgoing, and now in the outbox
    kKnown,     ///< outgoing, and in the outbox or beyond it since before: one message
    kOpened,    ///< incoming, brought by the broker or well signed: its opening is recorded
    kRejected,  ///< and `text` says why
  };
  Kind kind = kRejected;
  std::string text;  ///< one line for the result file
};

/// Judges a message with all its attachments in the blobs. `origin` and `claimed` are kept with an
/// outgoing one; an incoming one that is new goes into `inbox`. Fails only if the store does.
Result<Judgement> judge(Context& context, Inbox& inbox, const wire::Message& message,
                        const std::string& origin, const std::string& claimed);

}  // namespace yizhan::agent
