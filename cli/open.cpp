// `yizhan open FILE…`: what a click on a task file runs. Parse, put into the spool, wake the agent.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/agent_start.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/spool.h"
#include "config/daemon.h"
#include "config/printable.h"
#include "store/disk.h"

namespace yizhan::cli {

namespace {

/// The agent's own watch on the spool would notice as well: this only makes it faster.
constexpr std::chrono::milliseconds kPokePatience{200};
constexpr std::size_t kMaxNameBytes = 1'000;

void poke(const AgentConfig& config) {
  Result<Client> client = Client::to_agent(config.options, config.path);
  if (client.ok()) (void)client->ask("rescan", R"({"watch":"spool"})", kPokePatience);
}

/// The running agent is told; one that is not running is started.
Status wake_agent(const AgentConfig& config) {
  if (!InstanceLock::is_held(config.options.state_dir + "/agent.lock")) {
    const Status started = start_agent(config.path, config.options.state_dir);
    // Somebody else may have started it at the same moment: then ours ended, and all is well.
    if (started.ok() || InstanceLock::is_held(config.options.state_dir + "/agent.lock")) return {};
    return started;
  }
  poke(config);
  return {};
}

void print_result(const Invocation& call, const std::vector<std::string>& files,
                  const std::string& how) {
  if (call.json) {
    const Json json = {{"opened", files}, {"agent", how}};
    print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return;
  }
  for (const std::string& file : files) {
    print(printable(file, kMaxNameBytes) + ": " +
          (how == "waiting" ? "waits in the spool" : "handed to the agent") + "\n");
  }
}

}  // namespace

int run_open(const Invocation& call) {
  const Result<Config> config = load_config(call);
  if (!config.ok()) return fail_usage(config.error().message);
  const auto* agent = std::get_if<AgentConfig>(&*config);
  if (agent == nullptr) return fail_usage("\"open\" is asked of an agent; use --config agent.ini");

  const std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  std::vector<std::string> taken;
  int code = kDone;
  for (const std::string& file : call.all("FILE")) {
    const Result<std::string> spooled = spool_task_file(*disk, agent->options, file, call.now);
    if (spooled.ok()) {
      taken.push_back(file);
    } else {
      code = fail(spooled.error());
    }
  }
  if (taken.empty()) return code;
  const Status awake = wake_agent(*agent);
  print_result(call, taken, awake.ok() ? "running" : "waiting");
  if (awake.ok()) return code;
  print_error(awake.error().message + "; what was opened lies in " + agent->options.state_dir +
              "/spool and is taken when the agent starts");
  return kUnreachable;
}

}  // namespace yizhan::cli
