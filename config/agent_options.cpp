// The key table of agent.ini.

#include <algorithm>
#include <chrono>

#include "config/ini_text.h"
#include "config/option_bindings.h"
#include "config/option_schema.h"
#include "config/option_table.h"
#include "config/options.h"

namespace yizhan {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kTenYears{24 * 3650};

std::vector<Option<AgentOptions>> agent_table() {
  using Agent = AgentOptions;
  return {
      {.key = "state_dir",
       .binding = path(&Agent::state_dir),
       .sentence = "Folder of the client database, the key and the spool.",
       .fallback = "~/.local/share/yizhan"},
      {.key = "user",
       .binding = text(&Agent::user, "name"),
       .sentence = "Name under which others reach this agent as user:NAME. Empty: the login name.",
       .example = "li.wei"},
      {.key = "brokers",
       .binding = list(&Agent::brokers, "addresses parted by commas", check_tcp_peer),
       .sentence = "Brokers, tried in this order."},
      {.key = "broker_key",
       .binding = text(&Agent::broker_key, "40 characters", check_public_key),
       .sentence = "Public key of the broker, as in its file broker.pub: proves that it is the "
                   "right one.",
       .example = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"},
      {.key = "broker_key_file",
       .binding = path(&Agent::broker_key_file),
       .sentence = "File that holds this key, instead of broker_key.",
       .example = "broker.pub"},
      {.key = "token",
       .binding = secret(&Agent::token, "text"),
       .sentence = "Lets the broker accept this agent without asking a person.",
       .example = "a-token-of-the-broker"},
      {.key = "heartbeat_interval",
       .binding = duration(&Agent::heartbeat_interval, milliseconds{50}, hours{1}),
       .sentence = "How often the agent asks whether the line is alive; after three silent ones it "
                   "is not."},
      {.key = "max_handlers",
       .binding = integer(&Agent::max_handlers, 1, 64),
       .sentence = "How many local programs may run at the same time."},
      {.key = "output_limit",
       .binding = size(&Agent::output_limit, 1024, 1024 * 1024),
       .sentence = "How much of a program's output is kept: its end."},
      {.key = "projects_dir",
       .binding = path(&Agent::projects_dir),
       .sentence = "Folder in which each task to translate gets an OmegaT project. Empty: none.",
       .example = "~/OmegaT"},
      {.key = "rescan_interval",
       .binding = duration(&Agent::rescan_interval, seconds{1}, hours{24}),
       .sentence = "How often watched folders are read as a whole, in case an event was lost."},
      {.key = "retention",
       .binding = duration(&Agent::retention, hours{1}, kTenYears),
       .sentence = "How long finished messages are kept. Their ids are kept for ever."},
      {.key = "log_level",
       .binding = choice(&Agent::log_level, Choices<LogLevel>{{"debug", LogLevel::kDebug},
                                                              {"info", LogLevel::kInfo},
                                                              {"warning", LogLevel::kWarning},
                                                              {"error", LogLevel::kError}}),
       .sentence = "What is logged."},
      {.key = "log_file",
       .binding = path(&Agent::log_file),
       .sentence = "File the log is appended to. Empty: standard error.",
       .example = "agent.log"},
  };
}

std::vector<Option<WatchOptions>> watch_table() {
  using Watch = WatchOptions;
  return {
      {.key = "path",
       .binding = path(&Watch::path),
       .sentence = "The folder.",
       .example = "~/Yizhan",
       .required = true},
      {.key = "mode",
       .binding = choice(&Watch::managed, Choices<bool>{{"managed", true}, {"observe", false}}),
       .sentence =
           "managed: task files move on, from inbox to sent or rejected. observe: they stay "
           "where they are, as in Downloads."},
      {.key = "poll_interval",
       .binding = duration(&Watch::poll_interval, milliseconds{100}, hours{1}),
       .sentence = "How often to look where the file system reports no changes (network mounts)."},
  };
}

Binding<HandlerOptions> conditions() {
  return {[](HandlerOptions& handler, std::string_view field, const std::string& value,
             const PathBase&) -> Status {
            handler.when.emplace_back(field, value);
            return {};
          },
          [](const HandlerOptions& handler) { return handler.when; }, "field of the message"};
}

std::vector<Option<HandlerOptions>> handler_table() {
  using Handler = HandlerOptions;
  return {
      {.key = "when.",
       .binding = conditions(),
       .sentence = "What a field of the message has to be, such as when.job.type; all of these "
                   "have to hold. Without any, every message fits.",
       .example = "kind = task"},
      {.key = "run",
       .binding = command(&Handler::run),
       .sentence =
           "The program. No shell: blanks part arguments, double quotes group, ${…} takes a "
           "value of the message and stays one argument.",
       .example = "/usr/local/bin/prepare-project \"${file}\"",
       .required = true},
      {.key = "timeout",
       .binding = duration(&Handler::timeout, seconds{1}, hours{24 * 7}),
       .sentence = "After this the program is ended, and the message has failed."},
  };
}

std::vector<Option<ProjectOptions>> project_table() {
  using Project = ProjectOptions;
  return {
      {.key = "path",
       .binding = path(&Project::path),
       .sentence = "The project's folder, the one with omegat.project.",
       .example = "~/OmegaT/manual",
       .required = true},
      {.key = "slice",
       .binding = text(&Project::slice, "CLIENT/PROJECT/SOURCE-LANGUAGE/TARGET-LANGUAGE"),
       .sentence = "Where what is translated in it goes. Empty: the project is not exchanged.",
       .example = "HL-GEAR/PRJ-1/en-US/zh-CN"},
      {.key = "reads",
       .binding = list(&Project::reads, "slices or their beginnings, parted by commas"),
       .sentence = "Whose memory and terms it gets. Empty: all that the agent may read of the "
                   "slice's client.",
       .example = "HL-GEAR, COMMON/terms"},
      {.key = "create",
       .binding = choice(&Project::create, Choices<bool>{{"yes", true}, {"no", false}}),
       .sentence = "Whether to make the project, for the languages that the slice ends in, if the "
                   "folder has none."},
      {.key = "users",
       .binding = text(&Project::users, "OMEGAT-NAME = USER, parted by commas"),
       .sentence = "Whom OmegaT's names of authors mean. This machine's account is its user.",
       .example = "wf = wang.fang"},
      {.key = "questions_to",
       .binding = text(&Project::questions_to, "an address"),
       .sentence = "Who gets notes that begin with a question mark, unless a task came from "
                   "somebody."},
  };
}

std::vector<Option<TrustOptions>> trust_table() {
  return {
      {.key = "user",
       .binding = text(&TrustOptions::user, "name"),
       .sentence = "Whose files it signs: their sender has to be this user.",
       .example = "zhang.min",
       .required = true},
      {.key = "key",
       .binding = text(&TrustOptions::key, "40 characters", check_verify_key),
       .sentence = "The public key, as `yizhan key` shows it to its owner. Have it told by a way "
                   "that nobody else can write to.",
       .example = "/ijKxG0tV(!L2[<:Z+Sq4=IE1*nl8vUl2RQ{xKLl",
       .required = true},
  };
}

const std::vector<Section<AgentOptions>>& schema() {
  static const std::vector<Section<AgentOptions>> sections{
      single_section<AgentOptions>("agent", "The agent itself.", agent_table()),
      named_section<AgentOptions, WatchOptions>("watch",
                                                "A folder that task files are dropped into. One "
                                                "section for each.",
                                                "inbox", &AgentOptions::watches, watch_table()),
      named_section<AgentOptions, HandlerOptions>(
          "handler",
          "A local program that incoming messages are handed to. The first one that fits is "
          "started, at most once for each message.",
          "translate", &AgentOptions::handlers, handler_table()),
      named_section<AgentOptions, ProjectOptions>(
          "project", "An OmegaT project. One section for each.", "manual", &AgentOptions::projects,
          project_table()),
      named_section<AgentOptions, TrustOptions>(
          "trust",
          "Somebody whose signed task files count although they came past the broker, by mail say: "
          "they are taken, and start handlers, as if it had brought them. One section for each "
          "key.",
          "zhang.min-2026", &AgentOptions::trusted, trust_table()),
  };
  return sections;
}

/// What no single key can show.
Status check_together(const AgentOptions& options, const IniDocument& document,
                      const ConfigFile& file) {
  const IniSection* const agent = document.find("agent");
  if (agent == nullptr) {
    return ini::error_at(Code::kInvalid, file.path, 1, "an [agent] section is needed");
  }
  if (options.brokers.empty()) {
    return ini::error_at(Code::kInvalid, file.path, agent->find("brokers")->line,
                         "[agent] brokers: at least one address is needed");
  }
  if (!options.broker_key.empty() && !options.broker_key_file.empty()) {
    return ini::error_at(Code::kInvalid, file.path, agent->find("broker_key_file")->line,
                         "[agent] has broker_key as well as broker_key_file; keep one of them");
  }
  for (auto watch = options.watches.begin(); watch != options.watches.end(); ++watch) {
    const auto same = std::find_if(options.watches.begin(), watch, [watch](const auto& other) {
      return other.path == watch->path;
    });
    if (same == watch) continue;
    return ini::error_at(Code::kInvalid, file.path,
                         document.find("watch " + watch->name)->find("path")->line,
                         "[watch " + watch->name + "] has the folder of [watch " + same->name +
                             "]; keep one of them");
  }
  return {};
}

}  // namespace

Result<AgentOptions> load_agent_options(const std::string& path, std::string_view text,
                                        const std::string& home) {
  const ConfigFile file{path, {folder_of_config(path), home}};
  TRY_ASSIGN(const IniDocument document, parse_config(path, text));
  AgentOptions options;
  TRY(read_config(document, schema(), file, options));
  TRY(check_together(options, document, file));
  return options;
}

std::string sample_agent_ini() {
  return sample_config(
      "Configuration of yizhan-agent. Each key is shown with its default or, where there is none, "
      "an example; take the \"#\" away and change it. Relative paths are relative to this file.",
      schema());
}

std::string effective_agent_ini(const AgentOptions& options) {
  return show_config(schema(), options);
}

}  // namespace yizhan
