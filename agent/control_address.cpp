#include "agent/control_address.h"

#include <fcntl.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace yizhan::agent {

namespace {
constexpr const char* kSocketName = "/agent.sock";
}

Result<ControlAddress> ControlAddress::of(const std::string& state_dir) {
  ControlAddress address;
  address.path_ = state_dir + kSocketName;
  if (address.path_.size() < sizeof(sockaddr_un::sun_path)) {
    address.endpoint_ = "ipc://" + address.path_;
    return address;
  }
  address.folder_ = Descriptor(open(state_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!address.folder_.open()) {
    return Error{errno == ENOENT ? Code::kNotFound : Code::kIo,
                 "opening the state folder " + state_dir + ": " + std::strerror(errno)};
  }
  address.endpoint_ = "ipc:///proc/self/fd/" + std::to_string(address.folder_.get()) + kSocketName;
  return address;
}

}  // namespace yizhan::agent
