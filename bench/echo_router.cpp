// The floor under "idle agents": libzmq alone. A CURVE ROUTER that welcomes everybody and answers
// pings, and knows and keeps nothing. Usage: echo_router PUB_FILE
// Writes its public key to PUB_FILE and prints its endpoint. Runs until it is killed.

#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <zmq.hpp>

#include "bench/broker_peer.h"
#include "wire/limits.h"

int main(int argc, char** argv) {
  using namespace yizhan;
  if (argc < 2) return 2;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  const KeyPair keys = bench::new_keys();
  std::ofstream(argv[1]) << to_z85(keys.public_key.view()) << "\n";
  zmq::context_t context;
  zmq::socket_t router(context, zmq::socket_type::router);
  const int on = 1;
  zmq_setsockopt(router.handle(), ZMQ_CURVE_SERVER, &on, sizeof on);
  zmq_setsockopt(router.handle(), ZMQ_CURVE_SECRETKEY, keys.secret_key.data.data(), 32);
  router.set(zmq::sockopt::backlog, 4'096);
  router.bind("tcp://127.0.0.1:*");
  std::printf("%s\n", router.get(zmq::sockopt::last_endpoint).c_str());
  std::fflush(stdout);

  zmq::message_t peer;
  zmq::message_t body;
  while (router.recv(peer) && router.recv(body)) {
    const auto frame = wire::decode_from_agent(body.to_string_view());
    if (!frame.ok()) return 1;
    wire::FromBroker answer;
    if (frame->has_hello()) {
      answer.mutable_welcome()->set_version(wire::kProtocolVersion);
    } else {
      answer.mutable_pong()->set_number(frame->ping().number());
    }
    router.send(peer, zmq::send_flags::sndmore);
    router.send(zmq::buffer(wire::encode(answer)), zmq::send_flags::none);
  }
}
