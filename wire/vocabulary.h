#pragma once
// The words of the envelope, the same in task files, JSON, SQL dumps and docs.

#include <optional>
#include <string>
#include <string_view>

#include "wire/message.pb.h"

namespace yizhan::wire {

std::optional<Kind> parse_kind(std::string_view word);
std::optional<Priority> parse_priority(std::string_view word);
std::optional<Ack> parse_ack(std::string_view word);
const char* kind_name(int kind);          ///< "task"; "unknown" for a number of a newer version
const char* priority_name(int priority);
const char* ack_name(int ack);

/// True for kinds that people and programs may write; the broker's own are not.
bool is_writable(int kind);

/// "task, question, …", those that may be written: for error messages and help.
const std::string& all_kinds();

/// The data state a message has when the broker stores it: task → "sent", question and challenge →
/// "open", reply → "answered", guidance → "published", command → "issued", data → "stored",
/// status and receipt → "noted".
const char* initial_state(int kind);

/// What whoever gave a task says of it in a status: "approved", "closed" or "rework".
bool is_job_word(std::string_view word);

/// True for kinds that report on another message (status, receipt).
inline bool is_report(int kind) { return kind == STATUS || kind == RECEIPT; }

}  // namespace yizhan::wire
