#include "bench/broker_peer.h"

#include <cstdio>
#include <cstdlib>

#include "wire/limits.h"

namespace yizhan::bench {

Peer::Peer(zmq::context_t& context, const std::string& endpoint, const PublicKey& broker,
           const KeyPair& keys, const std::string& user)
    : socket_(context, zmq::socket_type::dealer), user_(user) {
  zmq_setsockopt(socket_.handle(), ZMQ_CURVE_SERVERKEY, broker.data.data(), 32);
  zmq_setsockopt(socket_.handle(), ZMQ_CURVE_PUBLICKEY, keys.public_key.data.data(), 32);
  zmq_setsockopt(socket_.handle(), ZMQ_CURVE_SECRETKEY, keys.secret_key.data.data(), 32);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::sndhwm, 0);
  socket_.set(zmq::sockopt::rcvhwm, 0);
  socket_.connect(endpoint);
}

void Peer::send(const wire::FromAgent& frame) {
  socket_.send(zmq::buffer(wire::encode(frame)), zmq::send_flags::none);
}

bool Peer::receive(wire::FromBroker* frame, int wait_ms) {
  zmq::message_t message;
  socket_.set(zmq::sockopt::rcvtimeo, wait_ms);
  if (!socket_.recv(message, zmq::recv_flags::none)) return false;
  auto decoded = wire::decode_from_broker(message.to_string_view());
  if (!decoded.ok()) {
    std::fprintf(stderr, "broker said: %s\n", decoded.error().message.c_str());
    std::exit(1);
  }
  *frame = std::move(*decoded);
  return true;
}

void Peer::hello(std::uint64_t heartbeat_ms) {
  wire::FromAgent frame;
  frame.mutable_hello()->set_version(wire::kProtocolVersion);
  frame.mutable_hello()->set_user(user_);
  frame.mutable_hello()->set_heartbeat_ms(heartbeat_ms);
  send(frame);
  wire::FromBroker answer;
  while (receive(&answer, 30'000)) {
    if (answer.has_welcome()) return;
    if (answer.has_refused()) break;
  }
  std::fprintf(stderr, "no welcome for %s: %s\n", user_.c_str(), answer.refused().text().c_str());
  std::exit(1);
}

KeyPair new_keys() {
  char text_public[41];
  char text_secret[41];
  KeyPair keys;
  if (zmq_curve_keypair(text_public, text_secret) != 0) std::exit(1);
  zmq_z85_decode(keys.public_key.data.data(), text_public);
  zmq_z85_decode(keys.secret_key.data.data(), text_secret);
  return keys;
}

}  // namespace yizhan::bench
