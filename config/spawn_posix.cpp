#include "config/spawn_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace yizhan {

namespace {

/// posix_spawn's two lists, freed when they go.
class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  Attributes() { ::posix_spawnattr_init(&attributes_); }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

/// Input from nowhere, output into the pipe, nothing else of ours; then its own folder.
int set_files(Actions& actions, int output, const std::string& folder) {
  int failed =
      ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (failed == 0) {
    failed = ::posix_spawn_file_actions_adddup2(actions.get(), output, STDOUT_FILENO);
  }
  if (failed == 0) {
    failed = ::posix_spawn_file_actions_adddup2(actions.get(), output, STDERR_FILENO);
  }
  if (failed == 0) {
    failed = ::posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  }
  if (failed == 0 && !folder.empty()) {
    failed = ::posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  }
  return failed;
}

/// A group of its own, and the signals as a program expects them: the agent blocks some, ignores
/// SIGPIPE, and children would inherit both.
int set_attributes(Attributes& attributes) {
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  int failed = ::posix_spawnattr_setpgroup(attributes.get(), 0);
  if (failed == 0) failed = ::posix_spawnattr_setsigmask(attributes.get(), &none);
  if (failed == 0) failed = ::posix_spawnattr_setsigdefault(attributes.get(), &all);
  if (failed == 0) {
    failed = ::posix_spawnattr_setflags(
        attributes.get(), POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  return failed;
}

Error failed_to_start(const Command& command, int number) {
  std::string what = "start " + command.argv.front();
  if (!command.folder.empty()) what += " in " + command.folder;
  const Code code = number == ENOENT || number == ENOTDIR ? Code::kNotFound
                    : number == EACCES || number == EPERM ? Code::kDenied
                    : number == EMFILE || number == ENFILE || number == EAGAIN || number == ENOMEM
                        ? Code::kUnavailable
                        : Code::kIo;
  return {code, what + ": " + std::strerror(number)};
}

}  // namespace

Result<Spawned> spawn(const Command& command) {
  if (command.argv.empty() || command.argv.front().empty() || command.argv.front()[0] != '/') {
    return Error{Code::kInvalid, "start a program: its path must be given, beginning with '/'"};
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed_to_start(command, errno);
  Spawned spawned{0, Descriptor(ends[0])};
  const Descriptor write_end(ends[1]);
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return failed_to_start(command, errno);

  Actions actions;
  Attributes attributes;
  int failed = set_files(actions, write_end.get(), command.folder);
  if (failed == 0) failed = set_attributes(attributes);
  const std::vector<char*> argv = pointers(command.argv);
  const std::vector<char*> environment = pointers(command.environment);
  if (failed == 0) {
    failed = ::posix_spawn(&spawned.pid, command.argv.front().c_str(), actions.get(),
                           attributes.get(), argv.data(), environment.data());
  }
  if (failed != 0) return failed_to_start(command, failed);
  return spawned;
}

}  // namespace yizhan
