#pragma once
// A real MariaDB server in a folder of its own, for as long as the object lives.

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/store/temp_folder.h"

namespace yizhan::store {

class MariadbServer {
 public:
  /// Installs the system tables and starts the server; throws std::runtime_error with its log.
  MariadbServer();
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  /// SIGKILL, as a crash would end it.
  void kill();
  /// Starts it again on the same data and waits until it answers.
  void start();

  std::string url(const std::string& database) const;

 private:
  std::string socket() const { return (folder_.path() / "s").string(); }
  std::vector<std::string> arguments() const;

  TempFolder folder_;
  pid_t pid_ = -1;
  int log_ = -1;  // read end of the server's stderr
};

}  // namespace yizhan::store
