#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <list>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/print.h"
#include "config/nearest.h"
#include "config/version.h"

namespace yizhan::cli {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  yizhan new question --to role:terminologist -o q.ini   a question to start from\n"
    "  yizhan open q.ini                                      relays it\n"
    "  yizhan trace 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01      what became of it\n"
    "  yizhan --config broker.ini clients list                the operator, on the broker's "
    "machine\n"
    "  yizhan --config broker.ini clients accept K7QF-2M9X-0ABC-4TVW\n"
    "\n"
    "Exit codes: 0 done, 1 no (rejected, not found), 2 usage, 3 the agent or broker cannot be\n"
    "reached, 4 not allowed, 70 internal.";

/// What CLI11 writes one argument to: `one`, or `many` where several may come.
struct Slot {
  std::string one;
  std::vector<std::string> many;
  bool is_many = false;
  bool is_set = false;  // of a flag
  CLI::Option* option = nullptr;
};

struct Slots {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::list<Slot> values;  // a list: CLI11 keeps their addresses
};

void add_argument(Slots& slots, const Argument& argument) {
  Slot& slot = slots.values.emplace_back();
  CLI::App& app = *slots.app;
  const auto one = [&] { return app.add_option(argument.name, slot.one, argument.help); };
  const auto many = [&] {
    slot.is_many = true;
    return app.add_option(argument.name, slot.many, argument.help);
  };
  switch (argument.takes) {
    case Takes::kWord:
      slot.option = one()->required();
      break;
    case Takes::kOptionalWord:
    case Takes::kOption:
      slot.option = one();
      break;
    case Takes::kWords:
      slot.option = many()->required();
      break;
    case Takes::kOptions:
      slot.option = many()->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      break;
    case Takes::kOptionalWords:
      slot.option = many();
      break;
    case Takes::kFlag:
      slot.option = app.add_flag(argument.name, slot.is_set, argument.help);
      break;
    case Takes::kNumber:
      slot.option = one()->check(CLI::Range(1, 1'000'000));
      break;
  }
}

std::string name_of(const Argument& argument) {
  const std::string name = argument.name;
  return name.substr(name.find_first_not_of('-'));
}

/// The first two words that are no options, as the user wrote them.
std::pair<std::string, std::string> leading_words(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc && words.size() < 2; ++i) {
    const std::string_view word = argv[i];
    if (word == "--config") {
      ++i;
    } else if (word.empty() || word[0] != '-') {
      words.emplace_back(word);
    }
  }
  words.resize(2);
  return {words[0], words[1]};
}

bool asks_for_help(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h" || word == "--version") return true;
  }
  return false;
}

/// "list, show, accept …"
std::string group_summary(const std::string& word) {
  std::string summary;
  for (const Command& command : commands()) {
    const std::string words = command.words;
    if (words.compare(0, word.size() + 1, word + " ") != 0) continue;
    summary += (summary.empty() ? "" : ", ") + words.substr(word.size() + 1);
  }
  return summary;
}

class Parser {
 public:
  Parser() : app_("Yizhan: relays task files between people who translate together.", "yizhan") {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", std::string("yizhan ") + kProgramVersion);
    app_.add_option("--config", config_,
                    "agent.ini: asks that agent; broker.ini: the operator, at that broker\n"
                    "(default: ~/.config/yizhan/agent.ini)");
    app_.add_flag("--json", json_, "prints the answer as JSON");
    app_.footer(kExamples);
    for (const Command& command : commands()) add(command);
  }

  std::variant<Invocation, int> parse(int argc, const char* const* argv);

 private:
  void add(const Command& command) {
    const std::string words = command.words;
    const std::size_t space = words.find(' ');
    CLI::App* parent = &app_;
    if (space != std::string::npos) {
      parent = group(words.substr(0, space));
    }
    const std::string name = space == std::string::npos ? words : words.substr(space + 1);
    Slots& slots = slots_.emplace_back();
    slots.command = &command;
    slots.app = parent->add_subcommand(name, command.summary);
    slots.app->fallthrough();
    if (command.hidden) slots.app->group("");
    for (const Argument& argument : command.arguments) add_argument(slots, argument);
  }

  CLI::App* group(const std::string& word) {
    CLI::App*& made = groups_[word];
    if (made != nullptr) return made;
    made = app_.add_subcommand(word, group_summary(word));
    made->require_subcommand(1);
    made->fallthrough();
    return made;
  }

  const Slots* parsed_slots() const {
    for (const Slots& slots : slots_) {
      if (slots.app->parsed()) return &slots;
    }
    return nullptr;
  }

  int tell(const CLI::ParseError& error) const;

  CLI::App app_;
  std::string config_;
  bool json_ = false;
  std::map<std::string, CLI::App*> groups_;  // by the first of two words
  std::list<Slots> slots_;
};

/// CLI11's own words, and for an option that nobody knows the one that may be meant.
int Parser::tell(const CLI::ParseError& error) const {
  std::string text = error.what();
  std::vector<std::string_view> known = {"--config", "--json", "--help", "--version"};
  const Slots* slots = parsed_slots();
  if (slots != nullptr) {
    for (const Argument& argument : slots->command->arguments) {
      if (argument.name[0] == '-') known.emplace_back(argument.name);
    }
  }
  const std::size_t dashes = text.find("--");
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) &&
      dashes != std::string::npos) {
    const std::size_t end = text.find_first_of(" ,", dashes);
    text += did_you_mean(std::string_view(text).substr(dashes, end - dashes), known);
  }
  const std::string words = slots == nullptr ? "" : std::string(" ") + slots->command->words;
  print_error(text + "\nsee: yizhan" + words + " --help");
  return kUsage;
}

std::variant<Invocation, int> Parser::parse(int argc, const char* const* argv) {
  const auto [first, second] = leading_words(argc, argv);
  if (!first.empty() && !asks_for_help(argc, argv)) {
    if (const std::string unknown = unknown_command(first, second); !unknown.empty()) {
      return fail_usage(unknown + "\nsee: yizhan --help");
    }
  }
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app_.exit(help);
    return kDone;
  } catch (const CLI::ParseError& error) {
    return tell(error);
  }
  const Slots* slots = parsed_slots();
  if (slots == nullptr) return fail_usage("a command is missing\nsee: yizhan --help");
  Invocation call;
  call.command = slots->command;
  call.config = config_;
  call.json = json_;
  auto argument = slots->command->arguments.begin();
  for (const Slot& slot : slots->values) {
    const std::string name = name_of(*argument++);
    if (slot.option->count() == 0) continue;
    call.values[name] = slot.is_many ? slot.many : std::vector<std::string>{slot.one};
  }
  return call;
}

}  // namespace

std::variant<Invocation, int> parse_command_line(int argc, const char* const* argv,
                                                 const std::string& default_config) {
  try {
    Parser parser;
    auto parsed = parser.parse(argc, argv);
    if (auto* call = std::get_if<Invocation>(&parsed); call != nullptr && call->config.empty()) {
      call->config = default_config;
    }
    return parsed;
  } catch (const CLI::Error& error) {
    // The table describes an argument that CLI11 cannot have: ours to repair.
    print_error(std::string("internal: ") + error.what());
    return kInternal;
  }
}

}  // namespace yizhan::cli
