#include "rules/command_table.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "config/time.h"
#include "rules/commands.h"
#include "rules/moment.h"
#include "rules/pattern.h"

namespace yizhan::rules {
namespace {

constexpr std::size_t kMaxStateBytes = 64;

Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMaxWordBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// ---- what values may be

Status check_fixed(const Template& value) {
  if (value.is_fixed()) return {};
  return invalid(
      "must be written out, without ${…}: what a message says must not choose what is "
      "done");
}

Status check_word_value(const Template& value) {
  TRY(check_fixed(value));
  if (is_word(value.text())) return {};
  return invalid(quoted(value.text()) +
                 " is not a name of letters, digits, \"-\", \"_\" and "
                 "\".\", at most " +
                 std::to_string(kMaxWordBytes));
}

Status check_yes_no(const Template& value) {
  if (value.text() == "yes" || value.text() == "no") return {};
  return invalid(quoted(value.text()) + " is not yes or no");
}

Status check_access(const Template& value) {
  if (value.text() == "read" || value.text() == "write") return {};
  return invalid(quoted(value.text()) + " is not read or write");
}

Status check_state(const Template& value) {
  if (!value.is_fixed()) return {};  // looked at again when it is known
  const std::string& text = value.text();
  const bool is_state =
      text.size() <= kMaxStateBytes && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  if (is_state) return {};
  return invalid(quoted(text) + " is not a state: a word of a-z, 0-9, _ and -, at most " +
                 std::to_string(kMaxStateBytes));
}

Status check_fixed_state(const Template& value) {
  TRY(check_fixed(value));
  return check_state(value);
}

Status check_after(const Template& value) {
  const auto duration = parse_duration(value.text());
  if (duration && *duration >= Micros{0} && *duration <= kMaxMomentDuration) return {};
  return invalid(quoted(value.text()) + " is not a duration: 30m, 2h");
}

// An address is `KIND:NAME` or a bare name; several are separated by commas. What a `${…}` puts in
// is looked at when it is known.
Status check_recipient(const Template& value) {
  static constexpr std::array<std::string_view, 6> kKinds = {"user", "code", "mac",
                                                             "ip",   "role", "group"};
  std::string_view text = value.text();
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view address = trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::string_view kind = address.substr(0, std::min(address.find(':'), address.size()));
    const bool has_kind = kind.size() < address.size() && kind.find('$') == std::string_view::npos;
    if (!has_kind || std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) continue;
    return invalid(quoted(address) + " is no address" +
                   did_you_mean(kind, {kKinds.begin(), kKinds.end()}));
  }
  return {};
}

// The host is the operator's word: a value of a message in it would send what the broker knows to
// wherever the message says.
Status check_url(const Template& value) {
  std::string_view text = value.text();
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return invalid(quoted(text) + " does not begin with http:// or https://");
  const std::string_view rest = text.substr(scheme);
  const std::string_view host = rest.substr(0, std::min(rest.find_first_of("/?#\\"), rest.size()));
  if (host.empty()) return invalid(quoted(text) + " has no host");
  if (host.find("${") != std::string_view::npos) {
    return invalid(quoted(text) +
                   ": the host may not contain ${…}; write it out, with \"/\" "
                   "behind it");
  }
  const bool is_plain = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '[' || c == ']';
  });
  if (!is_plain || rest.substr(host.size()).starts_with('\\')) {
    return invalid(quoted(text) + ": " + quoted(host) +
                   " is no host; a password belongs into "
                   "secret=");
  }
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) {
    return invalid(quoted(text) + ": a blank in a URL is written %20");
  }
  return {};
}

// ---- what no key can say alone

Status finish_notify(const Command& command) {
  if (command.arguments.contains("template") || command.arguments.contains("text")) return {};
  return invalid("\"notify\" needs \"template\" or \"text\"");
}

Status finish_command(const Command& command) {
  const auto first = command.arguments.lower_bound("arg.");
  const bool has_arg = first != command.arguments.end() && first->first.starts_with("arg.");
  if (!has_arg || !command.arguments.contains("args")) return {};
  return invalid("\"command\" takes \"args\" or \"arg.NAME\", not both");
}

Status finish_run(const Command& command) {
  std::size_t arguments = 0;
  for (const auto& [key, value] : command.arguments) arguments += key.starts_with("arg.") ? 1 : 0;
  for (std::size_t i = 1; i <= arguments; ++i) {
    if (command.arguments.contains("arg." + std::to_string(i))) continue;
    return invalid("\"run\": number the arguments arg.1, arg.2 … without a gap; arg." +
                   std::to_string(i) + " is missing");
  }
  return {};
}

// ---- the table

using Key = CommandKey;
constexpr Key kTo{"recipient", true, check_recipient};
constexpr Key kToMaybe{"recipient", false, check_recipient};
constexpr Key kTemplate{"template", false, check_word_value};
constexpr Key kText{"text", false, nullptr};
constexpr Key kChannel{"channel", false, check_word_value};

constexpr std::array<Key, 4> kSend = {kTo, {"template", true, check_word_value}, kText, kChannel};
constexpr std::array<Key, 4> kNotify = {kTo, kTemplate, kText, kChannel};
constexpr std::array<Key, 2> kRecall = {kToMaybe, kTemplate};
constexpr std::array<Key, 5> kProbe = {
    kTo, {"preset", true, check_word_value}, kTemplate, kText, {"link", false, check_yes_no}};
constexpr std::array<Key, 1> kCancelProbe = {Key{"preset", false, check_word_value}};
constexpr std::array<Key, 4> kCommand = {
    kTo, {"op", true, check_word_value}, {"arg.", false, nullptr}, {"args", false, nullptr}};
constexpr std::array<Key, 1> kSetState = {Key{"state", true, check_state}};
constexpr std::array<Key, 2> kSetFlag = {Key{"flag", true, check_fixed_state},
                                         {"value", false, check_yes_no}};
constexpr std::array<Key, 1> kQuarantine = {Key{"reason", true, nullptr}};
constexpr std::array<Key, 3> kWebhook = {
    Key{"url", true, check_url}, {"secret", false, check_word_value}, kTemplate};
constexpr std::array<Key, 4> kRun = {Key{"program", true, check_word_value},
                                     {"arg.", false, nullptr},
                                     {"ok", false, check_fixed_state},
                                     {"failed", false, check_fixed_state}};
constexpr std::array<Key, 5> kStep = {Key{"after", true, check_after}, kTo, kTemplate, kText,
                                      kChannel};

constexpr std::array<Key, 2> kShareProject = {kTo, {"access", false, check_access}};

constexpr std::array<CommandVerb, 18> kVerbs = {CommandVerb{"send", kSend},
                                                {"notify", kNotify, finish_notify},
                                                {"escalate", kNotify},
                                                {"recall", kRecall},
                                                {"resend", {}},
                                                {"probe", kProbe},
                                                {"cancel_probe", kCancelProbe},
                                                {"command", kCommand, finish_command},
                                                {"set_state", kSetState},
                                                {"set_flag", kSetFlag},
                                                {"quarantine", kQuarantine, nullptr, false},
                                                {"purge", {}},
                                                {"upsert_terms", {}, nullptr, false},
                                                {"find_affected", {}, nullptr, false},
                                                {"answer_if_known", {}, nullptr, false},
                                                {"share_project", kShareProject, nullptr, false},
                                                {"webhook", kWebhook},
                                                {"run", kRun, finish_run}};

constexpr CommandVerb kEscalation{"escalate", kStep};

constexpr std::array<std::string_view, 20> kOperations = {
    "sync_now", "push_tm", "push_terms", "pull_progress", "pull_target", "open_file",    "resend",
    "remind",   "recall",  "reassign",   "set_due",       "set_state",   "pause",        "resume",
    "escalate", "notify",  "quarantine", "purge",         "collect_log", "find_affected"};

}  // namespace

std::span<const CommandVerb> command_verbs() {
  return kVerbs;
}

const CommandVerb& escalation_verb() {
  return kEscalation;
}

std::span<const std::string_view> known_operations() {
  return kOperations;
}

}  // namespace yizhan::rules
