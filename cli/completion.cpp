// Completion for bash, written from the command table.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/print.h"

namespace yizhan::cli {

namespace {

constexpr const char* kGlobalOptions = "--config --json --help --version";

bool takes_files(const Command& command) {
  for (const Argument& argument : command.arguments) {
    const std::string name = argument.name;
    if (name == "FILE" || name == "-o") return true;
  }
  return false;
}

std::string options_of(const Command& command) {
  std::string options;
  for (const Argument& argument : command.arguments) {
    if (argument.name[0] == '-') options += std::string(argument.name) + " ";
  }
  return options + kGlobalOptions;
}

/// One branch of the script's case: after `words`, these words may follow.
std::string branch(const std::string& words, const std::string& follow, bool files) {
  return "    \"" + words + "\") follow=\"" + follow + "\"; files=" + (files ? "1" : "") + " ;;\n";
}

std::string bash_script() {
  std::set<std::string> firsts;
  std::map<std::string, std::string> groups;
  std::string branches;
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    const std::string words = command.words;
    const std::size_t space = words.find(' ');
    const std::string first = words.substr(0, space);
    firsts.insert(first);
    if (space != std::string::npos) groups[first] += words.substr(space + 1) + " ";
    branches += branch(words, options_of(command), takes_files(command));
  }
  for (const auto& [first, seconds] : groups) branches += branch(first, seconds, false);
  std::string all;
  for (const std::string& first : firsts) all += first + " ";
  return "# bash completion for yizhan; written by `yizhan completion bash`.\n"
         "_yizhan() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\" follow=\"\" files=\"\" i\n"
         "  if [[ \"${COMP_WORDS[COMP_CWORD-1]}\" == --config ]]; then\n"
         "    COMPREPLY=($(compgen -f -- \"$word\")); return\n"
         "  fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"${COMP_WORDS[i]}\" in\n"
         "      --config) ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) case \"$words\" in\n"
         "           *\" \"*) ;;\n"
         "           *) words=\"${words:+$words }${COMP_WORDS[i]}\" ;;\n"
         "         esac ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$words\" in\n"
         "    \"\") follow=\"" +
         all + kGlobalOptions + "\" ;;\n" + branches +
         "    *) files=1 ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$follow\" -- \"$word\"))\n"
         "  if [[ -n \"$files\" ]]; then COMPREPLY+=($(compgen -f -- \"$word\")); fi\n"
         "}\n"
         "complete -o filenames -F _yizhan yizhan\n";
}

}  // namespace

int run_completion(const Invocation& call) {
  if (call.one("SHELL") != "bash") return fail_usage("completion is written for bash only");
  print(bash_script());
  return kDone;
}

}  // namespace yizhan::cli
