#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "cli/agent_start.h"
#include "config/daemon.h"
#include "config/files.h"
#include "config/ids.h"

namespace yizhan::cli {

namespace {

constexpr const char* kAgentProgram = "yizhan-agent";
constexpr const char* kNotify = "NOTIFY_SOCKET=";
constexpr int kReadyPatienceMs = 3'000;
constexpr std::size_t kMaxWordsBytes = 64 * 1024;

Error cannot(const std::string& why) {
  return {Code::kUnavailable, "the agent cannot be started: " + why};
}

/// The socket that the agent's "ready" comes through, as systemd's would: its name is abstract, so
/// nothing is left behind.
struct ReadySocket {
  Descriptor fd;
  std::string name;  ///< as in NOTIFY_SOCKET
};

Result<ReadySocket> open_ready_socket() {
  ReadySocket ready;
  ready.name = "@yizhan-open-" + std::to_string(getpid()) + "-" +
               to_hex(sha256_of(random_bytes(16))).substr(0, 16);
  ready.fd = Descriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, ready.name.data() + 1, ready.name.size() - 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + ready.name.size());
  if (!ready.fd.open() ||
      bind(ready.fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return cannot(std::strerror(errno));
  }
  return ready;
}

/// posix_spawn's two tables, freed on every way out.
struct SpawnTables {
  SpawnTables() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnTables(const SpawnTables&) = delete;
  SpawnTables& operator=(const SpawnTables&) = delete;
  ~SpawnTables() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

/// Its own session, no terminal, our environment with `notify` in it.
Result<pid_t> spawn_agent(const std::string& program, const std::string& config,
                          const std::string& log, const std::string& notify) {
  SpawnTables tables;
  posix_spawn_file_actions_addopen(&tables.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&tables.actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&tables.actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  // The signals that this program ignores or blocks are no business of the agent's.
  sigset_t none;
  sigset_t pipe;
  sigemptyset(&none);
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&tables.attributes, &none);
  posix_spawnattr_setsigdefault(&tables.attributes, &pipe);
  posix_spawnattr_setflags(&tables.attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string name = program;
  std::string option = "--config=" + config;
  std::string ready = kNotify + notify;
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, kNotify, std::strlen(kNotify)) != 0) environment.push_back(*entry);
  }
  environment.insert(environment.end(), {ready.data(), nullptr});
  std::array<char*, 3> arguments = {name.data(), option.data(), nullptr};
  pid_t pid = 0;
  const int failure = posix_spawn(&pid, program.c_str(), &tables.actions, &tables.attributes,
                                  arguments.data(), environment.data());
  if (failure != 0) return cannot(program + ": " + std::strerror(failure));
  return pid;
}

/// Success when the agent says READY, an error when it ends or says nothing for long.
Status await_ready(pid_t pid, const ReadySocket& ready, const std::string& log) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  std::array<pollfd, 2> items = {{{ready.fd.get(), POLLIN, 0}, {process.get(), POLLIN, 0}}};
  while (poll(items.data(), items.size(), kReadyPatienceMs) > 0) {
    std::array<char, 512> text{};
    while (recv(ready.fd.get(), text.data(), text.size() - 1, 0) > 0) {
      if (std::strstr(text.data(), "READY=1") != nullptr) return {};
    }
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) != pid) continue;
    const Result<std::string> words = read_file(log, kMaxWordsBytes);
    std::string why = words.ok() ? *words : "see " + log;
    while (!why.empty() && why.back() == '\n') why.pop_back();
    return cannot(why);
  }
  return cannot("it was started but is not ready after 3 s; see " + log);
}

}  // namespace

Status start_agent(const std::string& config_path, const std::string& state_dir) {
  std::error_code failure;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return cannot("finding its program: " + failure.message());
  const std::string log = state_dir + "/agent.start.log";
  TRY_ASSIGN(const ReadySocket ready, open_ready_socket());
  TRY_ASSIGN(const pid_t pid, spawn_agent((self.parent_path() / kAgentProgram).string(),
                                          config_path, log, ready.name));
  return await_ready(pid, ready, log);
}

}  // namespace yizhan::cli
