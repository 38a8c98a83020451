// `yizhan deliver`: files are named as they lie from here, and the agent is elsewhere.

#include <chrono>
#include <filesystem>
#include <system_error>

#include "cli/commands.h"
#include "cli/print.h"

namespace yizhan::cli {

namespace {

/// The agent copies the files before it answers.
constexpr std::chrono::minutes kDeliveryPatience{5};

}  // namespace

int run_deliver(const Invocation& call) {
  Json arguments = {{"what", call.one("JOB")}, {"partial", call.has("yes")}};
  std::error_code failure;
  // A folder of a project, as people complete it on a command line.
  const std::filesystem::path folder = std::filesystem::canonical(call.one("JOB"), failure);
  if (!failure && std::filesystem::is_directory(folder, failure)) {
    const bool is_project = std::filesystem::exists(folder / "omegat.project", failure);
    if (is_project) arguments["what"] = folder.string();
  }
  for (const std::string& file : call.all("FILE")) {
    const std::filesystem::path path = std::filesystem::absolute(file, failure);
    if (failure) return fail_usage(file + ": " + failure.message());
    arguments["files"].push_back(path.lexically_normal().string());
  }
  return ask_with(call, arguments, kDeliveryPatience);
}

}  // namespace yizhan::cli
