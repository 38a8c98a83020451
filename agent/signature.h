#pragma once
// Signed task files: who vouches for a file that did not come through the broker. What is signed,
// and how: docs/task-file.md, "Signed files". Pure.

#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "config/result.h"
#include "config/signing.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// `bytes`, a task file of `user`, with a [signature] by `key` at its end and [end] behind it.
/// kInvalid with FILE:LINE if it is no good task file, is signed already, is not UTF-8, has another
/// sender or none, or an attachment whose sha256 it does not give.
Result<std::string> sign_task_file(std::string_view bytes, const std::string& file_name,
                                   const std::string& user, const SigningKey& key);

/// Whether `message`, with all its attachments, says what its signed_file says. kInvalid if not.
Status check_signed_file(const wire::Message& message);

/// The one among `trusted` whose key signed `message` and whose user is its sender. kDenied, and
/// why, if there is none. `message` has come from a file: with all attachments, and its sender as
/// it is written there.
Result<const TrustOptions*> find_signer(const wire::Message& message,
                                        const std::vector<TrustOptions>& trusted);

}  // namespace yizhan::agent
