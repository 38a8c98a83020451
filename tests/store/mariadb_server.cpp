#include "tests/store/mariadb_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace yizhan::store {
namespace {

struct Child {
  pid_t pid;
  int output;  // its stdout and stderr
};

Child spawn(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no server behind
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

/// Reads until `wanted` was printed (true) or the output ends (false).
bool read_until(int fd, std::string_view wanted, std::string& seen) {
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size <= 0) return false;
    seen.append(buffer.data(), static_cast<std::size_t>(size));
    if (!wanted.empty() && seen.find(wanted) != std::string::npos) return true;
  }
}

std::vector<std::string> as_this_user(std::vector<std::string> arguments) {
  if (::geteuid() == 0) arguments.emplace_back("--user=root");
  return arguments;
}

}  // namespace

MariadbServer::MariadbServer() {
  const Child install = spawn(as_this_user(
      {"mariadb-install-db", "--no-defaults", "--datadir=" + (folder_.path() / "data").string(),
       "--auth-root-authentication-method=normal", "--skip-test-db"}));
  std::string log;
  read_until(install.output, "", log);
  ::close(install.output);
  int status = 0;
  ::waitpid(install.pid, &status, 0);
  if (status != 0) throw std::runtime_error("mariadb-install-db: " + log);
  start();
}

std::vector<std::string> MariadbServer::arguments() const {
  return as_this_user({"mariadbd", "--no-defaults",
                       "--datadir=" + (folder_.path() / "data").string(), "--socket=" + socket(),
                       "--pid-file=" + (folder_.path() / "pid").string(), "--skip-networking",
                       "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"});
}

void MariadbServer::start() {
  const Child server = spawn(arguments());
  pid_ = server.pid;
  log_ = server.output;
  std::string log;
  if (!read_until(log_, "ready for connections", log)) throw std::runtime_error("mariadbd: " + log);
}

void MariadbServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(log_);
  pid_ = -1;
}

MariadbServer::~MariadbServer() {
  kill();
}

std::string MariadbServer::url(const std::string& database) const {
  return "mysql://root:@/" + database + "?socket=" + socket();
}

}  // namespace yizhan::store
