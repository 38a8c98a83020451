// The physical limit under "dropped file to started handler": what one fdatasync, one encrypted
// round trip and one spawn cost on this machine, medians. With PAUSE_MS each is done that long
// after the one before, as an idle relay does it: core and disk have gone to sleep and must be
// woken. Usage: limits FOLDER [PAUSE_MS] Prints "fdatasync_us round_trip_us spawn_us".

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include "bench/broker_peer.h"

namespace {

std::chrono::milliseconds pause_before{0};

double median_us(int runs, const std::function<void()>& work) {
  std::vector<double> took;
  for (int i = 0; i < runs; ++i) {
    std::this_thread::sleep_for(pause_before);
    const auto start = std::chrono::steady_clock::now();
    work();
    took.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::sort(took.begin(), took.end());
  return took[took.size() / 2];
}

double fdatasync_us(const std::string& folder) {
  const std::string path = folder + "/fdatasync.bin";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  if (fd < 0) std::exit(1);
  const std::string page(4096, 'x');
  for (int i = 0; i < 256; ++i) (void)!pwrite(fd, page.data(), page.size(), i * 4096);
  fsync(fd);
  int next = 0;
  const double us = median_us(300, [&] {
    (void)!pwrite(fd, page.data(), page.size(), (next++ % 256) * 4096);
    fdatasync(fd);
  });
  close(fd);
  unlink(path.c_str());
  return us;
}

double round_trip_us() {
  using namespace yizhan;
  zmq::context_t context;
  const KeyPair server = bench::new_keys();
  zmq::socket_t router(context, zmq::socket_type::router);
  const int on = 1;
  zmq_setsockopt(router.handle(), ZMQ_CURVE_SERVER, &on, sizeof on);
  zmq_setsockopt(router.handle(), ZMQ_CURVE_SECRETKEY, server.secret_key.data.data(), 32);
  router.bind("tcp://127.0.0.1:*");
  const std::string endpoint = router.get(zmq::sockopt::last_endpoint);
  std::thread echo([&router] {
    zmq::message_t id;
    zmq::message_t body;
    while (router.recv(id) && router.recv(body) && body.size() > 1) {
      router.send(id, zmq::send_flags::sndmore);
      router.send(body, zmq::send_flags::none);
    }
  });
  bench::Peer peer(context, endpoint, server.public_key, bench::new_keys(), "x");
  const std::string body(512, 'x');
  zmq::message_t answer;
  const auto trip = [&] {
    peer.socket().send(zmq::buffer(body), zmq::send_flags::none);
    (void)peer.socket().recv(answer);
  };
  trip();
  const double us = median_us(500, trip);
  peer.socket().send(zmq::buffer(std::string("x")), zmq::send_flags::none);
  echo.join();
  return us;
}

double spawn_us() {
  return median_us(200, [] {
    pid_t pid = 0;
    char name[] = "/bin/true";
    char* argv[] = {name, nullptr};
    char* environment[] = {nullptr};
    if (posix_spawn(&pid, name, nullptr, nullptr, argv, environment) != 0) std::exit(1);
    int status = 0;
    waitpid(pid, &status, 0);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc > 2) pause_before = std::chrono::milliseconds(std::atoi(argv[2]));
  std::printf("%.0f %.0f %.0f\n", fdatasync_us(argv[1]), round_trip_us(), spawn_us());
  return 0;
}
