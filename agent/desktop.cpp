#include "agent/desktop.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/desktop_texts.h"
#include "config/spawn_posix.h"
#include "config/files.h"

namespace yizhan::agent {

namespace {

namespace fs = std::filesystem;

constexpr const char* kEntryName = "yizhan.desktop";
constexpr const char* kTypeFile = "yizhan-task.xml";
constexpr std::string_view kDefaultKey = "application/x-yizhan-task=";
constexpr std::string_view kDefaultsHeader = "[Default Applications]";
constexpr mode_t kReadable = 0644;  // as other programs write these files
constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;

Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return {};
  return Error{Code::kIo, "make folder " + path + ": " + error.message()};
}

Status remove_file(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
  if (!error) return {};
  return Error{Code::kIo, "remove " + path + ": " + error.message()};
}

/// Where distributions put programs; the search path of whoever calls is not to be trusted.
std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/", "/bin/"}) {
    const std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

/// Waits until a program closes its output and ends; its exit code, or 128 + signal.
int wait_for(const Spawned& program) {
  std::array<char, 4096> ignored;
  while (true) {
    pollfd item{program.output.get(), POLLIN, 0};
    if (::poll(&item, 1, -1) < 0 && errno != EINTR) break;
    const ssize_t got = ::read(program.output.get(), ignored.data(), ignored.size());
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
  }
  int status = 0;
  while (::waitpid(program.pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Status run(const std::string& name, const std::string& folder) {
  Command command;
  command.argv = {find_program(name), folder};
  command.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  if (command.argv.front().empty()) {
    return Error{Code::kUnavailable, "run " + name +
                                         ": it is not installed; install the packages "
                                         "shared-mime-info and desktop-file-utils, then repeat"};
  }
  TRY_ASSIGN(const Spawned program, spawn(command));
  const int status = wait_for(program);
  if (status == 0) return {};
  return Error{Code::kUnavailable,
               "run " + name + " " + folder + ": it ended with " + std::to_string(status)};
}

/// Both caches are what desktops read; the one of applications is left alone where its tool is
/// missing, since the default application works without.
Status update_caches(const std::string& data_home) {
  TRY(run("update-mime-database", data_home + "/mime"));
  if (find_program("update-desktop-database").empty()) return {};
  return run("update-desktop-database", data_home + "/applications");
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// Every line but our own in the section of defaults; `own` follows that section's header, which is
/// added at the end if it is missing and needed.
std::string edited(const std::string& list, const std::string& own) {
  std::string text;
  bool in_defaults = false;
  bool written = own.empty();
  for (const std::string_view line : lines_of(list)) {
    if (!line.empty() && line.front() == '[') in_defaults = line == kDefaultsHeader;
    if (in_defaults && line.substr(0, kDefaultKey.size()) == kDefaultKey) continue;
    text += std::string(line) + "\n";
    if (line == kDefaultsHeader && !written) {
      text += own;
      written = true;
    }
  }
  if (!written) text += (text.empty() ? "" : "\n") + std::string(kDefaultsHeader) + "\n" + own;
  return text;
}

/// Applies `edit` to the user's list, keeping its mode, and the link if it is one (as people who
/// keep their settings in a repository have it).
Status edit_list(const std::string& config_home, std::string (*edit)(const std::string&)) {
  std::string path = config_home + "/mimeapps.list";
  std::error_code ignored;
  const fs::path target = fs::canonical(path, ignored);
  if (!ignored) path = target;
  const auto list = read_file(path, kMostListBytes);
  if (!list.ok() && list.error().code != Code::kNotFound) return list.error();
  const std::string before = list.ok() ? *list : std::string();
  const std::string after = edit(before);
  if (after == before) return {};
  struct stat status {};
  const mode_t mode = ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : kReadable;
  return write_file_atomic(path, after, mode);
}

/// The shipped entry, with the program's path for its name.
Result<std::string> entry_for(const std::string& program) {
  const std::string word = exec_word(program);
  if (word.empty() || program.front() != '/') {
    return Error{Code::kInvalid, "install a desktop entry for '" + program +
                                     "': the program's path must begin with '/' and have no "
                                     "control characters or '='"};
  }
  constexpr std::string_view kExec = "\nExec=yizhan ";
  std::string entry = kDesktopEntry;
  const std::size_t at = entry.find(kExec);
  CHECK_THAT_HOLDS(at != std::string::npos);
  entry.replace(at, kExec.size(), "\nExec=" + word + " ");
  return entry;
}

}  // namespace

std::string exec_word(const std::string& path) {
  std::string quoted = "\"";
  for (const char c : path) {
    // The specification forbids "=" in the program's name.
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '=') return {};
    // One level of escapes for the quotes, and one for the value, which doubles every backslash.
    if (c == '"' || c == '`' || c == '$') quoted += "\\\\";
    if (c == '\\') quoted += "\\\\\\";
    if (c == '%') quoted += '%';
    quoted += c;
  }
  return path.empty() ? path : quoted + "\"";
}

std::string with_default_application(const std::string& list) {
  return edited(list, std::string(kDefaultKey) + kEntryName + ";\n");
}

std::string without_default_application(const std::string& list) {
  // A list that does not name us stays as it is, also if its last line has no end.
  return list.find(kDefaultKey) == std::string::npos ? list : edited(list, {});
}

Status desktop_install(const DesktopFolders& folders, const std::string& program) {
  TRY_ASSIGN(const std::string entry, entry_for(program));
  const std::string packages = folders.data_home + "/mime/packages";
  const std::string applications = folders.data_home + "/applications";
  for (const std::string& folder : {packages, applications, folders.config_home}) {
    TRY(make_folder(folder));
  }
  TRY(write_file_atomic(packages + "/" + kTypeFile, kMimeType, kReadable));
  TRY(write_file_atomic(applications + "/" + kEntryName, entry, kReadable));
  TRY(edit_list(folders.config_home, with_default_application));
  return update_caches(folders.data_home);
}

Status desktop_uninstall(const DesktopFolders& folders) {
  const std::string type = folders.data_home + "/mime/packages/" + kTypeFile;
  const std::string entry = folders.data_home + "/applications/" + kEntryName;
  const bool was_there = ::access(type.c_str(), F_OK) == 0 || ::access(entry.c_str(), F_OK) == 0;
  TRY(edit_list(folders.config_home, without_default_application));
  TRY(remove_file(type));
  TRY(remove_file(entry));
  if (!was_there) return {};
  return update_caches(folders.data_home);
}

}  // namespace yizhan::agent
