#include "agent/control_socket.h"

#include <utility>

#include "wire/limits.h"

namespace yizhan::agent {

namespace {

bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
  return zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT) >= 0;
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(zmq::context_t& context,
                                                           const std::string& state_dir) {
  TRY_ASSIGN(ControlAddress address, ControlAddress::of(state_dir));
  auto control = std::unique_ptr<ControlSocket>(new ControlSocket(std::move(address)));
  try {
    control->socket_ = zmq::socket_t(context, zmq::socket_type::router);
    control->socket_.set(zmq::sockopt::linger, 0);
    control->socket_.set(zmq::sockopt::router_mandatory, true);
    control->socket_.set(zmq::sockopt::sndhwm, kControlQueueFrames);
    control->socket_.set(zmq::sockopt::rcvhwm, kControlQueueFrames);
    control->socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::kMaxFrameBytes));
    control->socket_.bind(control->address_.endpoint());
  } catch (const zmq::error_t& error) {
    return Error{Code::kIo, "listening on " + control->address_.path() + ": " + error.what()};
  }
  return control;
}

void ControlSocket::receive(std::vector<Input>& inputs, std::size_t max_requests) {
  zmq::message_t asker;
  zmq::message_t body;
  for (std::size_t taken = 0; taken < max_requests; ++taken) {
    if (!receive_part(socket_, asker)) return;
    const bool ours = asker.more() && receive_part(socket_, body) && !body.more();
    while (!ours && body.more() && receive_part(socket_, body)) {
      // The rest of a message of several parts, which the CLI never sends.
    }
    if (ours) inputs.push_back(ControlRequest{asker.to_string(), body.to_string()});
  }
}

bool ControlSocket::send(const ControlReply& reply) {
  const auto part = [&](const std::string& bytes, int flags) {
    return zmq_send(socket_.handle(), bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT) >= 0;
  };
  return part(reply.asker, ZMQ_SNDMORE) && part(reply.bytes, 0);
}

}  // namespace yizhan::agent
