// `yizhan sync follow`: waits until this agent has what the server has, and the server what was
// written here, with a bar on a terminal.

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/progress.h"

namespace yizhan::cli {
namespace {

constexpr std::chrono::milliseconds kFollowPause{200};

std::uint64_t number(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>()
         : found != json.end() && found->is_number_integer()
             ? static_cast<std::uint64_t>(std::max<std::int64_t>(found->get<std::int64_t>(), 0))
             : 0;
}

/// Changes that are to be fetched, to be sent, and to be taken out of files.
std::uint64_t left_in(const Json& status) {
  std::uint64_t left = 0;
  for (const Json& slice : status.value("slices", Json::array())) left += number(slice, "lag");
  for (const Json& import : status.value("imports", Json::array())) {
    left += number(import, "records") - std::min(number(import, "done"), number(import, "records"));
    left += 1;  // also an import that has all of its file is one until it has ended
  }
  // What is parked waits for a person.
  const Json backlog = status.value("backlog", Json::object());
  if (number(backlog, "pushes") > number(backlog, "parked")) left += number(backlog, "changes");
  return left;
}

}  // namespace

int run_sync_follow(const Invocation& call) {
  const Result<Config> config = load_config(call);
  if (!config.ok()) return fail_usage(config.error().message);
  const auto* agent = std::get_if<AgentConfig>(&*config);
  if (agent == nullptr) return fail_usage("\"sync follow\" is asked of an agent");
  Result<Client> client = Client::to_agent(agent->options, agent->path);
  if (!client.ok()) return fail(client.error());
  {
    ProgressBar bar("synchronising");
    for (std::uint64_t most = 0;;) {
      const auto reply = client->ask("sync.status", "{}");
      if (!reply.ok()) return fail(reply.error());
      if (!reply->code().empty()) {
        print_error(reply->error());
        return exit_code_of(reply->code());
      }
      const Json status = Json::parse(reply->json(), nullptr, false);
      if (!status.is_object())
        return fail({Code::kInvalid, "the agent's answer is not understood"});
      const std::uint64_t left = left_in(status);
      if (left == 0 && status.value("open", false)) break;
      most = std::max(most, left);
      bar.show(most - left, most);
      std::this_thread::sleep_for(kFollowPause);
    }
  }
  return ask_with(call, Json::parse(call.command->fixed));
}

}  // namespace yizhan::cli
