// Names of nothing, and presets that cannot work.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "config/nearest.h"
#include "rules/check_parts.h"
#include "rules/commands.h"
#include "rules/text_template.h"
#include "rules/watch.h"

namespace yizhan::rules {
namespace {

using Names = CheckOptions::Names;

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// "did you mean …", without the "; " and "?" around it that messages of one sentence have.
std::string suggest(std::string_view name, const std::vector<std::string_view>& known) {
  std::string text = did_you_mean(name, known);
  return text.starts_with("; ") ? text.substr(2) : text;
}

std::vector<std::string_view> views(const Names& names) {
  return {names.begin(), names.end()};
}

class NameChecker {
 public:
  NameChecker(const Checked& checked, Findings& findings) : checked_(checked), findings_(findings) {
    const auto builtin = builtin_templates();
    templates_.assign(builtin.begin(), builtin.end());
    for (const auto& [name, text] : checked.tables->templates) templates_.push_back(name);
    for (const CheckedRow& row : checked.preset) {
      presets_.push_back(row.row->name);
      if (!row.is_live()) disabled_.insert(row.row->name);
    }
    std::sort(templates_.begin(), templates_.end());
    std::sort(presets_.begin(), presets_.end());
  }

  void check(const CheckedRow& row) {
    for (const Command* command : commands_of(*row.row)) {
      check_templates(*row.row, *command);
      check_preset(*row.row, command->line, fixed_argument(*command, "preset"));
      check_configured(*row.row, *command);
      check_operation(*row.row, *command);
    }
    check_fields(row);
    if (row.kind == TableKind::kActivation) check_asked_presets(row);
  }

 private:
  static bool knows(const std::vector<std::string_view>& sorted, std::string_view name) {
    return std::binary_search(sorted.begin(), sorted.end(), name);
  }

  void check_templates(const Row& row, const Command& command) {
    const std::string_view name = fixed_argument(command, "template");
    if (name.empty() || knows(templates_, name)) return;
    findings_.error(row, command.line, "there is no template " + quoted(name),
                    suggest(name, templates_));
  }

  void check_preset(const Row& row, int line, std::string_view name) {
    if (name.empty()) return;
    if (!knows(presets_, name)) {
      findings_.error(row, line, "there is no preset " + quoted(name), suggest(name, presets_));
    } else if (disabled_.contains(name)) {
      findings_.warning(row, line, "the preset " + quoted(name) + " is not enabled");
    }
  }

  void check_asked_presets(const CheckedRow& row) {
    const auto found = row.facts.find("preset");
    if (found == row.facts.end()) return;
    for (const Fact& fact : found->second) {
      for (const std::string& name : fact.literals()) {
        check_preset(*row.row, fact.condition().line(), name);
      }
    }
  }

  // Programs and secrets are the broker's own configuration.
  void check_configured(const Row& row, const Command& command) {
    const std::string_view program = fixed_argument(command, "program");
    const auto& programs = checked_.options->programs;
    if (!program.empty() && programs && !programs->contains(program)) {
      findings_.error(row, command.line,
                      "the broker's configuration has no [program " + std::string(program) + "]",
                      suggest(program, views(*programs)));
    }
    const std::string_view secret = fixed_argument(command, "secret");
    const auto& secrets = checked_.options->secrets;
    if (!secret.empty() && secrets && !secrets->contains(secret)) {
      findings_.error(row, command.line,
                      "the broker's configuration has no secret " + quoted(secret),
                      suggest(secret, views(*secrets)));
    }
  }

  // An agent may know more operations than this version does.
  void check_operation(const Row& row, const Command& command) {
    const std::string_view name = fixed_argument(command, "op");
    const auto known = known_operations();
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
    const auto near = nearest_name(name, {known.begin(), known.end()});
    if (near.empty()) return;
    findings_.warning(row, command.line,
                      quoted(name) + " is no operation that the agents of this version know",
                      "did you mean " + quoted(near) + "?");
  }

  // Fields of an activation where there is none would always be empty.
  void check_fields(const CheckedRow& row) {
    if (row.kind == TableKind::kActivation) return;
    for (const Command* command : commands_of(*row.row)) {
      if (is_on_activate(*row.row, command)) continue;
      for (const auto& [key, value] : command->arguments) {
        for (const Template::Piece& piece : value.pieces()) {
          if (!piece.is_field || check_field(piece.text, row.kind).ok()) continue;
          findings_.warning(*row.row, command->line, "${" + piece.text + "} is always empty here",
                            "only rows of [activation NAME] have an activation");
        }
      }
    }
  }

  static bool is_on_activate(const Row& row, const Command* command) {
    if (!row.watch) return false;
    const auto& commands = row.watch->on_activate;
    return std::any_of(commands.begin(), commands.end(),
                       [command](const Command& one) { return &one == command; });
  }

  const Checked& checked_;
  Findings& findings_;
  std::vector<std::string_view> templates_;  // sorted
  std::vector<std::string_view> presets_;    // sorted
  Names disabled_;
};

// ---- presets

// How far a sender asks to be told (`ack`), and how far an activation is. What is sent and
// delivered the broker knows by itself.
int rank_of_ack(std::string_view ack) {
  static constexpr std::array<std::string_view, 5> kRanks = {"none", "delivered", "opened",
                                                             "accepted", "replied"};
  return static_cast<int>(std::find(kRanks.begin(), kRanks.end(), ack) - kRanks.begin());
}

int rank_of_activation(std::string_view state) {
  if (state == "sent" || state == "delivered") return 0;
  return state == "opened" ? 2 : 3;
}

// The values of which the row demands one for `field`; null if any will do.
const std::vector<std::string>* demanded(const CheckedRow& row, std::string_view field) {
  const auto found = row.facts.find(field);
  if (found == row.facts.end()) return nullptr;
  for (const Fact& fact : found->second) {
    if (fact.equal_to() != nullptr) return fact.equal_to();
  }
  return nullptr;
}

// Why no agent reports `state` for a message of this preset; empty if one may.
std::string why_not_reported(const CheckedRow& row, std::string_view state) {
  const int rank = rank_of_activation(state);
  const auto* acks = demanded(row, "ack");
  if (acks != nullptr && std::all_of(acks->begin(), acks->end(), [rank](const std::string& ack) {
        return rank_of_ack(ack) < std::min(rank, 2);
      })) {
    return "for.ack is " + acks->front() + ", so nobody says so";
  }
  const auto* kinds = demanded(row, "kind");
  if (kinds != nullptr && rank > 0 &&
      std::all_of(kinds->begin(), kinds->end(),
                  [](const std::string& kind) { return kind == "status" || kind == "receipt"; })) {
    return "nobody answers a message of kind " + kinds->front();
  }
  return {};
}

bool sends_link(const Command& command) {
  return command.verb == "probe" && fixed_argument(command, "link") == "yes";
}

void check_expectation(const CheckedRow& row, const Names& linked, Findings& findings) {
  const Watch& watch = *row.row->watch;
  if (linked.contains(row.row->name)) return;  // its readers can do all of them on the page
  std::string why;
  for (const std::string& state : watch.expect) {
    std::string reason = state == "fetched" ? "only a link can be fetched, and no row sends one: "
                                              "probe … preset=" +
                                                  row.row->name + " link=yes"
                                            : why_not_reported(row, state);
    if (reason.empty()) return;
    if (why.empty()) why = "\"" + state + "\" can never come: " + std::move(reason);
  }
  findings.warning(*row.row, row.row->line, std::move(why));
}

void check_times(const CheckedRow& row, Findings& findings) {
  const Watch& watch = *row.row->watch;
  if (watch.duration.field) return;
  const Micros duration = watch.duration.plain;
  if (duration <= Micros{0}) {
    findings.error(*row.row, watch.line, "the duration is 0: it expires as soon as it begins",
                   "write duration = 2h");
    return;
  }
  if (!watch.interval || *watch.interval < duration) return;
  const std::string text = "interval = " + format_duration(*watch.interval) +
                           " does not lie within duration = " + format_duration(duration) +
                           ": on_interval is never carried out";
  if (*watch.interval > duration) {
    findings.error(*row.row, watch.line, text);
  } else {
    findings.warning(*row.row, watch.line, text);
  }
}

}  // namespace

void check_names(const Checked& checked, Findings& findings) {
  NameChecker checker(checked, findings);
  for (const auto* rows : {&checked.data_state, &checked.activation, &checked.preset}) {
    for (const CheckedRow& row : *rows) checker.check(row);
  }
}

void check_watches(const Checked& checked, Findings& findings) {
  Names linked;
  for (const auto* rows : {&checked.data_state, &checked.activation, &checked.preset}) {
    for (const CheckedRow& row : *rows) {
      for (const Command* command : commands_of(*row.row)) {
        if (sends_link(*command)) linked.emplace(fixed_argument(*command, "preset"));
      }
    }
  }
  for (const CheckedRow& row : checked.preset) {
    check_times(row, findings);
    check_expectation(row, linked, findings);
  }
}

}  // namespace yizhan::rules
