#pragma once
// Whether a document that is INI is a task file as well. Inside of agent/task_file.

#include <string>
#include <string_view>
#include <vector>

#include "agent/task_file.h"
#include "config/ini.h"
#include "config/result.h"
#include "wire/message.pb.h"

namespace yizhan::agent {

/// "FILE:LINE: WHAT".
Error error_at(const std::string& file_name, int line, const std::string& what,
               Code code = Code::kInvalid);

/// The entry's value, or null if the entry is missing or empty, which are the same to us.
const IniEntry* find_filled(const IniSection& section, std::string_view key);

/// The keys that every message needs, which must be there before anything else is looked at.
Status check_envelope(const IniSection& envelope, const std::string& file_name);

/// Every known key by its type, the numbering of lists, what `kind` requires and forbids, and the
/// order of the last sections. Keys that look like a misspelt known one are added to `warnings`.
Status check_vocabulary(const IniDocument& document, wire::Kind kind, const std::string& file_name,
                        std::vector<std::string>& warnings);

/// The files that are to be found beside the task file, none twice. Values were checked before.
Result<std::vector<AttachmentClaim>> collect_claims(const IniDocument& document,
                                                    const std::string& file_name);

}  // namespace yizhan::agent
