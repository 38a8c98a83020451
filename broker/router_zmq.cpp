#include "broker/router_zmq.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "wire/limits.h"

namespace yizhan::broker {

namespace {

constexpr const char* kZapAddress = "inproc://zeromq.zap.01";
constexpr const char* kZapDomain = "yizhan";
/// Of a well-formed ZAP request: version, request id, domain, address, routing id, mechanism, key.
constexpr std::size_t kZapRequestFrames = 7;
constexpr std::size_t kZapRequestIdFrame = 1;
constexpr std::size_t kZapMechanismFrame = 5;
constexpr std::size_t kZapKeyFrame = 6;

/// What a part of `bytes` was on the wire at least: ZMTP's flags and size (two bytes, or nine), and
/// CURVE's command name, nonce, authenticator and flags.
std::uint64_t wire_bytes(std::size_t bytes) {
  constexpr std::size_t kCurveBytes = 8 + 8 + 16 + 1;
  constexpr std::size_t kMaxShortFrame = 255;
  const std::size_t frame = bytes + kCurveBytes;
  return frame + (frame <= kMaxShortFrame ? 2 : 9);
}

/// All frames of one ZAP request, or empty when the context ends.
std::optional<std::vector<std::string>> receive_request(zmq::socket_t& zap) {
  std::vector<std::string> frames;
  do {
    zmq::message_t frame;
    if (!zap.recv(frame)) return std::nullopt;
    frames.push_back(frame.to_string());
  } while (zap.get(zmq::sockopt::rcvmore));
  return frames;
}

void answer(zmq::socket_t& zap, const std::vector<std::string>& request) {
  const std::string id = request.size() > kZapRequestIdFrame ? request[kZapRequestIdFrame] : "";
  const bool ours = request.size() == kZapRequestFrames && request[kZapMechanismFrame] == "CURVE" &&
                    request[kZapKeyFrame].size() == PublicKey::kSize;
  const std::vector<std::string> reply = {"1.0",
                                          id,
                                          ours ? "200" : "400",
                                          ours ? "OK" : "only CURVE is spoken here",
                                          ours ? to_z85(request[kZapKeyFrame]) : "",
                                          ""};
  for (std::size_t i = 0; i < reply.size(); ++i) {
    zap.send(zmq::buffer(reply[i]),
             i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

/// A thread of its own, so that handshakes go on while the loop waits for the disk. Ends with the
/// context. Without it no connection would get a key, and frames without a key are dropped.
void serve_zap(zmq::socket_t zap) {
  while (true) {
    try {
      const auto request = receive_request(zap);
      if (!request) return;
      answer(zap, *request);
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) return;
    }
  }
}

/// A property that libzmq attached to a received message, or empty.
std::string_view property(zmq::message_t& message, const char* name) {
  const char* value = zmq_msg_gets(message.handle(), name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// Receives without waiting; false if nothing is there.
bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
  return zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT) >= 0;
}

Error open_error(const std::string& listen, int number) {
  const std::string what = "listening on " + listen + ": ";
  switch (number) {
    case EADDRINUSE:
      return {Code::kUnavailable,
              what + "another program has this port; stop it or change [broker] listen"};
    case EADDRNOTAVAIL:
    case ENODEV:
      return {Code::kUnavailable,
              what + "this machine has no such address; change [broker] listen"};
    case EACCES:
      return {Code::kDenied, what + "no permission for this port; use one above 1023"};
    case EINVAL:
    case EPROTONOSUPPORT:
      return {Code::kInvalid, what + "not an address; write [broker] listen = tcp://ADDRESS:PORT"};
    default:
      return {Code::kUnavailable, what + zmq_strerror(number)};
  }
}

}  // namespace

Result<std::unique_ptr<Router>> Router::open(const std::string& listen, const KeyPair& own,
                                             const FloodGuard::Limits& limits) {
  try {
    auto router = std::unique_ptr<Router>(new Router());
    router->start_zap();
    router->listen(listen, own);
    const std::string& endpoint = router->endpoint();
    const auto port = std::strtoul(endpoint.c_str() + endpoint.rfind(':') + 1, nullptr, 10);
    TRY_ASSIGN(router->flood_guard_, FloodGuard::open(static_cast<std::uint16_t>(port), limits));
    return router;
  } catch (const zmq::error_t& error) {
    return open_error(listen, error.num());
  }
}

Router::~Router() {
  context_.shutdown();
  if (zap_thread_.joinable()) zap_thread_.join();
}

void Router::start_zap() {
  zmq::socket_t zap(context_, zmq::socket_type::rep);
  zap.set(zmq::sockopt::linger, 0);
  zap.bind(kZapAddress);
  zap_thread_ = std::thread(serve_zap, std::move(zap));
}

void Router::listen(const std::string& address, const KeyPair& own) {
  socket_ = zmq::socket_t(context_, zmq::socket_type::router);
  socket_.set(zmq::sockopt::curve_server, true);
  socket_.set(zmq::sockopt::curve_secretkey, to_z85(own.secret_key.view()));
  socket_.set(zmq::sockopt::zap_domain, kZapDomain);
  socket_.set(zmq::sockopt::router_mandatory, true);
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::kMaxFrameBytes));
  socket_.set(zmq::sockopt::sndhwm, kSendQueueFrames);
  socket_.set(zmq::sockopt::rcvhwm, kReceiveQueueFrames);
  socket_.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  socket_.set(zmq::sockopt::backlog, kListenBacklog);
  socket_.set(zmq::sockopt::tcp_keepalive, 1);
  socket_.set(zmq::sockopt::tcp_keepalive_idle, kKeepaliveIdleSeconds);
  socket_.set(zmq::sockopt::ipv6, address.find('[') != std::string::npos);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind(address);
  endpoint_ = socket_.get(zmq::sockopt::last_endpoint);
}

/// A part from the wire, told to the guard: also of messages that are dropped.
bool Router::receive_body(zmq::message_t& part) {
  if (!receive_part(socket_, part)) return false;
  flood_guard_->handed_over(zmq_msg_get(part.handle(), ZMQ_SRCFD), wire_bytes(part.size()));
  return true;
}

void Router::receive(std::vector<Input>& inputs, std::size_t max_frames, std::size_t max_bytes) {
  std::size_t bytes = 0;
  zmq::message_t peer;
  zmq::message_t body;
  for (std::size_t taken = 0; taken < max_frames && bytes < max_bytes; ++taken) {
    if (!receive_part(socket_, peer)) return;
    bool ours = peer.more() && receive_body(body) && !body.more();
    while (!ours && body.more() && receive_body(body)) {
      // The rest of a message of several parts: nobody of ours sends such.
    }
    const auto key = ours ? public_key_from_z85(property(body, "User-Id")) : std::nullopt;
    if (!key) {
      ++counters_.dropped_foreign;
      continue;
    }
    ++counters_.received;
    bytes += body.size();
    inputs.push_back(FrameIn{peer.to_string(), *key, std::string(property(body, "Peer-Address")),
                             body.to_string()});
  }
}

bool Router::send(const FrameOut& frame) {
  // The C calls, since a full or closed connection is daily business and no exception.
  const auto part = [&](const std::string& bytes, int flags) {
    return zmq_send(socket_.handle(), bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT) >= 0;
  };
  if (part(frame.peer, ZMQ_SNDMORE) && part(frame.bytes, 0)) {
    ++counters_.sent;
    return true;
  }
  ++(zmq_errno() == EAGAIN ? counters_.dropped_full : counters_.dropped_gone);
  return false;
}

}  // namespace yizhan::broker
