// Commands that need no daemon: task files and configurations.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/task_file.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "config/daemon_start.h"
#include "config/files.h"
#include "config/ids.h"
#include "config/nearest.h"
#include "config/options.h"
#include "store/disk.h"
#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::cli {

namespace {

/// How `check` judges one file: empty `error` for a good one.
struct Judgement {
  std::string error;
  std::string kind;
  std::string id;
  std::vector<std::string> warnings;
};

Judgement judge(store::Disk& disk, const std::string& path) {
  Judgement judgement;
  const Result<std::string> bytes = disk.read(path, wire::kMaxTaskFileBytes);
  if (!bytes.ok()) {
    judgement.error = bytes.error().message;
  } else if (!agent::is_task_file(*bytes)) {
    judgement.error = path + ": not a task file: its first section is not [yizhan]";
  } else if (const auto parsed = agent::parse_task_file(*bytes, path); !parsed.ok()) {
    judgement.error = parsed.error().message;
  } else {
    judgement.kind = wire::kind_name(parsed->message.kind());
    if (const auto id = MessageId::from(parsed->message.id())) judgement.id = format_uuid(*id);
    judgement.warnings = parsed->warnings;
    if (!parsed->complete) {
      judgement.warnings.push_back(path +
                                   ": no [end] at its end: in a watched folder it is taken "
                                   "only after half a second without a change");
    }
  }
  return judgement;
}

Json judgement_json(const std::string& path, const Judgement& judgement) {
  Json json = {{"file", path}, {"ok", judgement.error.empty()}};
  if (judgement.error.empty()) {
    json["kind"] = judgement.kind;
    json["id"] = judgement.id;
  } else {
    json["error"] = judgement.error;
  }
  json["warnings"] = judgement.warnings;
  return json;
}

/// Writes to `path`, which must not exist yet, or to standard output if it is empty.
int write_new(const std::string& path, const std::string& text) {
  if (path.empty()) {
    print(text);
    return kDone;
  }
  std::error_code failure;
  if (std::filesystem::exists(path, failure)) {
    return fail({Code::kConflict, path + " exists already; name another file with -o"});
  }
  const Status written = write_file_atomic(path, text, 0644);
  return written.ok() ? kDone : fail(written.error());
}

MessageId new_id(Now now) {
  std::array<unsigned char, 10> random{};
  const std::string bytes = random_bytes(random.size());
  std::memcpy(random.data(), bytes.data(), random.size());
  return make_uuid7(to_micros(now.wall) / 1000, random);
}

/// The configuration named as the command's argument, or the one of --config.
Result<Config> named_config(const Invocation& call) {
  Invocation named = call;
  if (call.has("FILE")) named.config = call.one("FILE");
  return load_config(named);
}

}  // namespace

int run_check(const Invocation& call) {
  const std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  Json files = Json::array();
  int code = kDone;
  for (const std::string& path : call.all("FILE")) {
    const Judgement judgement = judge(*disk, path);
    if (!judgement.error.empty()) code = kNo;
    if (call.json) {
      files.push_back(judgement_json(path, judgement));
      continue;
    }
    for (const std::string& warning : judgement.warnings) print_error("warning: " + warning);
    if (judgement.error.empty()) {
      print(path + ": ok: " + judgement.kind + " " + judgement.id + "\n");
    } else {
      print_error(judgement.error);
    }
  }
  if (call.json) {
    print(Json{{"files", files}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return code;
}

int run_new(const Invocation& call) {
  const std::optional<wire::Kind> kind = wire::parse_kind(call.one("KIND"));
  if (!kind) {
    return fail_usage("\"" + call.one("KIND") + "\" is no kind of message; known are " +
                      wire::all_kinds());
  }
  const std::string recipient = call.has("to") ? call.one("to") : "user:";
  const auto second = std::chrono::floor<std::chrono::seconds>(call.now.wall);
  return write_new(call.one("o"),
                   agent::new_task_file(*kind, new_id(call.now), format_time(second), recipient));
}

int run_config_check(const Invocation& call) {
  const Result<Config> config = named_config(call);
  if (!config.ok()) {
    print_error(config.error().message);
    return kNo;
  }
  const bool agent = std::holds_alternative<AgentConfig>(*config);
  const std::string path =
      agent ? std::get<AgentConfig>(*config).path : std::get<BrokerConfig>(*config).path;
  if (call.json) {
    print(Json{{"ok", true}, {"file", path}, {"daemon", agent ? "agent" : "broker"}}.dump() + "\n");
  } else {
    print(path + ": ok: the configuration of " + (agent ? "an agent" : "a broker") + "\n");
  }
  return kDone;
}

int run_config_print(const Invocation& call) {
  const Result<Config> config = named_config(call);
  if (!config.ok()) {
    print_error(config.error().message);
    return kNo;
  }
  const auto* agent = std::get_if<AgentConfig>(&*config);
  print(agent != nullptr ? effective_agent_ini(agent->options)
                         : effective_broker_ini(std::get<BrokerConfig>(*config).options));
  return kDone;
}

int run_config_sample(const Invocation& call) {
  const std::string daemon = call.one("DAEMON");
  if (daemon != "agent" && daemon != "broker") {
    return fail_usage("there is no sample for \"" + daemon + "\"" +
                      did_you_mean(daemon, {"agent", "broker"}));
  }
  print(daemon == "agent" ? sample_agent_ini() : sample_broker_ini());
  return kDone;
}

}  // namespace yizhan::cli
