#pragma once
// The agent's ear for the CLI of the same user: a ROUTER on a socket in the state folder, which is
// 0700, so whoever can open it may ask. One thread.

#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/control_address.h"
#include "agent/core.h"
#include "config/result.h"

namespace yizhan::agent {

/// Replies that wait for one asker that does not read; then it counts as gone.
inline constexpr int kControlQueueFrames = 256;

class ControlSocket {
 public:
  /// Fails with kIo, naming the socket. A socket left by a dead agent is replaced: the caller holds
  /// the state folder's lock.
  static Result<std::unique_ptr<ControlSocket>> open(zmq::context_t& context,
                                                     const std::string& state_dir);

  void* handle() { return socket_.handle(); }

  /// Appends at most `max_requests` waiting requests.
  void receive(std::vector<Input>& inputs, std::size_t max_requests);

  /// False if the asker is gone, or does not read its replies: nothing more can be told to it.
  bool send(const ControlReply& reply);

 private:
  explicit ControlSocket(ControlAddress address) : address_(std::move(address)) {}

  ControlAddress address_;
  zmq::socket_t socket_;
};

}  // namespace yizhan::agent
