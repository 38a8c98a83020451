#include "agent/broker_link_zmq.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/monitor_zmq.h"
#include "agent/route_linux.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

constexpr int kWatched = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                         ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED;

int milliseconds(Micros time) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

std::uint32_t seed_of(const PublicKey& key) {
  std::uint32_t seed = 0;
  std::memcpy(&seed, key.data.data(), sizeof seed);
  return seed;
}

}  // namespace

BrokerLink::BrokerLink(zmq::context_t& context, Settings settings)
    : context_(&context),
      settings_(std::move(settings)),
      jitter_(seed_of(settings_.own.public_key)) {}

Result<std::unique_ptr<BrokerLink>> BrokerLink::open(zmq::context_t& context, Settings settings) {
  CHECK_THAT_HOLDS(!settings.brokers.empty());
  auto link = std::unique_ptr<BrokerLink>(new BrokerLink(context, std::move(settings)));
  // Every address is tried once here, so that a wrong one is told at the start and not hours later.
  for (std::size_t i = link->settings_.brokers.size(); i-- > 0;) {
    link->next_ = i;
    try {
      link->connect();
    } catch (const zmq::error_t& error) {
      return Error{Code::kInvalid, "connecting to " + link->address() + ": " + error.what() +
                                       "; write [agent] brokers = tcp://HOST:PORT"};
    }
  }
  return link;
}

void BrokerLink::connect() {
  disconnect();
  socket_ = zmq::socket_t(*context_, zmq::socket_type::dealer);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::immediate, true);
  socket_.set(zmq::sockopt::ipv6, true);
  socket_.set(zmq::sockopt::sndhwm, kLinkSendFrames);
  socket_.set(zmq::sockopt::rcvhwm, kLinkReceiveFrames);
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::kMaxFrameBytes));
  socket_.set(zmq::sockopt::reconnect_ivl, milliseconds(kReconnectFirst));
  socket_.set(zmq::sockopt::reconnect_ivl_max, milliseconds(kReconnectLongest));
  socket_.set(zmq::sockopt::connect_timeout, milliseconds(kConnectTimeout));
  socket_.set(zmq::sockopt::handshake_ivl, milliseconds(kConnectTimeout));
  socket_.set(zmq::sockopt::tcp_keepalive, 1);
  socket_.set(zmq::sockopt::tcp_maxrt, milliseconds(kUnacknowledgedTimeout));
  socket_.set(zmq::sockopt::curve_serverkey, to_z85(settings_.broker_key.view()));
  socket_.set(zmq::sockopt::curve_publickey, to_z85(settings_.own.public_key.view()));
  socket_.set(zmq::sockopt::curve_secretkey, to_z85(settings_.own.secret_key.view()));
  const std::string events = "inproc://broker-link-" + std::to_string(++generation_);
  if (zmq_socket_monitor(socket_.handle(), events.c_str(), kWatched) != 0) throw zmq::error_t();
  monitor_ = zmq::socket_t(*context_, zmq::socket_type::pair);
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect(events);
  socket_.connect(address());
}

void BrokerLink::disconnect() {
  up_ = false;
  remake_.reset();
  // In this order. libzmq's I/O thread goes on telling of a socket that is closed, and waits for
  // ever, with all else that it has to do, to tell a monitor that nobody reads any more.
  if (socket_.handle() != nullptr) zmq_socket_monitor(socket_.handle(), nullptr, 0);
  socket_.close();
  monitor_.close();
}

void BrokerLink::receive(std::vector<Input>& inputs, std::size_t max_frames, std::size_t max_bytes,
                         Now now) {
  if (remake_ && *remake_ <= now.steady) {
    try {
      connect();
    } catch (const zmq::error_t& error) {
      // Descriptors or memory are short for now.
      lost({"connecting to " + address() + ": " + error.what()}, inputs, now);
    }
  }
  while (monitor_.handle() != nullptr) {
    const std::optional<std::uint16_t> event = next_event(monitor_);
    if (!event) break;
    on_event(*event, inputs, now);
  }
  std::size_t bytes = 0;
  zmq::message_t frame;
  for (std::size_t taken = 0; taken < max_frames && bytes < max_bytes && up_; ++taken) {
    if (zmq_msg_recv(frame.handle(), socket_.handle(), ZMQ_DONTWAIT) < 0) return;
    bytes += frame.size();
    inputs.push_back(FrameFromBroker{frame.to_string()});
  }
}

void BrokerLink::on_event(std::uint16_t event, std::vector<Input>& inputs, Now now) {
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      up_ = true;
      pause_ = kReconnectFirst;
      inputs.push_back(LinkUp{});
      return;
    case ZMQ_EVENT_DISCONNECTED:
      return lost(down("the connection to " + address() + " broke"), inputs, now);
    case ZMQ_EVENT_CONNECT_RETRIED:
      if (settings_.brokers.size() > 1) {
        return lost(down("no connection to " + address()), inputs, now);
      }
      inputs.push_back(down("no connection to " + address()));
      return;
    default:
      return lost({"the handshake with " + address() +
                       " failed: its key is not broker_key, or it is no broker",
                   true},
                  inputs, now);
  }
}

/// What happened, and whether this machine's own network is why.
LinkDown BrokerLink::down(std::string what) const {
  if (const auto why = why_no_route(address())) return {what + ": " + *why, false, true};
  return {std::move(what)};
}

void BrokerLink::lost(LinkDown down, std::vector<Input>& inputs, Now now) {
  inputs.push_back(std::move(down));
  const auto spread = static_cast<std::minstd_rand::result_type>(pause_.count() / 2);
  const Micros delay = pause_ / 2 + Micros{static_cast<std::int64_t>(jitter_() % (spread + 1))};
  pause_ = std::min(pause_ * 2, kReconnectLongest);
  reconnect(delay, now);
}

void BrokerLink::send(const std::string& bytes) {
  if (!up_) return;
  // Dropped when the connection is just going or full: the core repeats what was not answered.
  zmq_send(socket_.handle(), bytes.data(), bytes.size(), ZMQ_DONTWAIT);
}

void BrokerLink::reconnect(Micros delay, Now now) {
  // The core often asks for what lost() has begun: that is one try of this address, not two.
  if (socket_.handle() != nullptr) ++next_;
  disconnect();
  remake_ = now.steady + delay;
}

}  // namespace yizhan::agent
