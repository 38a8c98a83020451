// Commands that ask a running daemon.

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <utility>

#include "agent/task_file.h"
#include "cli/audit.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/rules_text.h"
#include "config/base64.h"
#include "config/daemon.h"
#include "config/daemon_start.h"
#include "config/files.h"
#include "rules/files.h"
#include "wire/limits.h"

namespace yizhan::cli {

namespace {

constexpr std::size_t kMaxEventCells = 200;

/// The connection that the configuration stands for.
struct Connected {
  std::optional<Client> client;
  bool is_operator = false;  ///< of a broker
  int exit_code = kDone;     ///< when there is none: it has been told why
};

Connected refuse(int code) {
  return {std::nullopt, false, code};
}

Connected connect(const Invocation& call) {
  const Command& command = *call.command;
  Result<Config> config = load_config(call);
  if (!config.ok()) return refuse(fail_usage(config.error().message));
  if (const auto* agent = std::get_if<AgentConfig>(&*config)) {
    if ((command.works & kAgent) == 0) {
      print_error(std::string("\"") + command.words +
                  "\" is the operator's: on the broker's machine, with --config broker.ini");
      return refuse(kNotAllowed);
    }
    Result<Client> client = Client::to_agent(agent->options, agent->path);
    if (!client.ok()) return refuse(fail(client.error()));
    return {std::move(client).value()};
  }
  if ((command.works & kBroker) == 0) {
    return refuse(fail_usage(std::string("\"") + command.words +
                             "\" is asked of an agent; use --config agent.ini"));
  }
  const auto& broker = std::get<BrokerConfig>(*config);
  Result<Client> client = Client::to_broker(broker.options, broker.path);
  if (!client.ok()) return refuse(fail(client.error()));
  return {std::move(client).value(), true};
}

std::string without_dashes(const char* name) {
  const std::string text = name;
  return text.substr(text.find_first_not_of('-'));
}

/// The JSON arguments of the command's verb.
Json arguments_of(const Invocation& call) {
  Json json = call.command->fixed == nullptr ? Json::object() : Json::parse(call.command->fixed);
  for (const Argument& argument : call.command->arguments) {
    const std::string name = without_dashes(argument.name);
    if (argument.key == nullptr || !call.has(name)) continue;
    switch (argument.takes) {
      case Takes::kOptions:
      case Takes::kWords:
      case Takes::kOptionalWords:
        json[argument.key] = call.all(name);
        break;
      case Takes::kFlag:
        json[argument.key] = true;
        break;
      case Takes::kNumber:
        json[argument.key] = std::stoll(call.one(name));  // its form was checked
        break;
      default:
        json[argument.key] = call.one(name);
    }
  }
  return json;
}

int show_failure(const wire::Reply& reply) {
  print_error(reply.error().empty() ? reply.code() : reply.error());
  return exit_code_of(reply.code());
}

int show(const Invocation& call, const wire::Reply& reply) {
  if (!reply.code().empty()) return show_failure(reply);
  if (call.json) {
    print(reply.json() + "\n");
    return kDone;
  }
  const Json json = Json::parse(reply.json(), nullptr, false);
  const std::string text = format_view(json, call.command->lists);
  print(text.empty() ? "none\n" : text);
  return kDone;
}

int ask(const Invocation& call, Json arguments, const std::function<void(const Json&)>& look = {},
        std::chrono::milliseconds patience = kAnswerPatience) {
  Connected connected = connect(call);
  if (!connected.client) return connected.exit_code;
  // The broker knows the operator's key; who of those that have it, is told.
  if (connected.is_operator) arguments["author"] = login_name();
  const Result<wire::Reply> reply = connected.client->ask(
      call.command->verb, arguments.dump(-1, ' ', false, Json::error_handler_t::replace), patience);
  if (!reply.ok()) return fail(reply.error());
  if (look && reply->code().empty()) {
    if (const Json answer = Json::parse(reply->json(), nullptr, false); answer.is_object()) {
      look(answer);
    }
  }
  return show(call, *reply);
}

/// The message of the task file `path`, as it would be relayed.
Result<std::string> read_event(const std::string& path) {
  TRY_ASSIGN(const std::string bytes, read_file(path, wire::kMaxTaskFileBytes));
  TRY_ASSIGN(const agent::TaskFile file, agent::parse_task_file(bytes, path));
  return file.message.SerializeAsString();
}

/// "2026-03-04T01:12:00.123456Z  delivered  0190…  user:li.wei": what every event has comes first.
std::string event_line(const Json& event) {
  std::string line;
  const auto add = [&](const Json& value) {
    const std::string text = value.is_string()
                                 ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!text.empty()) line += (line.empty() ? "" : "  ") + one_line(text, kMaxEventCells);
  };
  constexpr std::array<const char*, 3> kFirst = {"time", "what", "id"};
  for (const char* key : kFirst) {
    if (event.contains(key)) add(event[key]);
  }
  for (const auto& [key, value] : event.items()) {
    if (std::find(kFirst.begin(), kFirst.end(), key) == kFirst.end()) add(value);
  }
  return line + "\n";
}

}  // namespace

int run_remote(const Invocation& call) {
  return ask(call, arguments_of(call));
}

int ask_with(const Invocation& call, const Json& arguments) {
  return ask(call, arguments);
}

int ask_with(const Invocation& call, const Json& arguments, std::chrono::milliseconds patience) {
  return ask(call, arguments, {}, patience);
}

int run_events(const Invocation& call) {
  // So that Ctrl-C also takes leave of the daemon.
  const Result<Signals> signals = Signals::block();
  if (!signals.ok()) return fail(signals.error());
  Connected connected = connect(call);
  if (!connected.client) return connected.exit_code;
  int code = kDone;
  const Status ended =
      connected.client->listen("events", "{}", signals->fd(), [&](const wire::Reply& reply) {
        if (!reply.code().empty()) {
          code = show_failure(reply);
          return false;
        }
        if (call.json) return print(reply.json() + "\n");
        return print(event_line(Json::parse(reply.json(), nullptr, false)));
      });
  return ended.ok() ? code : fail(ended.error());
}

int run_rules_apply(const Invocation& call) {
  const Result<std::vector<rules::RuleFile>> files = read_rule_files(call.all("FILE"));
  if (!files.ok()) return fail(files.error());
  // Told here with their own names and lines, before anything is sent.
  if (const int code = report_rule_errors(*files); code != kDone) return code;
  Json arguments = Json::object();
  Result<std::string> text = rules::join_files(*files);
  if (!text.ok()) return fail(text.error());
  arguments["text"] = std::move(*text);
  return ask(call, arguments);
}

/// A question about tables and events: files are read here and travel with it.
int run_rules_question(const Invocation& call) {
  Json arguments = arguments_of(call);
  const std::vector<std::string> paths = call.has("tables") ? call.all("tables") : call.all("FILE");
  if (!paths.empty()) {
    const Result<std::vector<rules::RuleFile>> files = read_rule_files(paths);
    if (!files.ok()) return fail(files.error());
    if (const int code = report_rule_errors(*files); code != kDone) return code;
    Result<std::string> text = rules::join_files(*files);
    if (!text.ok()) return fail(text.error());
    arguments["text"] = std::move(*text);
  }
  const std::string event = call.has("EVENT") ? call.one("EVENT") : call.one("event");
  arguments.erase("event");
  if (!event.empty()) {
    if (parse_uuid(event)) {
      arguments["id"] = event;
    } else {
      const Result<std::string> message = read_event(event);
      if (!message.ok()) return fail_usage(message.error().message);
      arguments["event"] = to_base64(*message);
    }
  }
  int code = kDone;
  const int asked = ask(call, arguments, [&](const Json& answer) {
    const auto matched = answer.find("matched");
    if (matched != answer.end() && matched->is_number() && *matched == 0) code = kNo;
  });
  return asked == kDone ? code : asked;
}

int run_audit_verify(const Invocation& call) {
  Connected connected = connect(call);
  if (!connected.client) return connected.exit_code;
  int refused = kDone;
  const Result<Json> found =
      follow_audit(call.one("noted"), [&](const Json& question) -> Result<Json> {
        TRY_ASSIGN(
            const wire::Reply reply,
            connected.client->ask(call.command->verb,
                                  question.dump(-1, ' ', false, Json::error_handler_t::replace)));
        if (!reply.code().empty()) {
          refused = exit_code_of(reply.code());
          return Error{Code::kInvalid, reply.error().empty() ? reply.code() : reply.error()};
        }
        Json page = Json::parse(reply.json(), nullptr, false);
        if (!page.is_object()) return Error{Code::kCorrupt, "the broker's answer is no object"};
        return page;
      });
  if (!found.ok() && refused != kDone) {
    print_error(found.error().message);
    return refused;
  }
  if (!found.ok()) return fail(found.error());
  print(call.json ? found->dump() + "\n" : format_view(*found, {}));
  return (*found)["whole"] == true ? kDone : kNo;
}

}  // namespace yizhan::cli
