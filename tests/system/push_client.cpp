// Pushes small batches to a broker for ever and prints each id once the broker has said STORED: the
// acknowledgements that left. Usage: push_client ENDPOINT BROKER_PUB_FILE SEED

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "bench/broker_peer.h"

int main(int argc, char** argv) {
  using namespace yizhan;
  if (argc < 4) return 2;
  std::ifstream pub(argv[2]);
  std::string z85;
  pub >> z85;
  const auto broker = public_key_from_z85(z85);
  if (!broker) return 1;
  std::mt19937_64 random(std::strtoull(argv[3], nullptr, 10));
  zmq::context_t context;
  bench::Peer peer(context, argv[1], *broker, bench::new_keys(), "pusher");
  peer.hello();
  while (true) {
    wire::FromAgent frame;
    const std::uint64_t count = 1 + random() % 50;
    for (std::uint64_t i = 0; i < count; ++i) {
      wire::Message* message = frame.mutable_push()->add_messages();
      MessageId id;
      for (unsigned char& byte : id.data) byte = static_cast<unsigned char>(random());
      message->set_id(std::string(id.view()));
      message->set_kind(wire::TASK);
      message->set_recipient("user:pusher");
      message->set_ack(wire::ACK_NONE);
      message->set_created("2026-03-04T09:12:00+08:00");
    }
    peer.send(frame);
    wire::FromBroker answer;
    do {
      if (!peer.receive(&answer, 10'000)) return 1;
    } while (!answer.has_push_result());
    for (const auto& one : answer.push_result().results()) {
      if (one.outcome() != wire::PushResult::One::STORED) return 1;
      std::string hex;
      static const char* kDigits = "0123456789abcdef";
      for (const char c : one.id()) {
        hex += kDigits[static_cast<unsigned char>(c) >> 4];
        hex += kDigits[static_cast<unsigned char>(c) & 15];
      }
      std::puts(hex.c_str());
    }
    std::fflush(stdout);
  }
}
