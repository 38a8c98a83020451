#pragma once
#include <string>

#include "config/daemon.h"
#include "config/result.h"

namespace yizhan::agent {

/// Where the agent of a state folder listens for the CLI: the socket STATE_DIR/agent.sock, as a
/// ZeroMQ endpoint. The name of a socket cannot have more than 107 bytes; for a longer one the
/// endpoint goes through /proc/self/fd, so it is good in this process and as long as this lives.
class ControlAddress {
 public:
  /// kNotFound or kIo if the folder cannot be opened.
  static Result<ControlAddress> of(const std::string& state_dir);
  const std::string& endpoint() const { return endpoint_; }
  /// The socket's real path, for messages.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string endpoint_;
  Descriptor folder_;
};

}  // namespace yizhan::agent
