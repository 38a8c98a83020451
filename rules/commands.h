#pragma once
// The commands of rules. `send recipient=role:pm template=forward text="with blanks"`: a verb and
// its arguments, each of which may hold `${field}`, but for those named below.
//
//   send          recipient template [text] [channel]     template: forward, receipt or a name
//   notify        recipient [channel], and template or text
//   escalate      recipient [template] [text] [channel]
//   recall        [recipient] [template]     without recipient: from all who have the message
//   resend
//   probe         recipient preset [template] [text] [link = yes | no]
//   cancel_probe  [preset]                   without: all of this message
//   command       recipient op, and arg.NAME … or args
//   set_state     state
//   set_flag      flag [value = yes | no]
//   quarantine    reason                     not in presets, nor the next four
//   upsert_terms
//   find_affected
//   answer_if_known
//   share_project recipient [access = read | write]
//   purge
//   webhook       url [secret] [template]    http or https; no ${…} in the host
//   run           program [arg.1 arg.2 …] [ok = STATE] [failed = STATE]
//
// template, channel, preset, op, flag, program, secret, ok, failed and yes | no are written out:
// what a message says must not choose what is done.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "rules/fields.h"
#include "rules/table.h"

namespace yizhan::rules {

/// Arguments (`arg.…`) of one command.
inline constexpr std::size_t kMaxArguments = 32;
/// A fixed name in a command: a preset, a template, a program …
inline constexpr std::size_t kMaxWordBytes = 100;

/// Reads `VERB key=value key="value with blanks"`: splits it, checks verb, keys and values against
/// the table above and whether it may stand in a table of `kind`, and reads the `${…}` of each
/// value. `line` is kept in the command. kInvalid with what is wrong and what would be right.
Result<Command> parse_command(std::string_view text, int line,
                              TableKind kind = TableKind::kDataState);

/// Reads an `escalate.N` of a preset: `after=30m` and the arguments of `escalate`, whose Command
/// this is, with `after` among its arguments.
Result<Command> parse_escalation(std::string_view text, int line);

/// The operations that the agents of this version know, for `op=`. Others are relayed too: what a
/// machine allows is its own configuration's.
std::span<const std::string_view> known_operations();

/// The text of an argument without `${…}`; empty if the command does not have it, or it has some.
std::string_view fixed_argument(const Command& command, std::string_view key);

}  // namespace yizhan::rules
