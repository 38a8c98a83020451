// yizhan: one command, told by the table in commands.cpp.

#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "config/clock.h"
#include "config/daemon_start.h"

namespace {

std::string default_config() {
  const char* config_home = std::getenv("XDG_CONFIG_HOME");
  const bool set = config_home != nullptr && config_home[0] == '/';
  return (set ? std::string(config_home) : yizhan::home_folder() + "/.config") +
         "/yizhan/agent.ini";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace yizhan;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error value
  auto parsed = cli::parse_command_line(argc, argv, default_config());
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& call = std::get<cli::Invocation>(parsed);
  call.now = read_clock();
  try {
    return call.command->run(call);
  } catch (const std::exception& failure) {
    cli::print_error(std::string("internal: ") + failure.what());
    return cli::kInternal;
  }
}
