// Holds COUNT idle agents on a running broker: encrypted sessions that ping every INTERVAL seconds,
// spread evenly at first, for SECONDS. They are named from agentFIRST on, so that several processes
// can share a load. Usage: idle_agents ENDPOINT BROKER_PUB_FILE FIRST COUNT INTERVAL SECONDS Prints
// "ready" when all have a session, pinging those that have one from the first on, and counts from a
// line on standard input on; the caller then measures the broker from outside.

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/broker_peer.h"

namespace {

using Clock = std::chrono::steady_clock;

/// Idle agents, each of which pings when it is due: an interval after its last ping, or when the
/// broker's answer to that said, as an agent does.
class Load {
 public:
  explicit Load(Clock::duration interval) : interval_(interval) {}

  /// `peer` has a session and pings for the first time one interval from now.
  void add(std::unique_ptr<yizhan::bench::Peer> peer) {
    due_.push({Clock::now() + interval_, peers_.size()});
    peers_.push_back(std::move(peer));
  }

  /// Spreads the next pings evenly over one interval from now and counts from zero.
  void begin() {
    due_ = {};
    asked_.clear();
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      take_answer(i);
      due_.push({Clock::now() + interval_ * i / peers_.size(), i});
    }
    sent_ = answered_ = 0;
  }

  void ping_due() {
    std::erase_if(asked_, [&](const Asked& one) {
      const auto next = take_answer(one.peer);
      if (next)
        due_.push({one.at + *next, one.peer});
      else if (Clock::now() > one.at + interval_ / 2)
        due_.push({one.at + interval_, one.peer});
      else
        return false;
      return true;
    });
    while (!due_.empty() && due_.top().first <= Clock::now()) {
      const std::size_t peer = due_.top().second;
      due_.pop();
      yizhan::wire::FromAgent ping;
      ping.mutable_ping()->set_number(++sent_);
      asked_.push_back({Clock::now(), peer});
      peers_[peer]->send(ping);
    }
  }

  /// Prints what was sent and answered; true if hardly an answer is missing.
  bool report() {
    for (const Asked& one : asked_) take_answer(one.peer);
    std::printf("pings %zu answered %zu\n", sent_, answered_);
    return answered_ + peers_.size() / 50 >= sent_;
  }

 private:
  using Due = std::pair<Clock::time_point, std::size_t>;
  struct Asked {
    Clock::time_point at;
    std::size_t peer;
  };

  /// How long after its ping the peer is to ping again, if it was answered.
  std::optional<Clock::duration> take_answer(std::size_t peer) {
    std::optional<Clock::duration> next;
    yizhan::wire::FromBroker frame;
    while (peers_[peer]->receive(&frame, 0)) {
      if (!frame.has_pong()) continue;
      ++answered_;
      const std::chrono::microseconds said{frame.pong().next_ping_us()};
      next = said.count() == 0 ? interval_ : said;
    }
    return next;
  }

  const Clock::duration interval_;
  std::vector<std::unique_ptr<yizhan::bench::Peer>> peers_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<Asked> asked_;  // not answered yet
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace yizhan;
  if (argc < 7) return 2;
  std::ifstream pub(argv[2]);
  std::string z85;
  pub >> z85;
  const auto broker = public_key_from_z85(z85);
  if (!broker) return 1;
  const std::size_t first = std::strtoull(argv[3], nullptr, 10);
  const std::size_t count = std::strtoull(argv[4], nullptr, 10);
  const std::chrono::duration<double> interval(std::atof(argv[5]));
  const std::chrono::duration<double> seconds(std::atof(argv[6]));

  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  zmq::context_t context;
  context.set(zmq::ctxopt::max_sockets, static_cast<int>(count) + 100);

  Load load(std::chrono::duration_cast<Clock::duration>(interval));
  for (std::size_t i = 0; i < count; ++i) {
    auto peer = std::make_unique<bench::Peer>(context, argv[1], *broker, bench::new_keys(),
                                              "agent" + std::to_string(first + i));
    peer->hello(static_cast<std::uint64_t>(interval.count() * 1000));
    load.add(std::move(peer));
    load.ping_due();
  }
  std::printf("ready\n");
  std::fflush(stdout);
  for (pollfd go{STDIN_FILENO, POLLIN, 0}; poll(&go, 1, 2) == 0;) load.ping_due();

  load.begin();
  for (const auto start = Clock::now(); Clock::now() - start < seconds;) {
    load.ping_due();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return load.report() ? 0 : 1;
}
