#include "cli/commands.h"

#include <algorithm>
#include <string_view>

#include "config/nearest.h"

namespace yizhan::cli {

namespace {

const Argument kId = {"ID", Takes::kWord, "UUID of the message", "id"};
const Argument kClient = {"CLIENT", Takes::kWord, "unique code, name or user", "client"};
const Argument kLimit = {"--limit", Takes::kNumber, "at most so many", "limit"};

const ListColumns kTaskColumns = {"tasks",
                                  {"id", "direction", "kind", "state", "from", "to", "sender",
                                   "recipient", "reason", "changed", "stored"}};
const ListColumns kEventColumns = {"events", {"time", "at", "what", "whom", "detail"}};
const ListColumns kRecipientColumns = {"recipients",
                                       {"address", "code", "state", "attempts", "cause", "reason"}};
const ListColumns kClientColumns = {
    "clients",
    {"code", "state", "presence", "user", "name", "host", "ip", "roles", "groups", "last_seen"}};
const ListColumns kAuditColumns = {"audit", {"n", "time", "actor", "act", "subject", "detail"}};
const ListColumns kFileColumns = {"files", {"name", "size", "sha256"}};
const ListColumns kDeadColumns = {
    "dead", {"id", "kind", "to", "recipient", "client", "attempts", "reason", "since", "changed"}};

std::vector<Command> message_commands() {
  return {
      {"open",
       "relay task files, or open those that were delivered to you",
       kAgent,
       {{"FILE", Takes::kWords, "task file; its attachments lie beside it"}},
       run_open},
      {"check",
       "say whether files are task files without errors",
       kNoConfig,
       {{"FILE", Takes::kWords, "file to look at"}},
       run_check},
      {"new",
       "write a task file to start from",
       kNoConfig,
       {{"KIND", Takes::kWord, "task, question, challenge, reply, guidance, command, data …"},
        {"--to", Takes::kOption, "recipient, as user:li.wei, role:pm or group:PRJ-1"},
        {"-o", Takes::kOption, "file to write; without it, standard output"}},
       run_new},
      {"sign",
       "sign a task file that goes another way than through the broker",
       kAgent,
       {{"FILE", Takes::kWord, "task file; replaced by the signed one"},
        {"-o", Takes::kOption, "write the signed one here instead"}},
       run_sign},
      {"key",
       "the public key of your signatures, for those who shall trust them",
       kAgent,
       {},
       run_key},
      {"tasks list",
       "the newest messages",
       kEither,
       {kLimit, {"--direction", Takes::kOption, "of an agent: out, in or both", "direction"}},
       run_remote,
       "tasks.list",
       {kTaskColumns}},
      {"tasks show",
       "one message",
       kEither,
       {kId},
       run_remote,
       "tasks.show",
       {kEventColumns, kRecipientColumns}},
      {"trace",
       "what happened to a message, step by step",
       kEither,
       {kId},
       run_remote,
       "trace",
       {kEventColumns, kRecipientColumns}},
      {"deliver",
       "send the documents of a job to whoever gave it, and say that it is delivered",
       kAgent,
       {{"JOB", Takes::kWord, "name or folder of its project, or id of the task", "what"},
        {"FILE", Takes::kOptionalWords,
         "what is delivered; else all in the project's target folder"},
        {"--yes", Takes::kFlag, "deliver in part: even if segments are not translated", "partial"}},
       run_deliver,
       "deliver",
       {kFileColumns}},
      {"report",
       "say how a message that you received stands, or what you say of a delivery",
       kAgent,
       {kId,
        {"EVENT", Takes::kWord,
         "opened, accepted, declined or done; of a task that you gave: approved, closed, rework",
         "event"},
        {"--reason", Takes::kOption, "for the other side", "reason"}},
       run_remote,
       "report"},
      {"dead list",
       "messages that were given up, with their reasons",
       kEither,
       {kLimit},
       run_remote,
       "dead.list",
       {kDeadColumns}},
      {"dead show", "one of them", kEither, {kId}, run_remote, "dead.show"},
      {"dead retry", "try it again", kEither, {kId}, run_remote, "dead.retry"},
      {"dead drop", "give it up for good", kEither, {kId}, run_remote, "dead.drop"},
  };
}

std::vector<Command> operating_commands() {
  return {
      {"status", "how the agent or broker is", kEither, {}, run_remote, "status"},
      {"events", "what happens, as it happens", kEither, {}, run_events, "events"},
      {"ping",
       "whether the broker, or a client, is there",
       kEither,
       {{"ADDRESS", Takes::kOptionalWord, "of a client, as user:li.wei", "address"}},
       run_remote,
       "ping",
       {}},
      {"ledger",
       "whether every accepted message is accounted for",
       kEither,
       {},
       run_remote,
       "ledger"},
      {"audit list",
       "who changed what, newest first",
       kBroker,
       {kLimit, {"--from", Takes::kOption, "go on there (`next` of the answer)", "from"}},
       run_remote,
       "audit.list",
       {kAuditColumns}},
      {"audit verify",
       "whether the audit log is as it was written; exit code 1 if not",
       kBroker,
       {{"--noted", Takes::kOption, "a head noted earlier: it must be in the log"}},
       run_audit_verify,
       "audit.verify"},
      {"clients list",
       "who may connect, and who waits to",
       kBroker,
       {},
       run_remote,
       "clients.list",
       {kClientColumns}},
      {"clients show", "one client", kBroker, {kClient}, run_remote, "clients.show"},
      {"clients accept", "let a client in", kBroker, {kClient}, run_remote, "clients.accept"},
      {"clients reject",
       "refuse a client that waits",
       kBroker,
       {kClient},
       run_remote,
       "clients.reject"},
      {"clients revoke",
       "shut a client out, at once",
       kBroker,
       {kClient},
       run_remote,
       "clients.revoke"},
      {"clients set",
       "change what a client is called and belongs to",
       kBroker,
       {kClient,
        {"--user", Takes::kOption, "its user", "user"},
        {"--name", Takes::kOption, "a label for people", "name"},
        {"--zone", Takes::kOption, "its owner's time zone, as Asia/Shanghai", "zone"},
        {"--role", Takes::kOptions, "give a role", "add_roles"},
        {"--no-role", Takes::kOptions, "take a role away", "remove_roles"},
        {"--group", Takes::kOptions, "put it into a group", "add_groups"},
        {"--no-group", Takes::kOptions, "take it out of a group", "remove_groups"}},
       run_remote,
       "clients.set"},
  };
}

const Argument kEvent = {"EVENT", Takes::kWord, "id of a message, or a task file", "event"};
const Argument kTables = {"FILE", Takes::kWords, "all tables, or their folder"};
const Argument kOtherTables = {"--tables", Takes::kOptions,
                               "file or folder of tables; without, those in force"};
const Argument kProbe = {"PROBE", Takes::kWord, "its number", "probe"};

std::vector<Command> rule_commands() {
  return {
      {"rules check",
       "read instruction tables and tell all that is wrong with them",
       kNoConfig,
       {{"FILE", Takes::kWords, "table, or folder of tables (*.ini)"}},
       run_rules_check},
      {"rules test",
       "which rows an event matches; exit code 1 if none",
       kBroker,
       {kEvent,
        kOtherTables,
        {"--state", Takes::kOption, "the state of a task file's message", "state"},
        {"--version", Takes::kNumber, "of a message's states", "version"}},
       run_rules_question,
       "rules.test",
       {{"matches", {"table", "row", "enabled", "do", "line"}}}},
      {"rules diff",
       "which past events would fire other rows",
       kBroker,
       {kTables, {"--against", Takes::kOption, "how far back, as 7d", "against"}},
       run_rules_question,
       "rules.diff",
       {{"differences", {"id", "state", "now", "then"}}}},
      {"rules simulate",
       "what a preset would do, on a virtual clock",
       kBroker,
       {{"PRESET", Takes::kWord, "its name", "preset"},
        {"--activate-at", Takes::kOption, "when the activation comes, as 7m; or never",
         "activate_at"},
        {"--event", Takes::kOption, "id or task file; without, one that suits the preset"},
        {"--zone", Takes::kOption, "time zone of its hours, as Asia/Shanghai", "zone"},
        kOtherTables},
       run_rules_question,
       "rules.simulate",
       {{"timeline", {"time", "what"}}}},
      {"rules apply",
       "put instruction tables in force",
       kBroker,
       {kTables},
       run_rules_apply,
       "rules.apply"},
      {"rules list",
       "the rows in force",
       kBroker,
       {},
       run_remote,
       "rules.list",
       {{"rules", {"table", "order", "name", "enabled", "when", "do", "line"}}}},
      {"rules show",
       "the text of the tables in force",
       kBroker,
       {{"--version", Takes::kNumber, "an earlier one", "version"}},
       run_remote,
       "rules.show"},
      {"rules history",
       "every version, who applied it and when",
       kBroker,
       {},
       run_remote,
       "rules.history",
       {{"history", {"version", "applied", "author", "bytes"}}}},
      {"rules rollback",
       "put an earlier version in force again",
       kBroker,
       {{"VERSION", Takes::kWord, "its number", "version"}},
       run_remote,
       "rules.rollback"},
      {"why",
       "which rows fired on a message, and what they did",
       kBroker,
       {kId},
       run_remote,
       "why",
       {{"fired", {"time", "rule", "tables", "author", "effect"}},
        {"outside", {"effect", "verb", "rule", "state", "attempts", "result"}}}},
      {"why-not",
       "the first condition that kept a row from firing on a message",
       kBroker,
       {kId, {"ROW", Takes::kWord, "name of a row", "row"}, kOtherTables},
       run_rules_question,
       "why_not",
       {{"versions", {"version", "state", "matched", "reason", "time", "failed_then"}}}},
      {"templates list",
       "the texts that commands send",
       kBroker,
       {},
       run_remote,
       "templates.list",
       {{"templates", {"template", "en", "zh", "line"}}}},
      {"templates check",
       "the same as rules check: templates stand in the tables' files",
       kNoConfig,
       {{"FILE", Takes::kWords, "table, or folder of tables (*.ini)"}},
       run_rules_check},
      {"probes list",
       "what is being waited for, newest first",
       kBroker,
       {{"--state", Takes::kOption, "waiting, activated, expired, cancelled or paused", "state"},
        kLimit},
       run_remote,
       "probes.list",
       {{"probes",
         {"probe", "preset", "state", "client", "started", "due", "ends", "message", "reason"}}}},
      {"probes show",
       "one probe, its turns and activations",
       kBroker,
       {kProbe},
       run_remote,
       "probes.show",
       {{"activations", {"time", "state", "user", "via", "machine", "address", "late"}},
        {"turns", {"time", "turn", "effect"}}}},
      {"probes cancel", "end a probe", kBroker, {kProbe}, run_remote, "probes.cancel"},
      {"probes pause", "stop a probe's timer", kBroker, {kProbe}, run_remote, "probes.pause"},
      {"probes resume", "let it run again", kBroker, {kProbe}, run_remote, "probes.resume"},
  };
}

std::vector<Command> machine_commands() {
  return {
      {"config check",
       "read a configuration and tell its errors",
       kNoConfig,
       {{"FILE", Takes::kOptionalWord, "default: --config"}},
       run_config_check},
      {"config print",
       "the values in effect, secrets hidden",
       kNoConfig,
       {{"FILE", Takes::kOptionalWord, "default: --config"}},
       run_config_print},
      {"config sample",
       "a commented configuration to start from",
       kNoConfig,
       {{"DAEMON", Takes::kWord, "agent or broker"}},
       run_config_sample},
      {"desktop install",
       "open task files by a click (for this user)",
       kNoConfig,
       {},
       run_desktop_install},
      {"desktop uninstall", "undo that", kNoConfig, {}, run_desktop_uninstall},
      {"completion",
       "completion for a shell",
       kNoConfig,
       {{"SHELL", Takes::kWord, "bash"}},
       run_completion,
       nullptr,
       {},
       true},
  };
}

std::string_view first_word(std::string_view words) {
  return words.substr(0, words.find(' '));
}

std::string_view second_word(std::string_view words) {
  const std::size_t space = words.find(' ');
  return space == std::string_view::npos ? std::string_view() : words.substr(space + 1);
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = [] {
    std::vector<Command> all;
    for (auto part : {message_commands(), history_commands(), operating_commands(), rule_commands(),
                      machine_commands()}) {
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
  }();
  return kCommands;
}

const Command* find_command(const std::string& words) {
  const auto found = std::find_if(commands().begin(), commands().end(),
                                  [&](const Command& command) { return command.words == words; });
  return found == commands().end() ? nullptr : &*found;
}

std::string unknown_command(const std::string& first, const std::string& second) {
  std::vector<std::string_view> firsts;
  std::vector<std::string_view> seconds;
  for (const Command& command : commands()) {
    if (!command.hidden) firsts.push_back(first_word(command.words));
    if (first_word(command.words) != first) continue;
    if (second_word(command.words).empty()) return "";  // what follows are its arguments
    seconds.push_back(second_word(command.words));
  }
  firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
  if (seconds.empty()) {
    return "there is no command \"" + first + "\"" + did_you_mean(first, firsts);
  }
  if (std::find(seconds.begin(), seconds.end(), second) != seconds.end()) return "";
  if (second.empty()) {
    std::string known;
    for (const std::string_view word : seconds)
      known += (known.empty() ? "" : ", ") + std::string(word);
    return "\"" + first + "\" needs one of: " + known;
  }
  return "there is no command \"" + first + " " + second + "\"" + did_you_mean(second, seconds);
}

}  // namespace yizhan::cli
