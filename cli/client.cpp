#include "cli/client.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "agent/monitor_zmq.h"
#include "config/daemon.h"
#include "config/keys.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::cli {

namespace {

using std::chrono::milliseconds;

constexpr const char* kEvents = "inproc://events";
constexpr std::uint64_t kRef = 1;  // one question a connection
constexpr int kUp = ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
constexpr int kDown = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
                      ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                      ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;

}  // namespace

std::string address_to_reach(const std::string& listen) {
  constexpr std::string_view kTcp = "tcp://";
  if (listen.substr(0, kTcp.size()) != kTcp) return listen;
  const std::size_t colon = listen.rfind(':');
  const std::string host = listen.substr(kTcp.size(), colon - kTcp.size());
  const std::string port = listen.substr(colon);
  if (host == "*" || host == "0.0.0.0") return "tcp://127.0.0.1" + port;
  if (host == "[::]") return "tcp://[::1]" + port;
  return listen;
}

Result<Client> Client::to_agent(const AgentOptions& options, const std::string& config_path) {
  Client client;
  client.who_ = "the agent";
  client.hint_ = "start it with: yizhan-agent --config " + config_path;
  if (!InstanceLock::is_held(options.state_dir + "/agent.lock")) {
    return client.silent("no agent runs for " + options.state_dir);
  }
  TRY_ASSIGN(agent::ControlAddress address, agent::ControlAddress::of(options.state_dir));
  client.address_.emplace(std::move(address));
  try {
    client.context_ = std::make_unique<zmq::context_t>(1);
    client.socket_ = zmq::socket_t(*client.context_, zmq::socket_type::dealer);
    TRY(client.connect(client.address_->endpoint()));
  } catch (const zmq::error_t& error) {
    return client.silent("connecting to " + client.address_->path() + ": " + error.what());
  }
  return client;
}

Result<Client> Client::to_broker(const BrokerOptions& options, const std::string& config_path) {
  Client client;
  client.who_ = "the broker";
  client.is_broker_ = true;
  client.hint_ = "start it with: yizhan-broker --config " + config_path;
  const Result<KeyPair> own = load_key(options.state_dir + "/admin.key");
  if (!own.ok() && own.error().code == Code::kNotFound) {
    return client.silent("no broker has run for " + options.state_dir + " yet");
  }
  if (!own.ok()) return own.error();
  const Result<PublicKey> server = read_public_key(options.state_dir + "/broker.pub");
  if (!server.ok()) return client.silent(server.error().message);
  try {
    client.context_ = std::make_unique<zmq::context_t>(1);
    client.socket_ = zmq::socket_t(*client.context_, zmq::socket_type::dealer);
    client.socket_.set(zmq::sockopt::curve_serverkey, to_z85(server->view()));
    client.socket_.set(zmq::sockopt::curve_publickey, to_z85(own->public_key.view()));
    client.socket_.set(zmq::sockopt::curve_secretkey, to_z85(own->secret_key.view()));
    TRY(client.connect(address_to_reach(options.listen)));
  } catch (const zmq::error_t& error) {
    return client.silent("connecting to " + options.listen + ": " + error.what());
  }
  return client;
}

Client::~Client() {
  if (!is_broker_ || socket_.handle() == nullptr) return;
  // So that the broker forgets a listener at once. Lost words do no harm: it forgets in time.
  wire::FromAgent frame;
  frame.mutable_bye()->set_reason("done");
  send_frame(frame);
}

/// Waits until the connection stands; a refused one fails at once.
Status Client::connect(const std::string& endpoint) {
  socket_.set(zmq::sockopt::linger, 100);
  socket_.set(zmq::sockopt::immediate, true);
  socket_.set(zmq::sockopt::ipv6, true);
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::kMaxFrameBytes));
  watch_events();
  socket_.connect(endpoint);
  zmq_pollitem_t item{monitor_.handle(), 0, ZMQ_POLLIN, 0};
  while (zmq_poll(&item, 1, kConnectPatience.count()) > 0) {
    while (const std::optional<int> event = next_event(monitor_)) {
      if ((*event & kUp) != 0) return {};
      if ((*event & kDown) != 0) return silent(who_ + " refuses the connection");
    }
  }
  return silent(who_ + " does not answer");
}

void Client::watch_events() {
  if (zmq_socket_monitor(socket_.handle(), kEvents, kUp | kDown) != 0) throw zmq::error_t();
  monitor_ = zmq::socket_t(*context_, zmq::socket_type::pair);
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect(kEvents);
}

bool Client::connection_lost() {
  while (const std::optional<int> event = next_event(monitor_)) {
    if ((*event & kDown) != 0) return true;
  }
  return false;
}

Error Client::silent(const std::string& what) const {
  return {Code::kUnavailable, what + "; " + hint_};
}

void Client::send_frame(const wire::FromAgent& frame) {
  // The agent is asked with a bare Request: its control socket carries nothing else.
  const std::string bytes = is_broker_ ? wire::encode(frame) : frame.request().SerializeAsString();
  zmq_send(socket_.handle(), bytes.data(), bytes.size(), ZMQ_DONTWAIT);
}

Status Client::send(const std::string& verb, const std::string& json) {
  wire::FromAgent frame;
  wire::Request* request = frame.mutable_request();
  request->set_ref(kRef);
  request->set_verb(verb);
  request->set_json(json);
  if (frame.ByteSizeLong() > wire::kMaxFrameBytes) {
    return Error{Code::kLimit, "what " + verb + " sends is too large: at most " +
                                   std::to_string(wire::kMaxFrameBytes) + " bytes"};
  }
  send_frame(frame);
  return {};
}

Result<wire::Reply> Client::decode(const std::string& bytes) const {
  wire::Reply reply;
  if (is_broker_) {
    TRY_ASSIGN(const wire::FromBroker frame, wire::decode_from_broker(bytes));
    if (frame.has_refused())
      return Error{Code::kDenied, "the broker refuses: " + frame.refused().text()};
    if (!frame.has_reply())
      return Error{Code::kDenied, "the broker does not take this key for its operator's"};
    return frame.reply();
  }
  if (!reply.ParseFromString(bytes))
    return Error{Code::kCorrupt, "the agent's answer cannot be read"};
  return reply;
}

/// What is there: a reply, nothing yet, or the end of the connection.
Result<std::optional<wire::Reply>> Client::receive() {
  zmq::message_t bytes;
  if (zmq_msg_recv(bytes.handle(), socket_.handle(), ZMQ_DONTWAIT) >= 0) {
    TRY_ASSIGN(wire::Reply reply, decode(bytes.to_string()));
    return std::optional<wire::Reply>(std::move(reply));
  }
  if (connection_lost()) return silent(who_ + " went away");
  return std::optional<wire::Reply>();
}

Result<wire::Reply> Client::ask(const std::string& verb, const std::string& json,
                                milliseconds patience) {
  TRY(send(verb, json));
  std::array<zmq_pollitem_t, 2> items = {
      {{socket_.handle(), 0, ZMQ_POLLIN, 0}, {monitor_.handle(), 0, ZMQ_POLLIN, 0}}};
  zmq_poll(items.data(), static_cast<int>(items.size()), patience.count());
  TRY_ASSIGN(std::optional<wire::Reply> reply, receive());
  if (reply) return std::move(*reply);
  return Error{Code::kUnavailable,
               who_ + " is connected but does not answer " + verb + "; see its log"};
}

Status Client::listen(const std::string& verb, const std::string& json, int stop_fd,
                      const std::function<bool(const wire::Reply&)>& take) {
  TRY(send(verb, json));
  std::array<zmq_pollitem_t, 3> items = {{{socket_.handle(), 0, ZMQ_POLLIN, 0},
                                          {monitor_.handle(), 0, ZMQ_POLLIN, 0},
                                          {nullptr, stop_fd, ZMQ_POLLIN, 0}}};
  while (true) {
    TRY_ASSIGN(const std::optional<wire::Reply> reply, receive());
    if (reply) {
      if (!take(*reply) || !reply->more()) return {};
      continue;
    }
    if (zmq_poll(items.data(), static_cast<int>(items.size()), -1) < 0 && zmq_errno() != EINTR) {
      return Error{Code::kIo, std::string("waiting for events: ") + zmq_strerror(zmq_errno())};
    }
    if ((items[2].revents & ZMQ_POLLIN) != 0) return {};
  }
}

}  // namespace yizhan::cli
