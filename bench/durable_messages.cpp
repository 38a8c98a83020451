// Durable messages per second into a running broker: SENDERS connections push 512-byte bodies to a
// recipient who is away, each within the protocol's window, and count STORED answers. An answer is
// sent after the broker's fsync, so the figure is of messages on disk.
// Usage: durable_messages ENDPOINT BROKER_PUB_FILE COUNT [SENDERS [data|task]]; prints one line.
// With the shipped rules on, data is compared with every table and matches none; each task also
// begins a probe (task-not-opened).

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/broker_peer.h"
#include "wire/limits.h"

namespace {

using namespace yizhan;

constexpr std::size_t kBodyBytes = 512;

std::string body_of_512_bytes() {
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name("job");
  for (int i = 0; body.ByteSizeLong() + 40 < kBodyBytes; ++i) {
    wire::Entry* entry = section->add_entries();
    entry->set_key("key." + std::to_string(i));
    entry->set_value("a value of usual length, " + std::to_string(i));
  }
  wire::Entry* filler = section->add_entries();
  filler->set_key("f");
  while (body.ByteSizeLong() < kBodyBytes) filler->mutable_value()->push_back('x');
  return body.SerializeAsString();
}

struct Sender {
  std::unique_ptr<bench::Peer> peer;
  std::size_t in_flight = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string endpoint = argv[1];
  std::ifstream pub(argv[2]);
  std::string z85;
  pub >> z85;
  const auto broker = public_key_from_z85(z85);
  if (!broker) {
    std::fprintf(stderr, "%s holds no key\n", argv[2]);
    return 1;
  }
  const std::size_t count = std::strtoull(argv[3], nullptr, 10);
  const std::size_t senders = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 8;

  const wire::Kind kind =
      argc > 5 && std::string_view(argv[5]) == "task" ? wire::TASK : wire::DATA;

  zmq::context_t context;
  {
    // The recipient enrols once and goes away: its mailbox fills.
    bench::Peer sink(context, endpoint, *broker, bench::new_keys(), "sink");
    sink.hello();
    wire::FromAgent bye;
    bye.mutable_bye();
    sink.send(bye);
  }
  std::vector<Sender> all(senders);
  for (std::size_t i = 0; i < senders; ++i) {
    all[i].peer = std::make_unique<bench::Peer>(context, endpoint, *broker, bench::new_keys(),
                                                "sender" + std::to_string(i));
    all[i].peer->hello();
  }

  const std::string body = body_of_512_bytes();
  std::array<unsigned char, 10> random{};
  std::uint64_t made = 0;
  const auto push = [&](Sender& sender) {
    const std::size_t window = wire::kPushWindowMessages;
    while (made < count && sender.in_flight + wire::kBatchMessages <= window) {
      wire::FromAgent frame;
      std::size_t bytes = 0;
      while (made < count && bytes < wire::kBatchBytes - 1024 &&
             frame.push().messages_size() < static_cast<int>(wire::kBatchMessages)) {
        wire::Message* message = frame.mutable_push()->add_messages();
        // The counter where the id keeps all its bits: version and variant take some of the first.
        for (std::size_t k = 0; k < 7; ++k) {
          random[3 + k] = static_cast<unsigned char>(made >> (8 * k));
        }
        const MessageId id = make_uuid7(1'790'000'000'000 + static_cast<long>(made / 50), random);
        message->set_id(std::string(id.view()));
        message->set_kind(kind);
        message->set_recipient("user:sink");
        message->set_ack(wire::ACK_NONE);
        message->set_created("2026-03-04T09:12:00+08:00");
        message->set_body(body);
        bytes += body.size() + 100;
        ++made;
      }
      sender.in_flight += static_cast<std::size_t>(frame.push().messages_size());
      sender.peer->send(frame);
    }
  };

  std::vector<zmq::pollitem_t> items;
  for (Sender& sender : all) items.push_back({sender.peer->socket().handle(), 0, ZMQ_POLLIN, 0});
  const auto start = std::chrono::steady_clock::now();
  for (Sender& sender : all) push(sender);
  std::size_t stored = 0;
  while (stored < count) {
    if (zmq::poll(items, std::chrono::milliseconds(30'000)) == 0) {
      std::fprintf(stderr, "no answer for 30 s; %zu of %zu stored\n", stored, count);
      return 1;
    }
    for (std::size_t i = 0; i < senders; ++i) {
      if ((items[i].revents & ZMQ_POLLIN) == 0) continue;
      wire::FromBroker frame;
      while (all[i].peer->receive(&frame, 0)) {
        for (const auto& one : frame.push_result().results()) {
          if (one.outcome() != wire::PushResult::One::STORED) {
            std::fprintf(stderr, "not stored: %s\n", one.reason().c_str());
            return 1;
          }
          ++stored;
          --all[i].in_flight;
        }
      }
      push(all[i]);
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("durable %.0f msg/s (%zu messages, %zu senders)\n",
              static_cast<double>(count) / seconds, count, senders);
  return 0;
}
