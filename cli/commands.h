#pragma once
// The one table of subcommands: help, completion, what is asked of a daemon, and how the answer is
// shown all come from here.

#include <chrono>
#include <string>
#include <vector>

#include "cli/invocation.h"
#include "cli/view.h"

namespace yizhan::cli {

enum class Takes {
  kWord,          ///< ID
  kOptionalWord,  ///< [ADDRESS]
  kWords,         ///< FILE…, at least one
  kOption,        ///< --to ADDRESS
  kOptions,       ///< --role ROLE, also several times
  kNumber,        ///< --limit N
  kOptionalWords,  ///< [FILE…]
  kFlag,           ///< --yes
};

struct Argument {
  const char* name;  ///< "ID" for words, "--limit" for the others
  Takes takes;
  const char* help;
  const char* key = nullptr;  ///< its name in the verb's JSON arguments
};

/// Which configuration a command can work with.
enum Works : unsigned {
  kNoConfig = 0,  ///< needs none
  kAgent = 1,
  kBroker = 2,
  kEither = 3,
};

struct Command {
  const char* words;  ///< "status" or "tasks list"
  const char* summary;
  unsigned works;
  std::vector<Argument> arguments;
  int (*run)(const Invocation& call);
  const char* verb = nullptr;        ///< what run_remote asks
  std::vector<ListColumns> lists{};  ///< how its answer is shown
  bool hidden = false;
  const char* fixed = nullptr;  ///< further JSON arguments of the verb: {"kind": "unit"}
};

std::vector<Command> history_commands();  // history_commands.cpp

/// In the order of the help.
const std::vector<Command>& commands();

/// The command with these words, or null.
const Command* find_command(const std::string& words);

/// Why `first` and `second` (which may be empty) name no command, with the nearest that does; empty
/// if they do, or if the command takes arguments of its own there.
std::string unknown_command(const std::string& first, const std::string& second);

// What the rows run; each returns the exit code.
int run_remote(const Invocation& call);  // remote.cpp: asks `verb` and shows the answer
int ask_with(const Invocation& call, const Json& arguments);  // the same with other arguments
int ask_with(const Invocation& call, const Json& arguments, std::chrono::milliseconds patience);
int run_events(const Invocation& call);
int run_rules_apply(const Invocation& call);
int run_rules_question(const Invocation& call);
int run_audit_verify(const Invocation& call);
int run_records_set(const Invocation& call);  // history.cpp
int run_sync_follow(const Invocation& call);  // sync_follow.cpp
int run_import(const Invocation& call);       // import.cpp
int run_export(const Invocation& call);       // export.cpp
int run_open(const Invocation& call);   // open.cpp
int run_deliver(const Invocation& call);  // deliver.cpp
int run_check(const Invocation& call);  // local.cpp
int run_new(const Invocation& call);
int run_sign(const Invocation& call);  // sign.cpp
int run_key(const Invocation& call);
int run_config_check(const Invocation& call);
int run_config_print(const Invocation& call);
int run_config_sample(const Invocation& call);
int run_desktop_install(const Invocation& call);
int run_desktop_uninstall(const Invocation& call);
int run_rules_check(const Invocation& call);  // rules.cpp
int run_completion(const Invocation& call);   // completion.cpp

}  // namespace yizhan::cli
