// `yizhan desktop install|uninstall`: a click on a task file opens it.

#include "agent/desktop.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "cli/commands.h"
#include "cli/print.h"
#include "config/daemon_start.h"

namespace yizhan::cli {

namespace {

std::string folder_from(const char* variable, const std::string& otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : otherwise;
}

agent::DesktopFolders folders() {
  const std::string home = home_folder();
  return {folder_from("XDG_DATA_HOME", home + "/.local/share"),
          folder_from("XDG_CONFIG_HOME", home + "/.config")};
}

int tell(const Invocation& call, const Status& status, const std::string& done) {
  if (!status.ok()) {
    // What is missing is a program of the desktop's, and no daemon that could be started.
    print_error(status.error().message);
    return kNo;
  }
  print(call.json ? Json{{"ok", true}, {"done", done}}.dump() + "\n" : done + "\n");
  return kDone;
}

}  // namespace

int run_desktop_install(const Invocation& call) {
  std::error_code failure;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return fail({Code::kIo, "finding this program: " + failure.message()});
  return tell(call, agent::desktop_install(folders(), self.string()),
              "a click on a task file now runs " + self.string() + " open");
}

int run_desktop_uninstall(const Invocation& call) {
  return tell(call, agent::desktop_uninstall(folders()), "task files have no program any more");
}

}  // namespace yizhan::cli
