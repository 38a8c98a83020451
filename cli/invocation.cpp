#include "cli/invocation.h"

#include <utility>

#include "cli/print.h"
#include "config/daemon_start.h"

namespace yizhan::cli {

std::string Invocation::one(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Invocation::all(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

Result<Config> load_config(const Invocation& call) {
  TRY_ASSIGN(ConfigText text, read_config_text(call.config));
  TRY_ASSIGN(const ConfigKind kind, config_kind(text.path, text.text));
  if (kind == ConfigKind::kBroker) {
    TRY_ASSIGN(BrokerOptions options, load_broker_options(text.path, text.text, home_folder()));
    return Config(BrokerConfig{std::move(text.path), std::move(options)});
  }
  TRY_ASSIGN(AgentOptions options, load_agent_options(text.path, text.text, home_folder()));
  if (options.user.empty()) options.user = login_name();
  return Config(AgentConfig{std::move(text.path), std::move(options)});
}

int fail(const Error& error) {
  print_error(error.message);
  return exit_code_of(error.code);
}

int fail_usage(const std::string& message) {
  print_error(message);
  return kUsage;
}

}  // namespace yizhan::cli
