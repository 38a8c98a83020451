// Holds COUNT idle agents on a running broker: encrypted sessions that ping every INTERVAL seconds,
// spread evenly, for SECONDS. Usage: idle_agents ENDPOINT BROKER_PUB_FILE COUNT INTERVAL SECONDS
// Prints "ready" when all have a session; the caller then measures the broker from outside.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "bench/broker_peer.h"

int main(int argc, char** argv) {
  using namespace yizhan;
  if (argc < 6) return 2;
  std::ifstream pub(argv[2]);
  std::string z85;
  pub >> z85;
  const auto broker = public_key_from_z85(z85);
  if (!broker) return 1;
  const std::size_t count = std::strtoull(argv[3], nullptr, 10);
  const double interval = std::atof(argv[4]);
  const double seconds = std::atof(argv[5]);

  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  zmq::context_t context;
  context.set(zmq::ctxopt::max_sockets, static_cast<int>(count) + 100);

  std::vector<std::unique_ptr<bench::Peer>> peers;
  for (std::size_t i = 0; i < count; ++i) {
    peers.push_back(std::make_unique<bench::Peer>(context, argv[1], *broker, bench::new_keys(),
                                                  "agent" + std::to_string(i)));
    peers.back()->hello(static_cast<std::uint64_t>(interval * 1000));
  }
  std::printf("ready\n");
  std::fflush(stdout);

  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::size_t sent = 0;
  std::size_t answered = 0;
  wire::FromBroker frame;
  while (elapsed() < seconds) {
    const auto due = static_cast<std::size_t>(elapsed() / interval * static_cast<double>(count));
    for (; sent < due; ++sent) {
      bench::Peer& peer = *peers[sent % count];
      while (peer.receive(&frame, 0)) answered += frame.has_pong() ? 1 : 0;
      wire::FromAgent ping;
      ping.mutable_ping()->set_number(sent);
      peer.send(ping);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  for (auto& peer : peers) {
    while (peer->receive(&frame, 0)) answered += frame.has_pong() ? 1 : 0;
  }
  std::printf("pings %zu answered %zu\n", sent, answered);
  return answered + count / 50 >= sent ? 0 : 1;
}
